"""D10: deferred counts are copied while a walk, which holds no lock, gives some back.

v4 44/48, and the reason for units (307bececcd12). The v6.4-rc1 walk has it as it was: a lost update
of nr_deferred, which only makes reclaim a little lazier and which nobody noticed.

    walk of A (GFP_NOFS)                expand
    info = old
                                        memcpy: old's count, 0
                                        publish new
    atomic_long_add(2, old)             2 objects are deferred to nowhere
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import RefcountRcu, Srcu
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, expand, small

__all__ = ["D10_lost_deferred", "D10_lost_deferred_fixed"]


def expansion_under_a_walk_that_defers(world: World, version: type[Version]) -> None:
    """A's object may not be scanned (GFP_NOFS), so the walk defers all of it."""
    kernel, memcg, _, _ = small(world, version)

    async def reclaim(cpu: Cpu) -> None:
        await kernel.version.shrink_slab(cpu, "GFP_NOFS", 0, memcg, 0)

    world.spawn(Script(kernel, reclaim), Script(kernel, expand))


REACH = ("nr_deferred_add", "kfree kind=shrinker_info")


@scenario(
    verdict=SOMETIMES, bug="D10", law="deferred_conservation", runs=1000, delays=PREEMPTION,
    fixed="D10_lost_deferred_fixed", reach=REACH,
)  # fmt: skip
def D10_lost_deferred(world: World) -> None:
    """What a walk defers is left in an info that was just replaced (v6.4-rc1, as it was)."""
    expansion_under_a_walk_that_defers(world, Srcu)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def D10_lost_deferred_fixed(world: World) -> None:
    """The same with counts in units, which old and new info share."""
    expansion_under_a_walk_that_defers(world, RefcountRcu)
