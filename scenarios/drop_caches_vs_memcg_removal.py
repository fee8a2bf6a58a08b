"""drop_caches_vs_memcg_removal: the walk over all memcgs while memcgs go."""

from __future__ import annotations

from slabrace.actors.initial import object_of
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.tasks import DropCaches, MemcgRemover
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version, at_least
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["drop_caches_vs_memcg_removal"]

REACH = ("memcg_freed", "shrinker_called", "mm_shrink_slab_end")


@scenario(verdict=NEVER, runs=200, delays=PREEMPTION, reach=REACH)
def drop_caches_vs_memcg_removal(
    world: World, *, version: Version = "refcount_rcu_fixed", children: int = 2
) -> None:
    """drop_caches meets dying memcgs: the iterator's reference keeps each until it is left."""
    at_least(1, children=children)
    kernel, memcg, sb, _ = small(world, VERSIONS[version])
    doomed = [kernel.boot_memcg(f"C{number}", memcg) for number in range(children)]
    for child in doomed:
        object_of(kernel, sb, child)
    world.spawn(DropCaches(kernel), MemcgRemover(kernel, *doomed))
