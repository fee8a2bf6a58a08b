"""D12: the new info is published before its units are allocated.

An alternative that was proposed in review (Chen Ridong); Muchun Song: it has to be initialised in
full first.

    expand                              walk of A
    publish new, 4 ids, one unit
                                        info = new, unit[1] is in range: NULL, and is followed
    unit[1] = kzalloc()
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.memcg import MemcgPerNode
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker_info import ShrinkerInfo, ShrinkerInfoUnit
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, expand, small

__all__ = ["D12_published_too_early", "D12_published_too_early_fixed"]


class UnitsLater(RefcountRcu):
    """rcu_assign_pointer(), then the units."""

    async def complete_and_publish(
        self, cpu: Cpu, pernode: MemcgPerNode, new: ShrinkerInfo, old: ShrinkerInfo
    ) -> bool:
        self.publish_info(cpu, pernode, new)
        units = list(new.unit)
        for index in range(len(old.unit), len(units)):
            unit = cpu.kernel.allocate_always(cpu, ShrinkerInfoUnit(pernode, index))
            units[index] = unit
        cpu.write_once(new, "unit", units)
        return True


def expansion_under_a_walk(world: World, version: type[Version]) -> None:
    """A, which has nothing to visit, is walked while its info is replaced."""
    kernel, memcg, _, _ = small(world, version, with_object=False)
    world.spawn(SlabReclaimer(kernel, memcg), Script(kernel, expand))


REACH = ("shrinker_info_published", "function name=shrink_slab")


@scenario(
    verdict=SOMETIMES, bug="D12", law="null_deref", runs=1000, delays=PREEMPTION,
    fixed="D12_published_too_early_fixed", reach=REACH,
)  # fmt: skip
def D12_published_too_early(world: World) -> None:
    """A walk follows a pointer to a unit that is not there yet."""
    expansion_under_a_walk(world, UnitsLater)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def D12_published_too_early_fixed(world: World) -> None:
    """The same with the info complete before anybody sees it."""
    expansion_under_a_walk(world, RefcountRcu)
