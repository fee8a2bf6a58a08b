"""offline_vs_reclaim: a memcg dies while it and its parent are reclaimed and an object is added."""

from __future__ import annotations

from typing import Literal

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import object_of
from slabrace.actors.reclaim import shrink_node_memcgs
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.tasks import MemcgRemover, Script, Toucher
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version, at_least
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["offline_vs_reclaim"]

REACH = (
    "memcg_freed", "shrinker_called", "function name=reparent_shrinker_deferred",
)  # fmt: skip


@scenario(verdict=NEVER, runs=200, delays=PREEMPTION, reach=REACH)
def offline_vs_reclaim(
    world: World, *, version: Version = "refcount_rcu_fixed", passes: int = 2, touches: int = 1,
    owner: Literal["A", "C"] = "C",
) -> None:  # fmt: skip
    """Rmdir of A/C, which holds objects, while A and below are reclaimed and C gets another object.

    What C had must end up on A's list with A's bit set; nothing of C may be touched once it is
    freed. With ``owner`` A the object is A's: then only the walks and the end of C are in each
    other's way.
    """
    at_least(1, passes=passes)
    at_least(0, touches=touches)
    kernel, memcg, sb, _ = small(world, VERSIONS[version], with_object=False)
    child = kernel.boot_memcg("C", memcg)
    object_of(kernel, sb, child if owner == "C" else memcg)
    child.usage = 1

    async def reclaim(cpu: Cpu) -> None:
        for _ in range(passes):
            await shrink_node_memcgs(cpu, memcg, 0, 0)

    world.spawn(
        MemcgRemover(kernel, child),
        Script(kernel, reclaim),
        *(Toucher(kernel, child, sb) for _ in range(touches)),
    )
