"""register_vs_reclaim: a shrinker appears while walks may find it half made."""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.superblock import cache_object, mount
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version, at_least
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["register_vs_reclaim"]

REACH = ("shrinker_registered", "shrinker_called", "function name=set_shrinker_bit")


@scenario(verdict=NEVER, runs=200, delays=PREEMPTION, reach=REACH)
def register_vs_reclaim(
    world: World, *, version: Version = "refcount_rcu_fixed", passes: int = 2,
    global_walks: int = 1, objects: int = 1,
) -> None:  # fmt: skip
    """A mount appears and caches an object while A and the root are reclaimed.

    Its callbacks must not run before it is registered, and its first object must be found. The
    object comes after the registration here; before it, the lockless walk may lose it (suspect L2).
    """
    at_least(1, passes=passes)
    at_least(0, global_walks=global_walks, objects=objects)
    kernel, memcg, _, _ = small(world, VERSIONS[version], mounts=2, with_object=objects > 0)

    async def mount_and_use(cpu: Cpu) -> None:
        sb = await mount(cpu, "T")
        if sb is not None:
            await cache_object(cpu, sb, memcg)

    world.spawn(
        Script(kernel, mount_and_use),
        SlabReclaimer(kernel, memcg, passes=passes),
        *(SlabReclaimer(kernel, kernel.root_mem_cgroup) for _ in range(global_walks)),
    )
