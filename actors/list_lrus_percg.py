"""PercgListLrus: one lock for each list, as since v6.13 (fb56fdf8b9a2), not one for each node.

A lookup is made under RCU and locks what it finds. Where there is nothing, or a list that is marked
dead (nr_items is LONG_MIN), it goes on with the parent. A dying memcg keeps its kmemcg_id; its slot
in the xarray is emptied first, then its lists are spliced over one by one, each under its own lock
and the parent's, and marked dead.

Between the two a lookup finds the parent's list, while the item is still on the child's: whoever
deletes it then holds the parent's lock and edits the child's list, and one who looked the child's
list up before may be editing it too (kernel.md L5). Whether that does harm, the pointers tell
(list_links.py).

Source: mm/list_lru.c (v6.13): lock_list_lru_of_memcg(), list_lru_add(), list_lru_del(),
list_lru_walk_one(), memcg_reparent_list_lru_one(), memcg_reparent_list_lrus(). The bit is set as
merged (kernel.md A3); FixedPercgListLrus is with the fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slabrace.actors.list_links import (
    ListLinks,
    list_add_tail,
    list_del_init,
    list_empty,
    list_splice_init,
)
from slabrace.actors.list_lru import Item, ListLru, ListLruOne
from slabrace.actors.list_lrus import ListLrus
from slabrace.actors.locks import SpinLock
from slabrace.actors.memcg_life import MemcgLife
from slabrace.actors.messages import LinkLoad, LruAdd, LruDel, LruGive, LruSplice, XaErase, XaLoad
from slabrace.actors.shrink_slab.refcount_rcu_fixed import FixedListLrus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.memcg import Memcg
    from slabrace.actors.object import KernelObject

__all__ = ["FixedPercgListLrus", "PercgListLrus", "PercgMemcgLife"]

LONG_MIN: Final = -(2**63)
"""``nr_items`` of a list that was spliced over: whoever locks it looks again, at the parent."""


class PercgListLruOne(ListLruOne):
    """struct list_lru_one with a lock of its own."""

    __slots__ = ("lock",)

    def __init__(self, owner: ListLru, memcg: Memcg | None, nid: int) -> None:
        super().__init__(owner, memcg, nid)
        self.lock = SpinLock("list_lru_one->lock")

    def publish_in(self, world: object, name: str = "") -> None:
        super().publish_in(world, name)  # type: ignore[arg-type]  # whatever the base takes
        self.lock.publish_in(world, f"{self.name}.lock")  # type: ignore[arg-type]

    def parts(self) -> Iterator[KernelObject]:
        yield self.lock


class PercgListLrus(ListLrus):
    """See the head of this file."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.links: dict[ListLru, ListLinks] = {}

    def links_of(self, lru: ListLru) -> ListLinks:
        """The pointers of ``lru``; all to themselves at first."""
        links = self.links.get(lru)
        if links is None:
            links = self.links[lru] = ListLinks(lru)
            links.publish_in(self.kernel.world)
        return links

    def new_one(self, lru: ListLru, memcg: Memcg, nid: int) -> ListLruOne:
        return PercgListLruOne(lru, memcg, nid)

    def boot_add(self, one: ListLruOne, item: Item) -> None:
        super().boot_add(one, item)
        self.links_of(one.owner).boot_add_tail(item, one)

    # -- locks -------------------------------------------------------------------------

    def lock_of(self, one: ListLruOne) -> SpinLock:
        """The list's own; the root's list is embedded in the node, and so is its lock."""
        return one.lock if isinstance(one, PercgListLruOne) else one.owner.node[one.nid].lock

    async def lock_list_lru_of_memcg(
        self, cpu: Cpu, lru: ListLru, nid: int, memcg: Memcg, *, skip_empty: bool = False
    ) -> ListLruOne | None:
        """The locked list of ``memcg``, or of the nearest ancestor that has one that is alive."""
        cpu.rcu_read_lock()
        above: Memcg | None = memcg
        while above is not None:
            one = await self.list_lru_from_memcg_idx(cpu, lru, nid, above)
            if one is not None and await self.lock_list_lru(cpu, one):
                cpu.rcu_read_unlock()
                return one
            if skip_empty:
                break
            above = above.parent
        cpu.rcu_read_unlock()
        return None

    async def lock_list_lru(self, cpu: Cpu, one: ListLruOne) -> bool:
        """Lock ``one``; False, and not locked, if it is dead."""
        await cpu.spin_lock(self.lock_of(one))
        if await cpu.read_once(one, "nr_items") == LONG_MIN:
            cpu.spin_unlock(self.lock_of(one))
            return False
        return True

    async def list_lru_from_memcg_idx(
        self, cpu: Cpu, lru: ListLru, nid: int, memcg: Memcg
    ) -> ListLruOne | None:
        """The list in the slot of the memcg's kmemcg_id, or None; the root's is in the node."""
        id_: int = await cpu.read_once(memcg, "kmemcg_id") if lru.memcg_aware else -1
        if id_ < 0:
            return lru.node[nid].root
        lists: list[ListLruOne] | None = await cpu.ask(lru, XaLoad(id_))
        return lists[nid] if lists is not None else None

    # -- objects -----------------------------------------------------------------------

    async def list_lru_add(self, cpu: Cpu, lru: ListLru, item: Item) -> bool:
        """list_lru_add_obj(): the list may be that of an ancestor."""
        cpu.ftrace("list_lru_add")
        cpu.rcu_read_lock()
        memcg: Memcg = await cpu.rcu_dereference(item.objcg, "memcg")
        added = False
        one = await self.lock_list_lru_of_memcg(cpu, lru, item.nid, memcg)
        if one is not None:
            links = self.links_of(lru)
            added = await list_empty(cpu, links, item)
            if added:
                await list_add_tail(cpu, links, item, one)
                if await cpu.ask(one, LruAdd(item)) == 0:
                    owner = self.bit_owner(memcg, one)
                    id_ = lru.shrinker_id
                    await self.kernel.version.set_shrinker_bit(cpu, owner, item.nid, id_)
            cpu.spin_unlock(self.lock_of(one))
        cpu.rcu_read_unlock()
        return added

    async def list_lru_del(self, cpu: Cpu, lru: ListLru, item: Item) -> bool:
        """list_lru_del_obj(): under the lock of the list that the lookup finds."""
        cpu.ftrace("list_lru_del")
        cpu.rcu_read_lock()
        memcg: Memcg = await cpu.rcu_dereference(item.objcg, "memcg")
        deleted = False
        one = await self.lock_list_lru_of_memcg(cpu, lru, item.nid, memcg)
        if one is not None:
            links = self.links_of(lru)
            deleted = not await list_empty(cpu, links, item)
            if deleted:
                await list_del_init(cpu, links, item)
                await cpu.ask(one, LruDel(item))
            cpu.spin_unlock(self.lock_of(one))
        cpu.rcu_read_unlock()
        return deleted

    async def list_lru_walk_one(
        self, cpu: Cpu, lru: ListLru, memcg: Memcg, nid: int, count: int
    ) -> int:
        """Isolate up to ``count`` items; nothing if the list is not there any more."""
        cpu.ftrace("list_lru_walk_one")
        one = await self.lock_list_lru_of_memcg(cpu, lru, nid, memcg, skip_empty=True)
        if one is None:
            return 0
        links = self.links_of(lru)
        gone: list[Item] = []
        while len(gone) < count:
            item = await cpu.ask(links, LinkLoad(one, "next"))
            if not isinstance(item, Item):
                break
            await list_del_init(cpu, links, item)
            await cpu.ask(one, LruDel(item))
            gone.append(item)
        cpu.spin_unlock(self.lock_of(one))
        self.dispose(cpu, gone)
        return len(gone)

    # -- reparenting -------------------------------------------------------------------

    async def memcg_reparent_list_lrus(self, cpu: Cpu, memcg: Memcg) -> None:
        """Every lru in turn; the ids stay what they are."""
        cpu.ftrace("memcg_reparent_list_lrus")
        parent = memcg.parent or self.kernel.root_mem_cgroup
        source: int = await cpu.read_once(memcg, "kmemcg_id")
        await cpu.mutex_lock(self.kernel.list_lrus_mutex)
        for lru in list(self.lrus):
            await self.memcg_reparent_list_lru(cpu, lru, source, parent)
        cpu.mutex_unlock(self.kernel.list_lrus_mutex)

    async def memcg_reparent_list_lru(
        self, cpu: Cpu, lru: ListLru, source: int, parent: Memcg
    ) -> None:
        """Empty the slot, then splice every node, then free the lists after a grace period."""
        lists: list[ListLruOne] | None = await cpu.ask(lru, XaErase(source))  # xas_store(NULL)
        if lists is None:
            return
        for nid in range(self.kernel.nodes):
            await self.memcg_reparent_list_lru_node(cpu, lru, nid, lists[nid], parent)
        for one in lists:
            cpu.kvfree_rcu(one)

    async def memcg_reparent_list_lru_node(
        self, cpu: Cpu, lru: ListLru, nid: int, child: ListLruOne, parent: Memcg
    ) -> None:
        """memcg_reparent_list_lru_one(): child's lock, parent's lock, splice, bit, dead mark."""
        await cpu.spin_lock(self.lock_of(child))
        above = await self.list_lru_from_memcg_idx(cpu, lru, nid, parent)
        if above is not None:
            await cpu.spin_lock_nested(self.lock_of(above))
            await list_splice_init(cpu, self.links_of(lru), child, above)
            items, nr_items = await cpu.ask(child, LruSplice())
            if items or nr_items:
                before: int = await cpu.ask(above, LruGive(items, nr_items))
                if self.parent_needs_bit(before, nr_items):
                    await self.kernel.version.set_shrinker_bit(cpu, parent, nid, lru.shrinker_id)
            cpu.write_once(child, "nr_items", LONG_MIN)
            cpu.spin_unlock(self.lock_of(above))
        cpu.spin_unlock(self.lock_of(child))


class FixedPercgListLrus(FixedListLrus, PercgListLrus):
    """A3: the bit follows the list."""


class PercgMemcgLife(MemcgLife):
    """Since v6.13 list_lrus are reparented before the objcgs."""

    async def mem_cgroup_css_offline(self, cpu: Cpu, memcg: Memcg) -> None:
        cpu.ftrace("mem_cgroup_css_offline")
        if self.kernel.kmem:
            await self.kernel.list_lrus.memcg_reparent_list_lrus(cpu, memcg)
            self.memcg_reparent_objcgs(cpu, memcg)
        await self.kernel.version.reparent_shrinker_deferred(cpu, memcg)
