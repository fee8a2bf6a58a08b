"""ListLinks: the next and prev pointers of a list_lru, edited one store at a time.

ListLruOne keeps its items in one piece, which is right as long as whoever edits it holds the lock
of *that* list. Where that is the question (list_lrus_percg.py), the pointers are kept as well: an
edit is the loads and stores that list_add_tail(), list_del_init() and list_splice_init() are made
of. If two CPUs edit neighbours at once, the pointers are what tells.

The pointers of all nodes of a lru are in one object and each is a part of its own. A node is a list
head or an item; one that was never linked points to itself. Nodes need names (NamedItem) for a
search by partial orders to tell their pointers apart. Pointers of a head that was freed are not
missed here: whoever follows them is in an RCU section that holds the list.

Source: include/linux/list.h, v6.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from slabrace.actors.list_lru import Item, ListLru, ListLruOne, ObjCgroup
from slabrace.actors.messages import LinkLoad, LinkStore
from slabrace.actors.object import Part
from slabrace.runtime.actor import handles
from slabrace.runtime.monitor import Monitor

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel

__all__ = ["ListCorruption", "ListLinks", "NamedItem", "list_add_tail", "list_del_init"]

Node = Item | ListLruOne


class NamedItem(Item):
    """An item that a story is about."""

    __slots__ = ("name",)

    def __init__(self, objcg: ObjCgroup, nid: int, name: str) -> None:
        super().__init__(objcg, nid)
        self.name = name

    def __repr__(self) -> str:
        return self.name


class ListLinks(Part):
    """Where each node of one lru points to."""

    __slots__ = ("owner", "to")
    kind = "list_links"

    def __init__(self, owner: ListLru) -> None:
        self.owner = owner
        self.to: dict[tuple[Node, str], Node] = {}

    @property
    def name(self) -> str:
        return f"{self.owner.name}.links"

    def follow(self, node: Node, side: str) -> Node:
        """Where ``node`` points to."""
        return self.to.get((node, side), node)

    def boot_add_tail(self, item: Item, head: ListLruOne) -> None:
        """Link ``item`` before the run begins."""
        last = self.follow(head, "prev")
        for node, side, to in (
            (item, "next", head), (item, "prev", last), (last, "next", item), (head, "prev", item)
        ):  # fmt: skip
            self.to[node, side] = to

    @handles(LinkLoad)
    def link_load(self, message: LinkLoad) -> Node:
        return self.follow(message.node, message.side)

    @handles(LinkStore)
    def link_store(self, message: LinkStore) -> None:
        self.to[message.node, message.side] = message.to


async def list_empty(cpu: Cpu, links: ListLinks, node: Node) -> bool:
    """list_empty(node): whether it points to itself."""
    return await cpu.ask(links, LinkLoad(node, "next")) is node


async def list_add_tail(cpu: Cpu, links: ListLinks, item: Item, head: ListLruOne) -> None:
    """list_add_tail(item, head), as __list_add(item, head->prev, head)."""
    prev: Node = await cpu.ask(links, LinkLoad(head, "prev"))
    cpu.ask(links, LinkStore(head, "prev", item))
    cpu.ask(links, LinkStore(item, "next", head))
    cpu.ask(links, LinkStore(item, "prev", prev))
    await cpu.ask(links, LinkStore(prev, "next", item))


async def list_del_init(cpu: Cpu, links: ListLinks, item: Item) -> None:
    """list_del_init(item), as __list_del(item->prev, item->next) and INIT_LIST_HEAD(item)."""
    prev: Node = await cpu.ask(links, LinkLoad(item, "prev"))
    following: Node = await cpu.ask(links, LinkLoad(item, "next"))
    cpu.ask(links, LinkStore(following, "prev", prev))
    cpu.ask(links, LinkStore(prev, "next", following))
    cpu.ask(links, LinkStore(item, "next", item))
    await cpu.ask(links, LinkStore(item, "prev", item))


async def list_splice_init(
    cpu: Cpu, links: ListLinks, source: ListLruOne, head: ListLruOne
) -> None:
    """list_splice_init(source, head): all of ``source`` in front of what ``head`` has."""
    if await list_empty(cpu, links, source):
        return
    first: Node = await cpu.ask(links, LinkLoad(source, "next"))
    last: Node = await cpu.ask(links, LinkLoad(source, "prev"))
    at: Node = await cpu.ask(links, LinkLoad(head, "next"))
    for node, side, to in (
        (first, "prev", head), (head, "next", first), (last, "next", at), (at, "prev", last),
        (source, "next", source), (source, "prev", source),
    ):  # fmt: skip
        await cpu.ask(links, LinkStore(node, side, to))


class ListCorruption(Monitor):
    """At rest the pointers of every list lead, both ways, through the items that it counts.

    Counterpart in the kernel: CONFIG_DEBUG_LIST, which looks at the neighbours of each edit.
    """

    law: ClassVar[str] = "list_corruption"

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    def at_quiescence(self) -> None:
        for lru in self.kernel.list_lrus.lrus:
            links = self.kernel.list_lrus.links_of(lru)
            if links is None:
                continue
            heads = [node.root for node in lru.node]
            for head in (*heads, *(one for lists in lru.xa.values() for one in lists)):
                self.judge(links, head)

    def judge(self, links: ListLinks, head: ListLruOne) -> None:
        """Walk the list of ``head`` forwards and backwards."""
        counted = sorted(str(item) for item in head.items)
        for side in ("next", "prev"):
            met = [str(node) for node in walk(links, head, side, len(counted))]
            if sorted(met) != counted:
                self.violated(
                    f"list_del corruption: {head.name} has {', '.join(counted) or 'no items'}, but "
                    f"its {side} pointers lead to {', '.join(met) or 'none'}",
                    head, links,
                )  # fmt: skip


def walk(links: ListLinks, head: ListLruOne, side: str, count: int) -> list[Node]:
    """The nodes that one meets from ``head`` on, up to one more than ``count``."""
    met: list[Node] = []
    node = links.follow(head, side)
    while node is not head and len(met) <= count:
        met.append(node)
        node = links.follow(node, side)
    return met
