"""B4: without a test for "registered" a walk runs a shrinker whose owner is not ready.

A design bug found in the review of "Improve shrink_slab() scalability" v6 (2018): the id is visible
from the preallocation on, and an expansion sets the bit of every id.

    mount S                     mount T                          reclaim of A
    prealloc: id of S
                                prealloc: expand, 0xff: S's bit
                                                                 idr_find(S), do_shrink_slab(S)
    register S
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import RwsemFlat
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import Mounter, Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["B4_run_before_register", "B4_run_before_register_fixed"]


SETUP = 200_000
"""Nanoseconds between a shrinker's allocation and its registration."""


class AnyIdRuns(RwsemFlat):
    """No test of SHRINKER_REGISTERED."""

    async def may_run(self, cpu: Cpu, shrinker: Shrinker) -> bool:
        return True


def two_mounts_and_a_walk(world: World, version: type[Version]) -> None:
    """T takes the last id there is room for and sleeps; then U makes the maps expand."""
    kernel, memcg, _, _ = small(world, version, with_object=False)

    async def mount_slowly(cpu: Cpu) -> None:
        sb = kernel.new_superblock("T")
        shrinker = await kernel.version.shrinker_alloc(cpu, "sb-T", sb, memcg_aware=True)
        await cpu.sleep(SETUP)  # list_lru_init_memcg() and the rest of alloc_super()
        if shrinker is not None:
            await kernel.version.shrinker_register(cpu, shrinker)

    world.spawn(
        Script(kernel, mount_slowly), Mounter(kernel, "U"), SlabReclaimer(kernel, memcg, passes=30)
    )


@scenario(
    verdict=SOMETIMES, bug="B4", law="callback_lifetime", runs=50,
    fixed="B4_run_before_register_fixed",
)  # fmt: skip
def B4_run_before_register(world: World) -> None:
    """A walk finds the bit of a shrinker that is not registered yet, and runs it."""
    two_mounts_and_a_walk(world, AnyIdRuns)


@scenario(verdict=NEVER, runs=50)
def B4_run_before_register_fixed(world: World) -> None:
    """The same with the test for SHRINKER_REGISTERED."""
    two_mounts_and_a_walk(world, RwsemFlat)
