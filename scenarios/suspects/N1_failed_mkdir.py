"""N1: a memcg whose onlining fails is freed under whoever reached it through the iterator.

Found by this model in the search for A2; not in kernel.md, and no upstream confirmation. The
unwinding of css_create() (kernel/cgroup/cgroup.c, v6.7: err_list_del) unlinks the css and frees it
after a grace period, without regard to references that css_tryget() gave away since it was linked.

    mkdir A/B                                 reclaim from A
    css linked below A
                                              mem_cgroup_iter: css_tryget(B), leaves RCU
    css_online: -ENOMEM
    list_del_rcu(B), grace period, free
                                              shrink_slab(B): freed
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.reclaim import shrink_node_memcgs
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.tasks import MemcgCreator, Script
from slabrace.runtime.scenario import SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["N1_failed_mkdir"]


@scenario(
    verdict=SOMETIMES, kind="suspect", law="use_after_free", runs=2000, delays=PREEMPTION,
    reach=("kmalloc_failed", "function name=mem_cgroup_iter"),
)  # fmt: skip
def N1_failed_mkdir(world: World, *, version: Version = "refcount_rcu_fixed") -> None:
    """A failing mkdir frees a memcg while an iterator holds a reference on it."""
    kernel, memcg, _, _ = small(world, VERSIONS[version], faults=1, failing="shrinker_info*")

    async def reclaim(cpu: Cpu) -> None:
        for _ in range(3):
            await shrink_node_memcgs(cpu, memcg, 0, 12)

    world.spawn(MemcgCreator(kernel, memcg, "B"), Script(kernel, reclaim))
