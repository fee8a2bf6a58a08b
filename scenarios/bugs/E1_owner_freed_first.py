"""E1: the owner is freed before its shrinker.

The first of the patterns by which a client breaks the shrinker's contract (kernel.md 6.E); binder's
"fix use-after-free in shrinker's callback", 3f489c2067c5 (CVE-2023-52438), is of its kind. The
shrinker is as right as can be: shrinker_free() waits for the last user, too late.

    walk                                driver goes
    try_get(S)
                                        kfree(cache)
    count_objects: cache is freed
                                        shrinker_free(S)
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import RefcountRcuFixed
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.cache import Cache

__all__ = ["E1_owner_freed_first", "E1_owner_freed_first_fixed"]


class Driver:
    """The order that the contract asks for."""

    async def exit(self, cpu: Cpu, cache: Cache, shrinker: Shrinker) -> None:
        await cpu.kernel.version.shrinker_free(cpu, shrinker)
        cpu.kfree(cache)


class CacheFirst(Driver):
    """The other one."""

    async def exit(self, cpu: Cpu, cache: Cache, shrinker: Shrinker) -> None:
        cpu.kfree(cache)
        await cpu.kernel.version.shrinker_free(cpu, shrinker)


def driver_goes_under_a_walk(world: World, driver: Driver) -> None:
    """A cache with one object goes while it is reclaimed."""
    kernel = Kernel(world, RefcountRcuFixed)
    cache = Cache(kernel, objects=1)
    shrinker = registered(kernel, "S", cache)
    world.spawn(
        SlabReclaimer(kernel, kernel.root_mem_cgroup),
        Script(kernel, lambda cpu: driver.exit(cpu, cache, shrinker)),
    )


REACH = ("kfree kind=cache", "shrinker_called", "shrinker_gone")


@scenario(
    verdict=SOMETIMES, bug="E1", law="use_after_free", runs=50, fixed="E1_owner_freed_first_fixed",
    reach=("kfree kind=cache", "shrinker_called"),
)  # fmt: skip
def E1_owner_freed_first(world: World) -> None:
    """A walk calls into a cache that its driver has freed."""
    driver_goes_under_a_walk(world, CacheFirst())


@scenario(verdict=NEVER, runs=50, reach=REACH)
def E1_owner_freed_first_fixed(world: World) -> None:
    """The same with shrinker_free() before kfree()."""
    driver_goes_under_a_walk(world, Driver())
