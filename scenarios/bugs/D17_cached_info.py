"""D17: the info is kept across do_shrink_slab() instead of being loaded again for every unit.

The walk sleeps, an expansion replaces the info, a grace period passes, and the old one is freed.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import registered, stale_bit
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import ReadUnit
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker_info import ShrinkerInfo, ShrinkerInfoUnit
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.cache import Cache
from slabrace.scenarios.small import PREEMPTION, UNIT_BITS, expand

__all__ = ["D17_cached_info", "D17_cached_info_fixed"]


class CachedInfo(RefcountRcu):
    """rcu_dereference() once, at the first unit."""

    cached: ShrinkerInfo

    async def next_unit(
        self, cpu: Cpu, memcg: Memcg, nid: int, index: int
    ) -> ShrinkerInfoUnit | None:
        cpu.rcu_read_lock()
        if index == 0:
            self.cached = await cpu.rcu_dereference(memcg.nodeinfo[nid], "shrinker_info")
        unit: ShrinkerInfoUnit | None = await cpu.ask(self.cached, ReadUnit(index))
        cpu.rcu_read_unlock()
        return unit


def expansion_under_a_scan(world: World, version: type[Version]) -> None:
    """A's info is replaced while the walk runs S, which counts nothing."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS)
    memcg = kernel.boot_memcg("A")
    shrinker = registered(kernel, "S", Cache(kernel), memcg_aware=True)
    stale_bit(kernel, memcg, shrinker.id)
    world.spawn(SlabReclaimer(kernel, memcg), Script(kernel, expand))


REACH = ("kfree kind=shrinker_info", "shrinker_called")


@scenario(
    verdict=SOMETIMES, bug="D17", law="use_after_free", runs=500, delays=PREEMPTION,
    fixed="D17_cached_info_fixed", reach=REACH,
)  # fmt: skip
def D17_cached_info(world: World) -> None:
    """The walk reads an info that was replaced and freed while it slept."""
    expansion_under_a_scan(world, CachedInfo)


@scenario(verdict=NEVER, runs=500, delays=PREEMPTION, reach=REACH)
def D17_cached_info_fixed(world: World) -> None:
    """The same with the info loaded again."""
    expansion_under_a_scan(world, RefcountRcu)
