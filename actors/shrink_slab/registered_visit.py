"""RegisteredVisit: how a walk visits one id where no refcount says whether it may.

The id leads to a shrinker that may not be registered yet, or not any more: a flag tells. What keeps
its memory meanwhile is the walk's business: shrinker_rwsem, or a section of an SRCU domain.

Source: mm/vmscan.c:shrink_slab_memcg() (v6.1, v6.4-rc1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.arithmetic import SHRINK_EMPTY
from slabrace.actors.messages import ClearBit, IdrFind
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.actors.shrinker_info import CLEAR_BIT
from slabrace.actors.version import Version

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.memcg import Memcg
    from slabrace.actors.object import KernelObject
    from slabrace.actors.shrinker_info import Bits

__all__ = ["RegisteredVisit"]


class RegisteredVisit(Version):
    """Look an id up, test SHRINKER_REGISTERED, run it, and look again before its bit goes."""

    async def visit(
        self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int,
        bits: Bits, bit: int, id_: int,
    ) -> int:  # fmt: skip
        """Visit one shrinker; objects freed. One that is not registered yet keeps its bit."""
        shrinker: Shrinker | None = await cpu.ask(self.kernel.shrinker_idr, IdrFind(id_))
        if shrinker is None:
            await cpu.ask(bits, clear_bit(bit))
            return 0
        if not await self.may_run(cpu, shrinker):
            return 0
        if not self.kernel.memcg_kmem_online and not shrinker.nonslab:
            return 0
        sc = ShrinkControl(gfp, nid, memcg)
        freed = await self.do_shrink_slab(cpu, sc, shrinker, priority)
        if freed == SHRINK_EMPTY:
            await cpu.ask(bits, clear_bit(bit))
            await self.mb_after_clear_bit(cpu)
            freed = await self.do_shrink_slab(cpu, sc, shrinker, priority)
            if freed == SHRINK_EMPTY:
                return 0
            await self.set_shrinker_bit(cpu, memcg, nid, id_)
        return freed

    async def may_run(self, cpu: Cpu, shrinker: KernelObject) -> bool:
        """SHRINKER_REGISTERED: an id is visible before its owner is ready."""
        registered: bool = await cpu.read_once(shrinker, "registered")
        return registered


def clear_bit(bit: int) -> ClearBit:
    """The message; small ones are made once."""
    return CLEAR_BIT[bit] if bit < len(CLEAR_BIT) else ClearBit(bit)
