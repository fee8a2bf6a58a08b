"""rwsem: units, still under the lock: the state right before the memcg walk went lockless.

The left side of 50d09da8e119: the memcg walk takes shrinker_rwsem with a trylock and gives up if it
cannot, or as soon as a writer waits. Two-level info (307bececcd12) and the lockless global walk
(ca1d36b82394) were already in; so were shrinker_try_get() and the wait in shrinker_free().

Source: mm/shrinker.c:shrink_slab_memcg(), the parent of 50d09da8e119.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.messages import FindNextBit
from slabrace.actors.shrink_slab.locked_walk import LockedMemcgWalk
from slabrace.actors.shrink_slab.refcount_rcu import RefcountRcu
from slabrace.actors.shrinker_info import FIND_FIRST_BIT, ShrinkerInfo, ShrinkerInfoUnit

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.memcg import Memcg

__all__ = ["Rwsem"]


class Rwsem(LockedMemcgWalk, RefcountRcu):
    """The parent of the patch: shrinker_rwsem around a walk over units."""

    name = "rwsem"
    memcg_full_walk = False

    async def walk_bits(self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int) -> int:
        """All units of one info: the lock keeps it from being replaced."""
        freed = 0
        info: ShrinkerInfo | None = await cpu.rcu_dereference_protected(
            memcg.nodeinfo[nid], "shrinker_info", self.lock
        )
        if info is None:
            return 0
        units: list[ShrinkerInfoUnit] = await cpu.read_once(info, "unit")
        for index, unit in enumerate(units):
            offset: int = await cpu.ask(unit, FIND_FIRST_BIT)
            while offset >= 0:
                id_ = index * self.kernel.unit_bits + offset
                freed += await self.visit(cpu, gfp, nid, memcg, priority, unit, offset, id_)
                if await self.contended(cpu):
                    return freed or 1
                offset = await cpu.ask(unit, FindNextBit(offset + 1))
        return freed
