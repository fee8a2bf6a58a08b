"""free_vs_reclaim: a shrinker goes while a memcg walk and a global walk may run it."""

from __future__ import annotations

from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.tasks import SlabReclaimer, Umounter
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version, at_least
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["free_vs_reclaim"]

REACH = ("shrinker_gone", "shrinker_called", "super_block_gone")


@scenario(verdict=NEVER, runs=200, delays=PREEMPTION, reach=REACH)
def free_vs_reclaim(
    world: World, *, version: Version = "refcount_rcu_fixed", global_walks: int = 1
) -> None:
    """Umount of S, whose object A holds, while A and the root are reclaimed.

    shrinker_free() must wait for running callbacks, and the walks must not step on freed memory.
    """
    at_least(0, global_walks=global_walks)
    kernel, memcg, sb, _ = small(world, VERSIONS[version], mounts=2)
    world.spawn(
        Umounter(kernel, sb),
        SlabReclaimer(kernel, memcg),
        *(SlabReclaimer(kernel, kernel.root_mem_cgroup) for _ in range(global_walks)),
    )
