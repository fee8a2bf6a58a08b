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
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_iter import css_put
from slabrace.actors.memcg_life import MemcgLife
from slabrace.actors.messages import PercpuRefKill
from slabrace.actors.reclaim import shrink_node_memcgs
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcuFixed
from slabrace.actors.tasks import MemcgCreator, Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version as VersionName
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["N1_failed_mkdir", "N1_failed_mkdir_last_put"]

RUNS = 2000
REACH = ("kmalloc_failed", "function name=mem_cgroup_iter")


class LastPutFrees(MemcgLife):
    """A candidate fix: the css is killed, and whoever puts it last unlinks and frees it."""

    async def css_create_failed(self, cpu: Cpu, memcg: Memcg, parent: Memcg) -> None:
        await cpu.ask(memcg, PercpuRefKill())
        await css_put(cpu, memcg)


def mkdir_beside_reclaim(world: World, version: type[Version], lives: type[MemcgLife]) -> None:
    """A mkdir of A/B, in which an allocation may fail, and one pass of reclaim over A and below."""
    kernel, memcg, _, _ = small(
        world, version, with_object=False, lives=lives, faults=1, failing="shrinker_info*"
    )

    async def reclaim(cpu: Cpu) -> None:
        await shrink_node_memcgs(cpu, memcg, 0, 12)

    world.spawn(MemcgCreator(kernel, memcg, "B"), Script(kernel, reclaim))


@scenario(
    verdict=SOMETIMES, kind="suspect", bug="N1", law="use_after_free", runs=RUNS,
    delays=PREEMPTION, fixed="N1_failed_mkdir_last_put", reach=REACH,
)  # fmt: skip
def N1_failed_mkdir(world: World, *, version: VersionName = "refcount_rcu_fixed") -> None:
    """A failing mkdir frees a memcg while an iterator holds a reference on it."""
    mkdir_beside_reclaim(world, VERSIONS[version], MemcgLife)


@scenario(verdict=NEVER, runs=RUNS, delays=PREEMPTION, reach=REACH)
def N1_failed_mkdir_last_put(world: World) -> None:
    """The same where the last reference frees it."""
    mkdir_beside_reclaim(world, RefcountRcuFixed, LastPutFrees)
