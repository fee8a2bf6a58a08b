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
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.cache import Cache
from slabrace.scenarios.small import PREEMPTION

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
    """Neighbours on the list go while the walk stands on the first; both count nothing."""
    kernel = Kernel(world, version)
    first, second = (registered(kernel, name, Cache(kernel, f"cache of {name}")) for name in "AB")
    world.spawn(
        SlabReclaimer(kernel, kernel.root_mem_cgroup),
        Script(kernel, lambda cpu: kernel.version.shrinker_free(cpu, first)),
        Script(kernel, lambda cpu: kernel.version.shrinker_free(cpu, second)),
    )


REACH = ("kfree kind=shrinker", "shrinker_called shrinker=A")


@scenario(
    verdict=SOMETIMES, bug="D1", law="use_after_free", runs=1000, delays=PREEMPTION,
    fixed="D1_unlink_before_wait_fixed", reach=REACH,
)  # fmt: skip
def D1_unlink_before_wait(world: World) -> None:
    """A walk follows the stale next pointer of an unlinked shrinker into freed memory."""
    two_go_under_a_walk(world, UnlinkFirst)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def D1_unlink_before_wait_fixed(world: World) -> None:
    """The same in the merged order: wait, then unlink."""
    two_go_under_a_walk(world, RefcountRcu)
