"""D3: shrinker_free() does not wait for the users; the last put would free the shrinker.

Review of v2 44/47. The shrinker survives, its owner does not: the superblock is freed as soon as
shrinker_free() returns, under the hands of a running scan.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import SlabReclaimer, Umounter
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["D3_no_wait_for_users", "D3_no_wait_for_users_fixed"]


class NoWait(RefcountRcu):
    """No wait_for_completion()."""

    async def wait_for_users(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Go on at once."""


def owner_goes_under_a_scan(world: World, version: type[Version]) -> None:
    """S is unmounted while A's objects in it are counted and scanned."""
    kernel, memcg, sb, _ = small(world, version)
    world.spawn(SlabReclaimer(kernel, memcg), Umounter(kernel, sb))


@scenario(
    verdict=SOMETIMES, bug="D3", law=("use_after_free", "callback_lifetime"), runs=100,
    fixed="D3_no_wait_for_users_fixed",
)  # fmt: skip
def D3_no_wait_for_users(world: World) -> None:
    """The superblock is freed while its scan_objects() runs."""
    owner_goes_under_a_scan(world, NoWait)


@scenario(verdict=NEVER, runs=100)
def D3_no_wait_for_users_fixed(world: World) -> None:
    """The same with the wait."""
    owner_goes_under_a_scan(world, RefcountRcu)
