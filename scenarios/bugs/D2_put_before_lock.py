"""D2: the walk puts its reference before it is back in RCU.

Comment of the review of v1 and v2, step 3 of the walk.

    walk                                    free A
    shrinker_put(A)   1 -> 0, complete
                                            list_del_rcu(A), grace period, kfree(A)
    rcu_read_lock(); A.next: freed
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

__all__ = ["D2_put_before_lock", "D2_put_before_lock_fixed"]


class PutBeforeLock(RefcountRcu):
    """The two lines exchanged."""

    async def leave_shrinker(self, cpu: Cpu, shrinker: Shrinker) -> None:
        await self.shrinker_put(cpu, shrinker)
        cpu.rcu_read_lock()


def one_goes_under_a_walk(world: World, version: type[Version]) -> None:
    """A, which counts nothing, goes while the global walk runs it."""
    kernel = Kernel(world, version)
    shrinker = registered(kernel, "A", Cache(kernel))
    world.spawn(
        SlabReclaimer(kernel, kernel.root_mem_cgroup),
        Script(kernel, lambda cpu: kernel.version.shrinker_free(cpu, shrinker)),
    )


REACH = ("kfree kind=shrinker", "shrinker_called")


@scenario(
    verdict=SOMETIMES, bug="D2", law="use_after_free", runs=1500, delays=PREEMPTION,
    fixed="D2_put_before_lock_fixed", reach=REACH,
)  # fmt: skip
def D2_put_before_lock(world: World) -> None:
    """The walk reads the next pointer of a shrinker that was freed after its put."""
    one_goes_under_a_walk(world, PutBeforeLock)


@scenario(verdict=NEVER, runs=1500, delays=PREEMPTION, reach=REACH)
def D2_put_before_lock_fixed(world: World) -> None:
    """The same with rcu_read_lock() before the put."""
    one_goes_under_a_walk(world, RefcountRcu)
