"""D14: the second do_shrink_slab() after clear_bit() is left out.

reclaim of A                            list_lru_add
count: EMPTY
                                        0 -> 1, set_bit: was set already
clear_bit
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import lists_of, set_bit
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.actors.shrinker_info import CLEAR_BIT, ShrinkerInfoUnit
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["D14_no_recheck", "D14_no_recheck_fixed"]


class NoRecheck(RefcountRcu):
    """Clear the bit and trust the count."""

    async def clear_and_recheck(
        self, cpu: Cpu, sc: ShrinkControl, shrinker: Shrinker, priority: int,
        unit: ShrinkerInfoUnit, offset: int,
    ) -> int:  # fmt: skip
        await cpu.ask(unit, CLEAR_BIT[offset])
        return 0


def object_comes_under_a_walk(world: World, version: type[Version]) -> None:
    """A has the bit of S and lists with nothing on them, until an object comes."""
    kernel, memcg, sb, _ = small(world, version, with_object=False)
    set_bit(kernel, sb, memcg)
    lists_of(kernel, sb, memcg)
    item = kernel.new_item(memcg, 0)
    world.spawn(
        SlabReclaimer(kernel, memcg),
        Script(kernel, lambda cpu: kernel.list_lrus.list_lru_add(cpu, sb.inode_lru, item)),
    )


REACH = ("shrinker_called", "function name=set_shrinker_bit")


@scenario(
    verdict=SOMETIMES, bug="D14", law="lost_bit", runs=1500, delays=PREEMPTION,
    fixed="D14_no_recheck_fixed", reach=REACH,
)  # fmt: skip
def D14_no_recheck(world: World) -> None:
    """An object that comes between count and clear_bit loses its bit."""
    object_comes_under_a_walk(world, NoRecheck)


@scenario(verdict=NEVER, runs=1500, delays=PREEMPTION, reach=REACH)
def D14_no_recheck_fixed(world: World) -> None:
    """The same with the second look."""
    object_comes_under_a_walk(world, RefcountRcu)
