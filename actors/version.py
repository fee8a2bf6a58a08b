"""Version: one version of mm/shrinker.c, complete. The protocol of the folder shrink_slab/.

A version is a choice of class, never a flag. It is put together from three parts that changed at
different times, and the walk itself:

    shrinker_info   UnitInfo | FlatInfo            how bits and deferred counts are laid out
    life            RefcountLife | RwsemLife       how a shrinker comes and goes
    walk            shrink_slab_memcg(), shrink_slab_global()

What all versions share is here: do_shrink_slab() with its exact arithmetic, the deferred counts'
routing, and shrink_slab(). A bug is a subclass that overrides one of the verbs below.

Source: mm/shrinker.c (v6.7), mm/vmscan.c (v6.1); what differs is said where it does.
"""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar

from slabrace.actors.arithmetic import (
    LONG_MAX,
    SHRINK_BATCH,
    SHRINK_EMPTY,
    SHRINK_STOP,
    next_deferred,
    scan_delta,
    total_scan,
)
from slabrace.actors.memcg_iter import mem_cgroup_iter, mem_cgroup_iter_break
from slabrace.actors.messages import DeferredAdd, DeferredXchg
from slabrace.actors.shrinker import NrDeferred

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.locks import Mutex, RwSem
    from slabrace.actors.memcg import Memcg, MemcgPerNode
    from slabrace.actors.object import KernelObject
    from slabrace.actors.shrinker import ShrinkControl, Shrinker, ShrinkerOps
    from slabrace.actors.shrinker_info import ShrinkerInfoBase

__all__ = ["Version"]


class Version(abc.ABC):
    """See the head of this file. ``name`` is what the command line calls it."""

    name: ClassVar[str] = ""
    memcg_full_walk: ClassVar[bool] = False
    """Direct reclaim walks all memcgs once more, in full, before it gives up (since v6.8)."""
    embedded_shrinker: ClassVar[bool] = False
    """struct shrinker is a member of its owner and freed with it (before v6.7)."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    # -- what the parts provide --------------------------------------------------------

    @property
    @abc.abstractmethod
    def lock(self) -> Mutex | RwSem:
        """What writers hold: shrinker_mutex, or shrinker_rwsem before v6.7."""

    @abc.abstractmethod
    async def lock_shrinkers(self, cpu: Cpu) -> None: ...
    @abc.abstractmethod
    def unlock_shrinkers(self, cpu: Cpu) -> None: ...
    @abc.abstractmethod
    async def lock_reparent(self, cpu: Cpu) -> None: ...
    @abc.abstractmethod
    def unlock_reparent(self, cpu: Cpu) -> None: ...
    @abc.abstractmethod
    def boot_info(self, pernode: MemcgPerNode) -> ShrinkerInfoBase: ...
    @abc.abstractmethod
    def boot_grow(self, pernode: MemcgPerNode) -> None: ...
    @abc.abstractmethod
    async def alloc_shrinker_info(self, cpu: Cpu, memcg: Memcg) -> bool: ...
    @abc.abstractmethod
    async def free_shrinker_info(self, cpu: Cpu, memcg: Memcg) -> None: ...
    @abc.abstractmethod
    async def expand_one_shrinker_info(self, cpu: Cpu, memcg: Memcg, new_nr_max: int) -> bool: ...
    @abc.abstractmethod
    async def reparent_shrinker_deferred(self, cpu: Cpu, memcg: Memcg) -> None: ...
    @abc.abstractmethod
    async def set_shrinker_bit(self, cpu: Cpu, memcg: Memcg, nid: int, id_: int) -> None: ...
    @abc.abstractmethod
    async def xchg_nr_deferred_memcg(self, cpu: Cpu, memcg: Memcg, nid: int, id_: int) -> int: ...
    @abc.abstractmethod
    async def add_nr_deferred_memcg(
        self, cpu: Cpu, nr: int, memcg: Memcg, nid: int, id_: int
    ) -> int: ...
    @abc.abstractmethod
    async def shrinker_alloc(
        self, cpu: Cpu, name: str, ops: ShrinkerOps, *, memcg_aware: bool = False,
        numa_aware: bool = False, nonslab: bool = False, seeks: int = 2, batch: int = 0,
    ) -> Shrinker | None: ...  # fmt: skip
    @abc.abstractmethod
    async def shrinker_register(self, cpu: Cpu, shrinker: Shrinker) -> None: ...
    @abc.abstractmethod
    async def shrinker_free(self, cpu: Cpu, shrinker: Shrinker) -> None: ...
    @abc.abstractmethod
    async def shrink_slab_memcg(
        self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int
    ) -> int: ...
    @abc.abstractmethod
    async def shrink_slab_global(self, cpu: Cpu, gfp: str, nid: int, priority: int) -> int: ...

    def idr_entry(self, shrinker: Shrinker) -> KernelObject:
        """What idr_find() finds from the allocation on, since v5.13: the shrinker itself."""
        return shrinker

    def boot_deferred(self, shrinker: Shrinker) -> None:
        """The counts of a shrinker that was there before the run, if it has its own."""
        if not shrinker.memcg_aware:
            shrinker.nr_deferred = NrDeferred(shrinker, self.kernel.nodes)
            shrinker.nr_deferred.publish_in(self.kernel.world)

    # -- shared by all -----------------------------------------------------------------

    async def shrink_slab(
        self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg | None, priority: int
    ) -> int:
        """Objects freed. The root memcg walks all shrinkers, any other only those of its bits.

        No memcg (with cgroup_disable=memory the iterator has none): all shrinkers, too.
        """
        cpu.ftrace("shrink_slab")
        if self.is_memcg_walk(memcg):
            if memcg is None:
                cpu.note("null_deref", cpu=cpu, what="memcg->nodeinfo in shrink_slab_memcg()")
                return 0
            cpu.note("memcg_walk_begin", memcg=memcg, nid=nid)
            freed = await self.shrink_slab_memcg(cpu, gfp, nid, memcg, priority)
            cpu.note("memcg_walk_end", memcg=memcg, nid=nid)
            return freed
        freed = await self.shrink_slab_global(cpu, gfp, nid, priority)
        cpu.cond_resched()
        return freed

    def is_memcg_walk(self, memcg: Memcg | None) -> bool:
        """!mem_cgroup_disabled() && !mem_cgroup_is_root(memcg), since fa1e512fac71 (v5.3)."""
        kernel = self.kernel
        return not kernel.mem_cgroup_disabled and memcg is not kernel.root_mem_cgroup

    total_scan = staticmethod(total_scan)
    next_deferred = staticmethod(next_deferred)

    async def do_shrink_slab(
        self, cpu: Cpu, sc: ShrinkControl, shrinker: Shrinker, priority: int
    ) -> int:
        """Objects freed, or SHRINK_EMPTY; mm/shrinker.c:do_shrink_slab(), v5.13 and later."""
        cpu.ftrace("do_shrink_slab")
        cpu.might_sleep("do_shrink_slab()")  # count_objects() and scan_objects() may
        ops: ShrinkerOps | None = await cpu.read_once(shrinker, "ops")
        if ops is None:
            cpu.note("null_deref", cpu=cpu, where=shrinker, what=f"{shrinker.name}->ops")
            return 0
        cpu.note("shrinker_called", shrinker=shrinker, cpu=cpu)
        freeable = await ops.count_objects(cpu, sc)
        if freeable in (0, SHRINK_EMPTY):
            return freeable
        if freeable > LONG_MAX:
            cpu.note("negative_count", cpu=cpu, shrinker=shrinker, count=freeable)
        nr = await self.xchg_nr_deferred(cpu, shrinker, sc)
        delta = scan_delta(freeable, priority, shrinker.seeks)
        todo = self.total_scan(nr, delta, freeable, priority)
        cpu.note(
            "mm_shrink_slab_start", shr=shrinker, shrink="scan_objects", nid=sc.nid, memcg=sc.memcg,
            nr_objects_to_shrink=nr, gfp_flags=sc.gfp, cache_items=freeable, delta=delta,
            total_scan=todo, priority=priority,
        )  # fmt: skip
        batch = shrinker.batch or SHRINK_BATCH
        freed = scanned = 0
        while todo >= batch or todo >= freeable:
            sc.nr_to_scan = sc.nr_scanned = min(batch, todo)
            self.kernel.stats["scans"] += 1
            cpu.note("shrinker_called", shrinker=shrinker, cpu=cpu)
            got = await ops.scan_objects(cpu, sc)
            if got == SHRINK_STOP:
                break
            freed += got
            todo -= sc.nr_scanned
            scanned += sc.nr_scanned
            cpu.cond_resched()
        left = self.next_deferred(nr, delta, scanned, freeable)
        new_nr = await self.add_nr_deferred(cpu, left, shrinker, sc)
        self.kernel.stats["objects_freed"] += freed
        cpu.note(
            "mm_shrink_slab_end", shr=shrinker, shrink="scan_objects", nid=sc.nid, memcg=sc.memcg,
            unused_scan=nr, new_scan=new_nr, total_scan=todo, retval=freed,
        )  # fmt: skip
        return freed

    async def xchg_nr_deferred(self, cpu: Cpu, shrinker: Shrinker, sc: ShrinkControl) -> int:
        """Take what earlier calls left. A shrinker that is not NUMA aware keeps one count."""
        nid = sc.nid if shrinker.numa_aware else 0
        if shrinker.memcg_aware:
            taken = await self.xchg_nr_deferred_memcg(cpu, sc.memcg, nid, shrinker.id)
            self.note_deferred(cpu, "nr_deferred_take", sc.memcg, nid, shrinker.id, taken)
            return taken
        return await self.take_own_deferred(cpu, shrinker, nid)

    async def take_own_deferred(self, cpu: Cpu, shrinker: Shrinker, nid: int) -> int:
        """xchg(&shrinker->nr_deferred[nid], 0), since acf92b485ccc (v3.1)."""
        taken: int = await cpu.ask(shrinker.own_nr_deferred, DeferredXchg(nid))
        self.note_own_deferred(cpu, "own_nr_deferred_take", shrinker, nid, taken)
        return taken

    async def add_nr_deferred(
        self, cpu: Cpu, nr: int, shrinker: Shrinker, sc: ShrinkControl
    ) -> int:
        """Leave ``nr`` for later calls; the new count, which only the tracepoint wants."""
        nid = sc.nid if shrinker.numa_aware else 0
        if shrinker.memcg_aware:
            self.note_deferred(cpu, "nr_deferred_add", sc.memcg, nid, shrinker.id, nr)
            return await self.add_nr_deferred_memcg(cpu, nr, sc.memcg, nid, shrinker.id)
        return await self.add_own_deferred(cpu, nr, shrinker, nid)

    async def add_own_deferred(self, cpu: Cpu, nr: int, shrinker: Shrinker, nid: int) -> int:
        """atomic_long_add_return(nr, &shrinker->nr_deferred[nid])."""
        self.note_own_deferred(cpu, "own_nr_deferred_add", shrinker, nid, nr)
        count: int = await cpu.ask(shrinker.own_nr_deferred, DeferredAdd(nid, nr))
        return count

    def note_own_deferred(
        self, cpu: Cpu, event: str, shrinker: Shrinker, nid: int, nr: int
    ) -> None:
        """Tell the law of conservation of a count that is the shrinker's own."""
        if nr:
            cpu.note(event, shrinker=shrinker, nid=nid, nr=nr)

    def note_deferred(
        self, cpu: Cpu, event: str, memcg: Memcg, nid: int, id_: int, nr: int
    ) -> None:
        """Tell the law of conservation."""
        if nr:
            cpu.note(event, memcg=memcg, nid=nid, id=id_, nr=nr)

    async def mb_before_set_bit(self, cpu: Cpu) -> None:
        """smp_mb__before_atomic() of set_shrinker_bit(): the object is seen before its bit.

        Pairs with mb_after_clear_bit().
        """
        await cpu.smp_mb()

    async def mb_after_clear_bit(self, cpu: Cpu) -> None:
        """smp_mb__after_atomic() of the walk: the bit is clear before objects are counted again.

        Pairs with mb_before_set_bit().
        """
        await cpu.smp_mb()

    async def expand_shrinker_info(self, cpu: Cpu, new_id: int) -> bool:
        """Make room for ``new_id`` in every memcg; False for -ENOMEM. The lock is held."""
        bits = self.kernel.unit_bits
        return await self.expand_all(cpu, (new_id // bits + 1) * bits)

    async def expand_all(self, cpu: Cpu, new_nr_max: int) -> bool:
        """Every memcg that the iterator finds; shrinker_nr_max only when all have room."""
        self.kernel.stats["expansions"] += 1
        root = self.kernel.root_mem_cgroup
        memcg = await mem_cgroup_iter(cpu, root, None)
        while memcg is not None:
            if not await self.expand_one_shrinker_info(cpu, memcg, new_nr_max):
                await self.leave_expansion(cpu, root, memcg)
                return False
            memcg = await mem_cgroup_iter(cpu, root, memcg)
        cpu.write_once(self.kernel.globals, "shrinker_nr_max", new_nr_max)
        return True

    async def leave_expansion(self, cpu: Cpu, root: Memcg, memcg: Memcg) -> None:
        """Stop at ``memcg``: give back the reference that the iterator holds."""
        await mem_cgroup_iter_break(cpu, root, memcg)

    def publish_info(self, cpu: Cpu, pernode: MemcgPerNode, info: ShrinkerInfoBase) -> None:
        """rcu_assign_pointer(shrinker_info, info): pairs with every rcu_dereference() of it."""
        cpu.note("shrinker_info_published", pernode=pernode, info=info)
        cpu.rcu_assign_pointer(pernode, "shrinker_info", info)
