"""ListLru: objects appear and vanish here, and the first one of a list sets the shrinker's bit.

One list per memcg and node, under one lock per node (v4.0 to v6.12). Only the step from 0 to 1 sets
the bit. When a memcg dies its id is replaced by its parent's first, then its lists are spliced
over; in between, a lookup finds the parent's list while the object still stands on the child's.

Sources: mm/list_lru.c (v6.7): list_lru_add(), list_lru_del(), list_lru_count_one(),
list_lru_walk_one(), memcg_reparent_list_lrus(), memcg_list_lru_alloc().
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from slabrace.actors.locks import SpinLock
from slabrace.actors.messages import (
    LruAdd,
    LruDel,
    LruGive,
    LruIsolate,
    LruSplice,
    XaErase,
    XaLoad,
    XaStore,
)
from slabrace.actors.object import KernelObject, Part
from slabrace.runtime.actor import handles

if TYPE_CHECKING:
    from slabrace.actors.memcg import Memcg
    from slabrace.actors.shrinker import Shrinker

__all__ = ["Item", "ListLru", "ListLruNode", "ListLruOne", "ObjCgroup"]


class ObjCgroup(KernelObject):
    """struct obj_cgroup: whom an object is charged to; moves to the parent when the memcg dies.

    ``refcnt`` is one for each object, and one for the memcg it was made for; being a percpu_ref, it
    is counted without an access to this line.
    """

    __slots__ = ("listed", "made_for", "memcg", "refcnt")
    kind = "obj_cgroup"

    def __init__(self, memcg: Memcg) -> None:
        self.memcg = memcg
        self.made_for = memcg
        self.listed = memcg  # on whose list of objcgs it is, under the lock of reparenting
        self.refcnt = 1

    @property
    def name(self) -> str:
        return f"objcg of {self.made_for.name}"

    def get(self) -> None:
        """obj_cgroup_get()."""
        self.world.touch(("objcg", self.name))
        self.refcnt += 1

    def put(self) -> bool:
        """obj_cgroup_put(): whether that was the last reference."""
        self.world.touch(("objcg", self.name))
        self.refcnt -= 1
        return self.refcnt == 0


class Item:
    """An object that can be on a list_lru: a dentry, an inode. ``on`` is the list it stands on."""

    __slots__ = ("nid", "objcg", "on")

    def __init__(self, objcg: ObjCgroup, nid: int) -> None:
        objcg.get()
        self.objcg = objcg
        self.nid = nid
        self.on: ListLruOne | None = None

    def hold(self) -> Item:
        """Somebody uses the object: even if reclaim disposes of it, what it is charged to stays."""
        self.objcg.get()
        return self

    def __repr__(self) -> str:
        return "item"


class ListLruOne(KernelObject):
    """struct list_lru_one: the items of one memcg on one node.

    ``nr_items`` is counted by whoever looks the list up, so it may differ from the length while a
    memcg is reparented.
    """

    __slots__ = ("items", "memcg", "nid", "nr_items", "owner")
    kind = "list_lru_one"

    def __init__(self, owner: ListLru, memcg: Memcg | None, nid: int) -> None:
        self.owner = owner
        self.memcg = memcg
        self.nid = nid
        self.items: dict[Item, None] = {}
        self.nr_items = 0

    @property
    def name(self) -> str:
        return f"{self.owner.name}[{self.memcg.name if self.memcg else 'root'}:{self.nid}]"

    @handles(LruAdd)
    def lru_add(self, message: LruAdd) -> int:
        item: Item = message.item
        item.on = self
        self.items[item] = None
        self.nr_items += 1
        return self.nr_items - 1

    @handles(LruDel)
    def lru_del(self, message: LruDel) -> bool:
        item: Item = message.item
        if item.on is None:
            return False
        if item.on is not self:  # between the two halves of reparenting
            self.world.touch(item.on)
        del item.on.items[item]
        item.on = None
        self.nr_items -= 1
        return True

    @handles(LruIsolate)
    def lru_isolate(self, message: LruIsolate) -> list[Item]:
        gone = list(self.items)[: message.count]
        for item in gone:
            del self.items[item]
            item.on = None
        self.nr_items -= len(gone)
        return gone

    @handles(LruSplice)
    def lru_splice(self, message: LruSplice) -> tuple[list[Item], int]:
        taken = (list(self.items), self.nr_items)
        self.items = {}
        self.nr_items = 0
        return taken

    @handles(LruGive)
    def lru_give(self, message: LruGive) -> int:
        for item in message.items:
            item.on = self
            self.items[item] = None
        self.nr_items += message.nr_items
        return self.nr_items - message.nr_items


class ListLruNode(Part):
    """struct list_lru_node: the lock of a node, and the list of what belongs to no memcg."""

    __slots__ = ("lock", "owner", "root")
    kind = "list_lru_node"

    def __init__(self, owner: ListLru, nid: int) -> None:
        self.owner = owner
        self.lock = SpinLock("nlru->lock")
        self.root = ListLruOne(owner, None, nid)

    def parts(self) -> Iterator[KernelObject]:
        yield self.lock
        yield self.root


class ListLru(Part):
    """struct list_lru. ``xa`` maps a kmemcg_id to the lists of that memcg, one per node."""

    __slots__ = ("memcg_aware", "node", "shrinker", "xa")
    kind = "list_lru"

    def __init__(self, shrinker: Shrinker | None, nodes: int, *, memcg_aware: bool) -> None:
        self.shrinker = shrinker
        self.memcg_aware = memcg_aware
        self.node = [ListLruNode(self, nid) for nid in range(nodes)]
        self.xa: dict[int, list[ListLruOne]] = {}

    def publish_in(self, world: Any, name: str = "") -> None:
        super().publish_in(world, name)
        for nid, node in enumerate(self.node):
            node.publish_in(world, f"{name}.node[{nid}]")
            node.lock.publish_in(world, f"{name}.node[{nid}].lock")
            node.root.publish_in(world)

    def parts(self) -> Iterator[KernelObject]:
        for node in self.node:
            yield node
            yield from node.parts()

    def references(self) -> Iterator[KernelObject]:
        for lists in self.xa.values():
            yield from lists

    @property
    def shrinker_id(self) -> int:
        """The shrinker's id, or -1 (lru_shrinker_id())."""
        return self.shrinker.id if self.shrinker is not None else -1

    @handles(XaLoad)
    def xa_load(self, message: XaLoad) -> list[ListLruOne] | None:
        return self.xa.get(message.id)

    @handles(XaStore)
    def xa_store(self, message: XaStore) -> None:
        self.xa[message.id] = message.value

    @handles(XaErase)
    def xa_erase(self, message: XaErase) -> list[ListLruOne] | None:
        return self.xa.pop(message.id, None)
