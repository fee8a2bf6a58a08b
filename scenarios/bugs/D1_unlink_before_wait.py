"""D1: the shrinker is unlinked before its users are waited for.

Asked by Lai Jiangshan (December 2023) and Alan Huang and Vlastimil Babka (June 2023) in review.

    walk                        free A                      free B
    try_get(A), leaves RCU
                                list_del_rcu(A)
                                                            list_del_rcu(B), grace period, kfree(B)
    rcu_read_lock(); A.next is still B: freed
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import SlabReclaimer, Umounter
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["D1_unlink_before_wait", "D1_unlink_before_wait_fixed"]


class UnlinkFirst(RefcountRcu):
    """Off the list, and only then the wait for the last user."""

    async def shrinker_free(self, cpu: Cpu, shrinker: Shrinker) -> None:
        cpu.ftrace("shrinker_free")
        await self.shrinker_unlink(cpu, shrinker)
        await self.shrinker_put(cpu, shrinker)
        await self.wait_for_users(cpu, shrinker)
        cpu.note("shrinker_gone", shrinker=shrinker)
        self.free_shrinker_memory(cpu, shrinker)


def two_go_under_a_walk(world: World, version: type[Version]) -> None:
    """Neighbours on the list go while the walk stands on the first."""
    kernel, _, sb, _ = small(world, version, with_object=False)
    other = mounted(kernel, "T")
    world.spawn(
        SlabReclaimer(kernel, kernel.root_mem_cgroup), Umounter(kernel, sb), Umounter(kernel, other)
    )


@scenario(
    verdict=SOMETIMES,
    bug="D1",
    law="use_after_free",
    runs=500,
    delays=PREEMPTION,
    fixed="D1_unlink_before_wait_fixed",
)
def D1_unlink_before_wait(world: World) -> None:
    """A walk follows the stale next pointer of an unlinked shrinker into freed memory."""
    two_go_under_a_walk(world, UnlinkFirst)


@scenario(verdict=NEVER, runs=500, delays=PREEMPTION)
def D1_unlink_before_wait_fixed(world: World) -> None:
    """The same in the merged order: wait, then unlink."""
    two_go_under_a_walk(world, RefcountRcu)
