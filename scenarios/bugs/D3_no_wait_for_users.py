"""D3: shrinker_free() does not wait for the users; the last put would free the shrinker.

Review of v2 44/47. The shrinker survives, its owner does not: a superblock, or any cache, is
freed as soon as shrinker_free() returns, under the hands of a running scan.
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

__all__ = ["D3_no_wait_for_users", "D3_no_wait_for_users_fixed"]


class NoWait(RefcountRcu):
    """No wait_for_completion()."""

    async def wait_for_users(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Go on at once."""


def owner_goes_under_a_scan(world: World, version: type[Version]) -> None:
    """A cache with one object goes, in the right order, while it is counted and scanned."""
    kernel = Kernel(world, version)
    cache = Cache(kernel, objects=1)
    shrinker = registered(kernel, "S", cache)

    async def go(cpu: Cpu) -> None:
        await kernel.version.shrinker_free(cpu, shrinker)
        cpu.kfree(cache)

    world.spawn(SlabReclaimer(kernel, kernel.root_mem_cgroup), Script(kernel, go))


REACH = ("kfree kind=cache", "shrinker_called")


@scenario(
    verdict=SOMETIMES, bug="D3", law=("use_after_free", "callback_lifetime"), runs=300,
    fixed="D3_no_wait_for_users_fixed", reach=REACH,
)  # fmt: skip
def D3_no_wait_for_users(world: World) -> None:
    """The owner is freed while its callbacks run."""
    owner_goes_under_a_scan(world, NoWait)


@scenario(verdict=NEVER, runs=300, reach=REACH)
def D3_no_wait_for_users_fixed(world: World) -> None:
    """The same with the wait."""
    owner_goes_under_a_scan(world, RefcountRcu)
