"""refcount_rcu: the lockless walk as merged for v6.7 (ca1d36b82394 global, 50d09da8e119 memcg).

A walk holds no lock. RCU keeps the memory of what it looks up, a refcount lets it run a shrinker
outside RCU, and the memcg's css reference, held by the caller, pins the units. shrinker_info may be
replaced whenever the walk sleeps, so it is loaded again for every unit.

As merged it leaks a reference where kmem accounting is off (kernel.md A1: ``skip_kmem_off``). Two
suspects are here as they are in the kernel: ``forget`` clears a bit without looking again, which
may meet an id that was reused (L1) or a shrinker that is about to be registered (L2).

Source: mm/shrinker.c:shrink_slab_memcg(), shrink_slab(), v6.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.arithmetic import SHRINK_EMPTY
from slabrace.actors.messages import FindNextBit, IdrFind, ReadUnit
from slabrace.actors.shrinker import ListHead, ShrinkControl, Shrinker
from slabrace.actors.shrinker_info import (
    CLEAR_BIT,
    FIND_FIRST_BIT,
    READ_UNIT,
    ShrinkerInfo,
    ShrinkerInfoUnit,
)
from slabrace.actors.shrinker_life import RefcountLife
from slabrace.actors.shrinker_mutex import ShrinkerMutex
from slabrace.actors.unit_info import UnitInfo

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.memcg import Memcg

__all__ = ["RefcountRcu"]


class RefcountRcu(UnitInfo, RefcountLife, ShrinkerMutex):
    """v6.7. The lock of the writers is shrinker_mutex."""

    name = "refcount_rcu"
    memcg_full_walk = True

    # -- the memcg walk ----------------------------------------------------------------

    async def shrink_slab_memcg(
        self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int
    ) -> int:
        """Objects freed from the shrinkers whose bits are set in ``memcg``."""
        freed = index = 0
        if not await cpu.read_once(memcg, "css_online"):
            return 0
        while True:
            unit = await self.next_unit(cpu, memcg, nid, index)
            if unit is None:
                return freed
            offset: int = await cpu.ask(unit, FIND_FIRST_BIT)
            while offset >= 0:
                id_ = index * self.kernel.unit_bits + offset
                freed += await self.shrink_one(cpu, gfp, nid, memcg, priority, unit, offset, id_)
                # Bits are read as they are now: one set ahead of us is seen, one behind is not.
                offset = await cpu.ask(unit, FindNextBit(offset + 1))
            index += 1

    async def next_unit(
        self, cpu: Cpu, memcg: Memcg, nid: int, index: int
    ) -> ShrinkerInfoUnit | None:
        """Load the info again and take its unit: it may have been replaced while we slept."""
        cpu.rcu_read_lock()
        info: ShrinkerInfo | None = await cpu.rcu_dereference(memcg.nodeinfo[nid], "shrinker_info")
        unit: ShrinkerInfoUnit | None = None
        if info is not None:
            read = READ_UNIT[index] if index < len(READ_UNIT) else ReadUnit(index)
            unit = await cpu.ask(info, read)
            if unit is None and index < len(info.unit):
                self.note_null_unit(cpu, info, index)
        cpu.rcu_read_unlock()  # the unit is pinned by the caller's reference on the memcg
        return unit

    async def shrink_one(
        self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int,
        unit: ShrinkerInfoUnit, offset: int, id_: int,
    ) -> int:  # fmt: skip
        """Visit one shrinker; objects freed."""
        shrinker = await self.shrinker_get(cpu, unit, offset, id_)
        if shrinker is None:
            return 0
        if not self.kernel.memcg_kmem_online and not shrinker.nonslab:
            await self.skip_kmem_off(cpu, unit, offset, shrinker)
            return 0
        sc = ShrinkControl(gfp, nid, memcg)
        freed = await self.do_shrink_slab(cpu, sc, shrinker, priority)
        if freed == SHRINK_EMPTY:
            freed = await self.clear_and_recheck(cpu, sc, shrinker, priority, unit, offset)
        await self.shrinker_put(cpu, shrinker)
        return freed

    async def shrinker_get(
        self, cpu: Cpu, unit: ShrinkerInfoUnit, offset: int, id_: int
    ) -> Shrinker | None:
        """Look an id up and take a reference, in one RCU section; where either fails, forget it."""
        cpu.rcu_read_lock()
        shrinker: Shrinker | None = await cpu.ask(self.kernel.shrinker_idr, IdrFind(id_))
        if shrinker is not None and not await self.shrinker_try_get(cpu, shrinker):
            shrinker = None
        if shrinker is None:
            await self.forget(cpu, unit, offset)
        cpu.rcu_read_unlock()
        return shrinker

    async def forget(self, cpu: Cpu, unit: ShrinkerInfoUnit, offset: int) -> None:
        """There is no such shrinker: clear the bit. Nobody looks again (L1, L2)."""
        await cpu.ask(unit, CLEAR_BIT[offset])

    async def skip_kmem_off(
        self, cpu: Cpu, unit: ShrinkerInfoUnit, offset: int, shrinker: Shrinker
    ) -> None:
        """As merged: go on, and keep the reference for ever (A1)."""

    async def clear_and_recheck(
        self, cpu: Cpu, sc: ShrinkControl, shrinker: Shrinker, priority: int,
        unit: ShrinkerInfoUnit, offset: int,
    ) -> int:  # fmt: skip
        """Clear the bit, then look again: an object may have come just before."""
        await cpu.ask(unit, CLEAR_BIT[offset])
        await self.mb_after_clear_bit(cpu)
        freed = await self.do_shrink_slab(cpu, sc, shrinker, priority)
        if freed == SHRINK_EMPTY:
            return 0
        await self.set_shrinker_bit(cpu, sc.memcg, sc.nid, shrinker.id)
        return freed

    # -- the global walk ---------------------------------------------------------------

    async def shrink_slab_global(self, cpu: Cpu, gfp: str, nid: int, priority: int) -> int:
        """Objects freed from all shrinkers; those that are memcg aware see the root."""
        freed = 0
        head = self.kernel.shrinker_list
        cpu.rcu_read_lock()
        shrinker: ListHead | Shrinker = await cpu.rcu_dereference(head, "next")
        while isinstance(shrinker, Shrinker):
            if await self.shrinker_try_get(cpu, shrinker):
                cpu.rcu_read_unlock()
                sc = ShrinkControl(gfp, nid, self.kernel.root_mem_cgroup)
                got = await self.do_shrink_slab(cpu, sc, shrinker, priority)
                freed += 0 if got == SHRINK_EMPTY else got
                await self.leave_shrinker(cpu, shrinker)
            shrinker = await cpu.rcu_dereference(shrinker, "next")
        cpu.rcu_read_unlock()
        return freed

    async def leave_shrinker(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Back into RCU *before* the put: it keeps ``shrinker`` and its successor in memory."""
        cpu.rcu_read_lock()
        await self.shrinker_put(cpu, shrinker)
