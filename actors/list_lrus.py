"""What CPUs do with list_lrus: add, delete, count, walk, allocate, reparent.

Functions of mm/list_lru.c (v6.7) as verbs of one class, so that a bug can override one. As merged,
an add that races with the death of its memcg sets the bit of the memcg it was told, not of the one
whose list it found (kernel.md A3); ``bit_owner`` is the verb that the fix changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from slabrace.actors.list_lru import Item, ListLru, ListLruOne
from slabrace.actors.memcg import Memcg
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

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.list_links import ListLinks

__all__ = ["ListLrus"]


class ListLrus:
    """All memcg-aware list_lrus (memcg_list_lrus, under list_lrus_mutex) and their functions."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.lrus: dict[ListLru, None] = {}

    # -- objects -----------------------------------------------------------------------

    async def list_lru_add(self, cpu: Cpu, lru: ListLru, item: Item) -> bool:
        """Put ``item`` on the list of its memcg; False if it is on one already."""
        cpu.ftrace("list_lru_add")
        cpu.rcu_read_lock()
        memcg: Memcg = await cpu.rcu_dereference(item.objcg, "memcg")  # mem_cgroup_from_slab_obj()
        added = await self.list_lru_add_memcg(cpu, lru, item, memcg)
        cpu.rcu_read_unlock()
        return added

    async def list_lru_add_memcg(self, cpu: Cpu, lru: ListLru, item: Item, memcg: Memcg) -> bool:
        """The same for a ``memcg`` that the caller keeps (since v6.8 this is list_lru_add())."""
        node = lru.node[item.nid]
        await cpu.spin_lock(node.lock)
        added = item.on is None  # every list of this node is under the lock
        if added:
            one = await self.list_lru_from_memcg(cpu, lru, memcg, item.nid)
            if await cpu.ask(one, LruAdd(item)) == 0:
                owner = self.bit_owner(memcg, one)
                await self.kernel.version.set_shrinker_bit(cpu, owner, item.nid, lru.shrinker_id)
        cpu.spin_unlock(node.lock)
        return added

    def bit_owner(self, memcg: Memcg, one: ListLruOne) -> Memcg:
        """Whose bit to set: as merged, that of the memcg that was passed in (A3)."""
        return memcg

    async def list_lru_del(self, cpu: Cpu, lru: ListLru, item: Item) -> bool:
        """Take ``item`` off; the bit stays, reclaim clears it."""
        cpu.ftrace("list_lru_del")
        cpu.rcu_read_lock()
        memcg: Memcg = await cpu.rcu_dereference(item.objcg, "memcg")
        node = lru.node[item.nid]
        await cpu.spin_lock(node.lock)
        one = await self.list_lru_from_memcg(cpu, lru, memcg, item.nid)
        deleted: bool = await cpu.ask(one, LruDel(item))
        cpu.spin_unlock(node.lock)
        cpu.rcu_read_unlock()
        return deleted

    async def list_lru_from_memcg(
        self, cpu: Cpu, lru: ListLru, memcg: Memcg, nid: int
    ) -> ListLruOne:
        """The list that the memcg's *current* kmemcg_id names; the root's where there is none."""
        if lru.memcg_aware:
            id_: int = await cpu.read_once(memcg, "kmemcg_id")
            if id_ >= 0:
                lists: list[ListLruOne] | None = await cpu.ask(lru, XaLoad(id_))
                if lists is not None:
                    return lists[nid]
        return lru.node[nid].root

    async def list_lru_count_one(self, cpu: Cpu, lru: ListLru, memcg: Memcg, nid: int) -> int:
        """How many items; a hint, read without the lock, and 0 where it is negative."""
        cpu.ftrace("list_lru_count_one")
        cpu.rcu_read_lock()
        count = 0
        id_: int = await cpu.read_once(memcg, "kmemcg_id") if lru.memcg_aware else -1
        if id_ < 0:
            count = await cpu.read_once(lru.node[nid].root, "nr_items")
        else:
            lists: list[ListLruOne] | None = await cpu.ask(lru, XaLoad(id_))
            if lists is not None:
                count = await cpu.read_once(lists[nid], "nr_items")
        cpu.rcu_read_unlock()
        return self.as_count(count)

    def as_count(self, nr_items: int) -> int:
        """What is counted where ``nr_items`` was read: 0 if negative (41d17431df4a, v5.18)."""
        return max(nr_items, 0)

    async def list_lru_walk_one(
        self, cpu: Cpu, lru: ListLru, memcg: Memcg, nid: int, count: int
    ) -> int:
        """Isolate up to ``count`` items and dispose of them; how many."""
        cpu.ftrace("list_lru_walk_one")
        node = lru.node[nid]
        await cpu.spin_lock(node.lock)
        one = await self.list_lru_from_memcg(cpu, lru, memcg, nid)
        gone: list[Item] = await cpu.ask(one, LruIsolate(count))
        cpu.spin_unlock(node.lock)
        self.dispose(cpu, gone)
        return len(gone)

    def dispose(self, cpu: Cpu, items: Iterable[Item]) -> None:
        """Free objects: each drops its reference on whom it was charged to."""
        for item in items:
            self.kernel.lives.obj_cgroup_put(cpu, item.objcg)

    # -- lists come and go -------------------------------------------------------------

    async def memcg_list_lru_alloc(self, cpu: Cpu, lru: ListLru, memcg: Memcg) -> None:
        """Give ``memcg`` and its ancestors lists in ``lru``, top down, where they have none."""
        cpu.ftrace("memcg_list_lru_alloc")
        if not lru.memcg_aware:
            return
        chain: list[Memcg] = []
        walk: Memcg | None = memcg
        while walk is not None and walk.parent is not None:
            chain.append(walk)
            walk = walk.parent
        for one in reversed(chain):
            id_: int = await cpu.read_once(one, "kmemcg_id")
            if id_ >= 0 and await cpu.ask(lru, XaLoad(id_)) is None:
                cpu.world.touch(("css_dying", one.name), write=False)
                if not one.css_dying:
                    cpu.ask(lru, XaStore(id_, self.new_lists(cpu, lru, one)))

    def new_lists(self, cpu: Cpu, lru: ListLru, memcg: Memcg) -> list[ListLruOne]:
        """Lists of one memcg, one per node."""
        allocate = self.kernel.allocate_always
        return [allocate(cpu, self.new_one(lru, memcg, nid)) for nid in range(self.kernel.nodes)]

    def new_one(self, lru: ListLru, memcg: Memcg, nid: int) -> ListLruOne:
        """A list, in memory and nowhere else."""
        return ListLruOne(lru, memcg, nid)

    def boot_add(self, one: ListLruOne, item: Item) -> None:
        """Put ``item`` on a list before the run begins."""
        item.on = one
        one.items[item] = None
        one.nr_items += 1

    def links_of(self, lru: ListLru) -> ListLinks | None:
        """The pointers of ``lru``, where they are looked at one by one (list_lrus_percg.py)."""
        return None

    async def list_lru_destroy(self, cpu: Cpu, lru: ListLru) -> None:
        """The owner goes, and with it its objects and lists: forget the lru."""
        await cpu.mutex_lock(self.kernel.list_lrus_mutex)
        self.lrus.pop(lru, None)
        cpu.mutex_unlock(self.kernel.list_lrus_mutex)
        cpu.world.touch(lru, write=False)  # which ids there are, no access tells
        for id_ in sorted(lru.xa):
            for one in await cpu.ask(lru, XaErase(id_)) or ():
                self.dispose(cpu, await cpu.ask(one, LruIsolate(None)))
                cpu.kfree(one)
        for node in lru.node:
            self.dispose(cpu, await cpu.ask(node.root, LruIsolate(None)))

    # -- reparenting -------------------------------------------------------------------

    async def memcg_reparent_list_lrus(self, cpu: Cpu, memcg: Memcg) -> None:
        """Replace the ids of ``memcg`` and of all below it by its parent's, then move the items."""
        cpu.ftrace("memcg_reparent_list_lrus")
        parent = memcg.parent or self.kernel.root_mem_cgroup
        source: int = await cpu.read_once(memcg, "kmemcg_id")
        target: int = await cpu.read_once(parent, "kmemcg_id")
        for below in self.kernel.descendants(memcg):
            cpu.write_once(below, "kmemcg_id", target)
        await cpu.mutex_lock(self.kernel.list_lrus_mutex)
        for lru in list(self.lrus):
            await self.memcg_reparent_list_lru(cpu, lru, source, parent)
        cpu.mutex_unlock(self.kernel.list_lrus_mutex)

    async def memcg_reparent_list_lru(
        self, cpu: Cpu, lru: ListLru, source: int, parent: Memcg
    ) -> None:
        """Every node of one lru; then the child's lists go, after a grace period."""
        lists: list[ListLruOne] | None = await cpu.ask(lru, XaLoad(source))
        if lists is None:
            return
        for nid in range(self.kernel.nodes):
            await self.memcg_reparent_list_lru_node(cpu, lru, nid, lists[nid], parent)
        for one in await cpu.ask(lru, XaErase(source)) or ():
            cpu.kvfree_rcu(one)

    async def memcg_reparent_list_lru_node(
        self, cpu: Cpu, lru: ListLru, nid: int, child: ListLruOne, parent: Memcg
    ) -> None:
        """Splice the items to the parent's list and tell its shrinker."""
        node = lru.node[nid]
        await cpu.spin_lock(node.lock)
        above = await self.list_lru_from_memcg(cpu, lru, parent, nid)
        items, nr_items = await cpu.ask(child, LruSplice())
        if items or nr_items:
            before: int = await cpu.ask(above, LruGive(items, nr_items))
            if self.parent_needs_bit(before, nr_items):
                await self.kernel.version.set_shrinker_bit(cpu, parent, nid, lru.shrinker_id)
        cpu.spin_unlock(node.lock)

    def parent_needs_bit(self, before: int, moved: int) -> bool:
        """Whether reparenting sets the parent's bit: whenever anything moved (8199be001a47)."""
        return moved != 0
