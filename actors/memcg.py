"""Memcg: a memory cgroup, its css reference, and the order in which it comes and goes.

    create    linked below its parent (the iterator, and so expansion, sees it)
    online    kmemcg_id -> shrinker_info of every node -> CSS_ONLINE
    offline   CSS_DYING -> list_lrus to the parent -> nr_deferred to the parent -> not CSS_ONLINE
    free      last css_put -> unlinked -> a grace period -> shrinker_info freed -> the memcg itself

Sources: kernel/cgroup/cgroup.c:css_create(), kill_css(), css_killed_work_fn(),
css_release_work_fn(), css_free_rwork_fn(); mm/memcontrol.c:mem_cgroup_css_online(), _offline(),
_free(), mem_cgroup_iter(); v6.7. The functions that do it are in memcg_life.py and memcg_iter.py;
here is the memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from slabrace.actors.messages import (
    Charge,
    CssGet,
    CssPut,
    CssTryget,
    LinkChild,
    NextChild,
    PercpuRefKill,
    ShrinkLruvec,
    Store,
    UnlinkChild,
)
from slabrace.actors.object import KernelObject, Part
from slabrace.runtime.actor import handles

if TYPE_CHECKING:
    from slabrace.actors.list_lru import ObjCgroup
    from slabrace.actors.shrinker_info import ShrinkerInfoBase

__all__ = ["Memcg", "MemcgPerNode"]

NO_LIMIT = 2**62


class MemcgPerNode(Part):
    """struct mem_cgroup_per_node: the published shrinker_info, and the node's page LRUs.

    ``lru_pages`` are pages on the lists, ``reclaimable`` those of them that reclaim can free (tmpfs
    without swap has none).
    """

    __slots__ = ("infos", "lru_pages", "memcg", "nid", "reclaimable", "shrinker_info")
    kind = "mem_cgroup_per_node"

    def __init__(self, memcg: Memcg, nid: int) -> None:
        self.memcg = memcg
        self.nid = nid
        self.shrinker_info: ShrinkerInfoBase | None = None
        self.infos = 0  # how many it had: they are numbered, so that they have names
        self.lru_pages = 0
        self.reclaimable = 0

    @property
    def name(self) -> str:
        return f"{self.memcg.name}.nodeinfo[{self.nid}]"

    def references(self) -> Iterator[KernelObject]:
        if self.shrinker_info is not None:
            yield self.shrinker_info

    def next_info(self) -> int:
        """A number that tells one shrinker_info from another; whoever makes one has the lock."""
        self.infos += 1
        return self.infos

    @handles(ShrinkLruvec)
    def shrink_lruvec(self, message: ShrinkLruvec) -> int:
        reclaimed = min(self.reclaimable, message.pages)
        self.reclaimable -= reclaimed
        self.lru_pages -= reclaimed
        return reclaimed


class Memcg(KernelObject):
    """struct mem_cgroup with its cgroup_subsys_state.

    ``online_cnt`` counts itself while it is online, and its online children. ``refcnt`` is the
    percpu reference (until it is killed a put never finds zero); ``usage`` and ``limit`` are pages;
    ``kmemcg_id`` indexes list_lrus (-1 for the root).
    """

    __slots__ = (
        "children", "css_dying", "css_online", "id", "kmemcg_id", "limit", "nodeinfo", "objcg",
        "online_cnt", "parent", "refcnt", "serial", "serials", "usage",
    )  # fmt: skip
    kind = "mem_cgroup"
    objcg: ObjCgroup

    def __init__(self, parent: Memcg | None, nodes: int) -> None:
        self.parent = parent
        self.id = 0
        self.serial = 0
        self.serials: list[int] = []
        self.children: dict[int, Memcg] = {}
        self.css_online = False
        self.css_dying = False
        self.refcnt = 1
        self.online_cnt = 0
        self.kmemcg_id = -1
        self.usage = 0
        self.limit = NO_LIMIT
        self.nodeinfo = [MemcgPerNode(self, nid) for nid in range(nodes)]

    def parts(self) -> Iterator[KernelObject]:
        return iter(self.nodeinfo)

    def references(self) -> Iterator[KernelObject]:
        yield from self.nodeinfo
        yield from self.children.values()

    def store(self, message: Store) -> None:
        super().store(message)
        if message.word == "limit":
            self.world.touch(self)  # Charge looks at two words

    # -- the css reference -------------------------------------------------------------

    @handles(CssTryget)
    def css_tryget(self, message: CssTryget) -> bool:
        if self.refcnt == 0:
            return False
        self.refcnt += 1
        return True

    @handles(CssGet)
    def css_get(self, message: CssGet) -> None:
        self.refcnt += 1

    @handles(CssPut)
    def css_put(self, message: CssPut) -> bool:
        """True for the put that drops the last reference: its caller queues the release."""
        self.refcnt -= 1
        if self.refcnt < 0:
            self.note(
                "refcount_warning", object=self, warning="css refcnt underflow", by=self.sender
            )
        return self.refcnt == 0

    @handles(PercpuRefKill)
    def percpu_ref_kill(self, message: PercpuRefKill) -> bool:
        """Mark the css dying; False if somebody did before."""
        self.world.touch(("css_dying", self.name))  # memcg_list_lru_alloc() makes no access of it
        already, self.css_dying = self.css_dying, True
        return not already

    # -- the list of children, under RCU -----------------------------------------------

    @handles(LinkChild)
    def link_child(self, message: LinkChild) -> None:
        child: Memcg = message.child
        self.serials.append(child.serial)  # serial numbers only rise
        self.children[child.serial] = child

    @handles(UnlinkChild)
    def unlink_child(self, message: UnlinkChild) -> None:
        del self.children[message.child.serial]
        self.serials.remove(message.child.serial)

    @handles(NextChild)
    def next_child(self, message: NextChild) -> Memcg | None:
        """Serial numbers make the step safe from a child that was unlinked meanwhile."""
        at = bisect_right(self.serials, message.after)
        return self.children[self.serials[at]] if at < len(self.serials) else None

    # -- charges -----------------------------------------------------------------------

    @handles(Charge)
    def charge(self, message: Charge) -> bool:
        if self.usage + message.pages > self.limit and not message.force:
            return False
        self.usage += message.pages
        return True
