"""rwsem_flat: the walk under shrinker_rwsem over one long map, v5.13 to v6.6.

This is linux-6.1 of the recordings, and the base of the published "before" profile. Nothing here is
freed while a walk runs, because every writer waits for all readers; that is the whole safety
argument and the whole cost.

Source: mm/vmscan.c:shrink_slab_memcg(), shrink_slab(), v6.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.arithmetic import SHRINK_EMPTY
from slabrace.actors.flat_info import FlatInfo, FlatShrinkerInfo
from slabrace.actors.messages import FindNextBit
from slabrace.actors.shrink_slab.locked_walk import LockedMemcgWalk
from slabrace.actors.shrinker import ListHead, ShrinkControl, Shrinker
from slabrace.actors.shrinker_life import RwsemLife

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.memcg import Memcg

__all__ = ["RwsemFlat"]


class RwsemFlat(LockedMemcgWalk, FlatInfo, RwsemLife):
    """v5.13 to v6.6."""

    name = "rwsem_flat"

    async def walk_bits(self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int) -> int:
        """All set bits of the map."""
        info: FlatShrinkerInfo | None = await cpu.rcu_dereference_protected(
            memcg.nodeinfo[nid], "shrinker_info", self.lock
        )
        if info is None:
            return 0
        freed = 0
        id_: int = await cpu.ask(info, FindNextBit(0))
        while id_ >= 0:
            freed += await self.visit(cpu, gfp, nid, memcg, priority, info, id_, id_)
            if await self.contended(cpu):
                return freed or 1
            id_ = await cpu.ask(info, FindNextBit(id_ + 1))
        return freed

    async def shrink_slab_global(self, cpu: Cpu, gfp: str, nid: int, priority: int) -> int:
        """All shrinkers under the lock; left as soon as a writer waits."""
        if not await self.down_read_trylock(cpu):
            return 0
        freed = 0
        shrinker: ListHead | Shrinker = await cpu.read_once(self.kernel.shrinker_list, "next")
        while isinstance(shrinker, Shrinker):
            sc = ShrinkControl(gfp, nid, self.kernel.root_mem_cgroup)
            got = await self.do_shrink_slab(cpu, sc, shrinker, priority)
            freed += 0 if got == SHRINK_EMPTY else got
            if await self.contended(cpu):
                freed = freed or 1
                break
            shrinker = await cpu.read_once(shrinker, "next")
        cpu.up_read(self.kernel.shrinker_rwsem)
        return freed
