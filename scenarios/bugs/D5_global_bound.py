"""D5: the walk is bounded by the global shrinker_nr_max instead of the info's own map_nr_max.

Review of SRCU v1. Without the lock an expansion may be half done: the global says more than the
info that the walk holds.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker_info import ShrinkerInfo, ShrinkerInfoUnit
from slabrace.actors.tasks import Mounter, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["D5_global_bound", "D5_global_bound_fixed"]


class GlobalBound(RefcountRcu):
    """``index < shrinker_nr_max / SHRINKER_UNIT_BITS``, whatever info is at hand."""

    async def next_unit(
        self, cpu: Cpu, memcg: Memcg, nid: int, index: int
    ) -> ShrinkerInfoUnit | None:
        cpu.rcu_read_lock()
        info: ShrinkerInfo = await cpu.rcu_dereference(memcg.nodeinfo[nid], "shrinker_info")
        nr_max: int = await cpu.read_once(self.kernel.globals, "shrinker_nr_max")
        unit = None
        if index < nr_max // self.kernel.unit_bits:
            unit = await self.unit_of(cpu, info, index)
        cpu.rcu_read_unlock()
        return unit


def expansion_under_a_walk(world: World, version: type[Version]) -> None:
    """A is walked while a mount makes its info expand."""
    kernel, memcg, _, _ = small(world, version, mounts=2, with_object=False)
    world.spawn(SlabReclaimer(kernel, memcg, passes=6), Mounter(kernel, "T"))


@scenario(
    verdict=SOMETIMES,
    bug="D5",
    law="unit_index",
    runs=300,
    delays=PREEMPTION,
    fixed="D5_global_bound_fixed",
)
def D5_global_bound(world: World) -> None:
    """The walk indexes the old info with the new bound: out of bounds."""
    expansion_under_a_walk(world, GlobalBound)


@scenario(verdict=NEVER, runs=300, delays=PREEMPTION)
def D5_global_bound_fixed(world: World) -> None:
    """The same with the info's own bound."""
    expansion_under_a_walk(world, RefcountRcu)
