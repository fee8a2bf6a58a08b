"""D15: rcu_read_lock() is held across do_shrink_slab(), which may sleep.

The reason for the refcount: RCU alone cannot protect a shrinker that is being run. One CPU is
enough.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.actors.tasks import SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.cache import Cache

__all__ = ["D15_rcu_across_scan", "D15_rcu_across_scan_fixed"]


class RcuAcrossScan(RefcountRcu):
    """One section around the callbacks."""

    async def do_shrink_slab(
        self, cpu: Cpu, sc: ShrinkControl, shrinker: Shrinker, priority: int
    ) -> int:
        cpu.rcu_read_lock()
        freed = await super().do_shrink_slab(cpu, sc, shrinker, priority)
        cpu.rcu_read_unlock()
        return freed


def one_walk(world: World, version: type[Version]) -> None:
    """One shrinker, which counts nothing, is walked."""
    kernel = Kernel(world, version)
    registered(kernel, "S", Cache(kernel))
    world.spawn(SlabReclaimer(kernel, kernel.root_mem_cgroup))


@scenario(verdict=ALWAYS, bug="D15", law="sleep_in_atomic", fixed="D15_rcu_across_scan_fixed")
def D15_rcu_across_scan(world: World) -> None:
    """Callbacks that may sleep run inside a read-side section."""
    one_walk(world, RcuAcrossScan)


@scenario(verdict=NEVER, reach="shrinker_called")
def D15_rcu_across_scan_fixed(world: World) -> None:
    """The same with the refcount alone."""
    one_walk(world, RefcountRcu)
