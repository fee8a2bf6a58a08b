"""L2: an object that is cached before its shrinker is registered loses its bit.

kernel.md 6.F, an inference by reading: no upstream confirmation. The old walk kept the bit of a
shrinker that was found but not registered; the lockless one cannot tell it from one that is going
away.

    mount T                               reclaim of A
    shrinker_alloc, object cached: set_bit
                                          idr_find(id), try_get fails: refcount is 0
    shrinker_register
                                          clear_bit(id)
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.superblock import SuperBlock, cache_object
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.runtime.scenario import SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["L2_object_before_register"]


@scenario(verdict=SOMETIMES, kind="suspect", bug="L2", law="lost_bit", runs=500, delays=PREEMPTION)
def L2_object_before_register(world: World, *, version: Version = "refcount_rcu_fixed") -> None:
    """The owner caches an object between shrinker_alloc() and shrinker_register()."""
    kernel, memcg, _, _ = small(world, VERSIONS[version], with_object=False)
    sb: SuperBlock = kernel.new_superblock("T")

    async def cache_first(cpu: Cpu) -> None:
        shrinker = await kernel.version.shrinker_alloc(
            cpu, "sb-T", sb, memcg_aware=True, numa_aware=True
        )
        if shrinker is None:
            return
        sb.s_shrink = sb.inode_lru.shrinker = shrinker
        sb.embedded = shrinker if kernel.version.embedded_shrinker else None
        sb.sb_born = True
        kernel.superblocks[sb] = None
        kernel.list_lrus.lrus[sb.inode_lru] = None
        await cache_object(cpu, sb, memcg)
        await kernel.version.shrinker_register(cpu, shrinker)

    world.spawn(Script(kernel, cache_first), SlabReclaimer(kernel, memcg, passes=2))
