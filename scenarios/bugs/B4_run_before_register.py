"""B4: without a test for "registered" a walk runs a shrinker whose owner is not ready.

A design bug found in the review of "Improve shrink_slab() scalability" v6 (2018): the id is visible
from the preallocation on, and an expansion sets the bit of every id.

    mount T                     prealloc U                       reclaim of A
    prealloc: id of T
                                expand, 0xff: T's bit
                                                                 idr_find(T), do_shrink_slab(T)
    register T

The walk and the other preallocation run on one CPU here: nothing depends on them being two.
"""

from __future__ import annotations

from slabrace.actors.boot import Answers
from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import preallocated
from slabrace.actors.object import KernelObject
from slabrace.actors.shrink_slab import RwsemFlat
from slabrace.actors.superblock import get_tree
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["B4_run_before_register", "B4_run_before_register_fixed"]


class AnyIdRuns(RwsemFlat):
    """No test of SHRINKER_REGISTERED."""

    async def may_run(self, cpu: Cpu, shrinker: KernelObject) -> bool:
        return True


def mount_under_an_expansion(world: World, version: type[Version]) -> None:
    """T has the last id there is room for, and is not registered yet when U makes maps expand."""
    kernel, memcg, _, _ = small(world, version, with_object=False)
    sb, _ = preallocated(kernel, "T")

    async def mount(cpu: Cpu) -> None:
        await get_tree(cpu, sb)

    async def expand(cpu: Cpu) -> None:
        await kernel.version.shrinker_alloc(cpu, "U", Answers(0), memcg_aware=True)

    async def reclaim(cpu: Cpu) -> None:
        await kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, memcg, 0)

    world.spawn(Script(kernel, mount), Script(kernel, expand, reclaim))


REACH = ("shrinker_info_published", "shrinker_registered", "function name=shrink_slab")


@scenario(
    verdict=SOMETIMES, bug="B4", law="callback_lifetime", runs=1500, delays=PREEMPTION,
    fixed="B4_run_before_register_fixed", reach=REACH,
)  # fmt: skip
def B4_run_before_register(world: World) -> None:
    """A walk finds the bit of a shrinker that is not registered yet, and runs it."""
    mount_under_an_expansion(world, AnyIdRuns)


@scenario(verdict=NEVER, runs=1500, delays=PREEMPTION, reach=(*REACH, "shrinker_called"))
def B4_run_before_register_fixed(world: World) -> None:
    """The same with the test for SHRINKER_REGISTERED."""
    mount_under_an_expansion(world, RwsemFlat)
