"""mount_vs_umount: shrinkers come and go at once, the list is walked, ids are used again."""

from __future__ import annotations

from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.tasks import Mounter, SlabReclaimer, Umounter
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version, at_least
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["mount_vs_umount"]

REACH = ("shrinker_registered", "shrinker_gone", "shrinker_called")


@scenario(verdict=NEVER, runs=200, delays=PREEMPTION, reach=REACH)
def mount_vs_umount(
    world: World, *, version: Version = "refcount_rcu_fixed", mounts: int = 2, passes: int = 2
) -> None:
    """S is unmounted, others are mounted, and the root is reclaimed, all at once.

    The list must stay whole and no walk may step off it. No memcg has a bit here: an id that is
    used again under a memcg walk is suspect L1.
    """
    at_least(1, mounts=mounts, passes=passes)
    kernel, _, sb, _ = small(world, VERSIONS[version], mounts=2, with_object=False)
    world.spawn(
        Umounter(kernel, sb),
        Mounter(kernel, *(f"T{number}" for number in range(mounts))),
        SlabReclaimer(kernel, kernel.root_mem_cgroup, passes=passes),
    )
