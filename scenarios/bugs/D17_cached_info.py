"""D17: the info is kept across do_shrink_slab() instead of being loaded again for every unit.

The walk sleeps, an expansion replaces the info, a grace period passes, and the old one is freed.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import ReadUnit
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker_info import ShrinkerInfo, ShrinkerInfoUnit
from slabrace.actors.tasks import Mounter, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

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
    """A mount makes A's info expand while the walk runs S."""
    kernel, memcg, _, _ = small(world, version, mounts=2)
    world.spawn(SlabReclaimer(kernel, memcg), Mounter(kernel, "T"))


@scenario(
    verdict=SOMETIMES, bug="D17", law="use_after_free", runs=50, fixed="D17_cached_info_fixed"
)
def D17_cached_info(world: World) -> None:
    """The walk reads an info that was replaced and freed while it slept."""
    expansion_under_a_scan(world, CachedInfo)


@scenario(verdict=NEVER, runs=50)
def D17_cached_info_fixed(world: World) -> None:
    """The same with the info loaded again."""
    expansion_under_a_scan(world, RefcountRcu)
