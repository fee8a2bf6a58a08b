"""drop_caches_vs_memcg_removal: the walk over all memcgs while memcgs go."""

from __future__ import annotations

from typing import Literal

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import object_of
from slabrace.actors.reclaim import drop_slab_node
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.tasks import DropCaches, MemcgRemover, Script
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version, at_least
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["drop_caches_vs_memcg_removal"]

REACH = ("memcg_freed", "shrinker_called", "mm_shrink_slab_end")


@scenario(verdict=NEVER, runs=200, delays=PREEMPTION, reach=REACH)
def drop_caches_vs_memcg_removal(
    world: World, *, version: Version = "refcount_rcu_fixed", children: int = 2,
    owner: Literal["all", "A"] = "all", once: bool = False,
) -> None:  # fmt: skip
    """drop_caches meets dying memcgs: the iterator's reference keeps each until it is left.

    All memcgs have an object, or only their parent A. ``once``: all memcgs are walked once, and not
    again for as long as enough is freed.
    """
    at_least(1, children=children)
    kernel, memcg, sb, _ = small(world, VERSIONS[version])
    doomed = [kernel.boot_memcg(f"C{number}", memcg) for number in range(children)]
    for child in doomed if owner == "all" else ():
        object_of(kernel, sb, child)

    async def walk_once(cpu: Cpu) -> None:
        await drop_slab_node(cpu, 0)

    world.spawn(
        Script(kernel, walk_once) if once else DropCaches(kernel), MemcgRemover(kernel, *doomed)
    )
