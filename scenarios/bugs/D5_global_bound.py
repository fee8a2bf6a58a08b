"""D5: the walk is bounded by the global shrinker_nr_max instead of the info's own map_nr_max.

Kirill Tkhai in review of SRCU v1 (1cd0bd06093c and the patch after it). Without the lock an
expansion may be half done: the global says more than the info that the walk holds.

    walk of A                           expand
    info = old, 2 ids
                                        publish new, shrinker_nr_max = 4
    for each bit below 4 in old         out of bounds
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.flat_info import FlatShrinkerInfo
from slabrace.actors.shrink_slab import Srcu
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, expand, small

__all__ = ["D5_global_bound", "D5_global_bound_fixed"]


class GlobalBound(Srcu):
    """for_each_set_bit_from(i, info->map, shrinker_nr_max)."""

    async def next_id(self, cpu: Cpu, info: FlatShrinkerInfo, start: int) -> int:
        nr_max: int = await cpu.read_once(self.kernel.globals, "shrinker_nr_max")
        found = await super().next_id(cpu, info, start)
        if found < 0 and nr_max > info.map_nr_max:  # nothing in the map itself: on to the next word
            cpu.note("unit_out_of_range", cpu=cpu, info=info, index=info.map_nr_max)
        return found


def expansion_under_a_walk(world: World, version: type[Version]) -> None:
    """A, which has nothing to visit, is walked while its info is replaced."""
    kernel, memcg, _, _ = small(world, version, with_object=False)
    world.spawn(SlabReclaimer(kernel, memcg), Script(kernel, expand))


REACH = ("kfree kind=shrinker_info", "function name=shrink_slab")


@scenario(
    verdict=SOMETIMES, bug="D5", law="unit_index", runs=1000, delays=PREEMPTION,
    fixed="D5_global_bound_fixed", reach=REACH,
)  # fmt: skip
def D5_global_bound(world: World) -> None:
    """The walk looks for bits in the old info up to the new bound: out of bounds."""
    expansion_under_a_walk(world, GlobalBound)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def D5_global_bound_fixed(world: World) -> None:
    """The same with the info's own bound."""
    expansion_under_a_walk(world, Srcu)
