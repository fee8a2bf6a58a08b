"""B2: a shrinker that is not memcg aware takes the idr slot 0 of another one.

"mm: Check shrinker is memcg-aware in register_shrinker_prepared()", fixes 7e010df53c80 (v4.19),
syzbot d5f648a1bfe15678786b. Registration lets the id lead to the shrinker, and the id of one that
asked for none is what zeroed memory says: 0, which belongs to S.

    a driver                                reclaim of A
    register T, id 0: idr_replace(0, T)
    unregister T, kfree(T)
                                            S's bit: idr_find(0) is T, freed; S is never called

One thread is enough.
"""

from __future__ import annotations

from slabrace.actors.boot import Answers
from slabrace.actors.cpu import Cpu
from slabrace.actors.messages import IdrReplace
from slabrace.actors.shrink_slab import RwsemMap
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["B2_wrong_idr_slot", "B2_wrong_idr_slot_fixed"]


class AnyoneHasAnId(RwsemMap):
    """idr_replace() without a look at SHRINKER_MEMCG_AWARE."""

    async def publish_id(self, cpu: Cpu, shrinker: Shrinker) -> None:
        id_ = max(shrinker.id, 0)  # zeroed memory; the model says -1 for "none"
        await cpu.ask(self.kernel.shrinker_idr, IdrReplace(id_, shrinker))


def driver_comes_and_goes(world: World, version: type[Version]) -> None:
    """T is registered and unregistered, then A is reclaimed, which has an object of S."""
    kernel, memcg, _, _ = small(world, version)

    async def use_a_driver(cpu: Cpu) -> None:
        shrinker = await kernel.version.shrinker_alloc(cpu, "T", Answers(0))
        if shrinker is not None:
            await kernel.version.shrinker_register(cpu, shrinker)
            await kernel.version.shrinker_free(cpu, shrinker)
            cpu.kfree(shrinker)

    async def reclaim(cpu: Cpu) -> None:
        await kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, memcg, 0)

    world.spawn(Script(kernel, use_a_driver, reclaim))


@scenario(
    verdict=ALWAYS, bug="B2", law="use_after_free", fixed="B2_wrong_idr_slot_fixed",
    reach=("kfree kind=shrinker", "function name=shrink_slab"),
)  # fmt: skip
def B2_wrong_idr_slot(world: World) -> None:
    """The id of S leads to a driver's shrinker that was freed (v4.19-rc)."""
    driver_comes_and_goes(world, AnyoneHasAnId)


@scenario(verdict=NEVER, reach=("kfree kind=shrinker", "mm_shrink_slab_end retval=1"))
def B2_wrong_idr_slot_fixed(world: World) -> None:
    """The same with the test for SHRINKER_MEMCG_AWARE."""
    driver_comes_and_goes(world, RwsemMap)
