"""E2: the shrinker is registered before its owner is set up.

The second pattern of kernel.md 6.E (zswap's "fix shrinker NULL crash with cgroup_disable=memory",
682886ec69d2, met the same end by another way): from shrinker_register() on, callbacks run.

    driver comes                        walk
    shrinker_register(S)
                                        try_get(S), count_objects: cache->objects is NULL
    cache->objects = ...
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import RefcountRcuFixed
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.cache import Cache
from slabrace.scenarios.small import PREEMPTION

__all__ = ["E2_registered_too_early", "E2_registered_too_early_fixed"]


class Driver:
    """Set up, then register."""

    async def init(self, cpu: Cpu, cache: Cache) -> None:
        cpu.write_once(cache, "objects", 0)
        await self.register(cpu, cache)

    async def register(self, cpu: Cpu, cache: Cache) -> None:
        """shrinker_alloc() and shrinker_register()."""
        version = cpu.kernel.version
        shrinker = await version.shrinker_alloc(cpu, "S", cache)
        if shrinker is not None:
            await version.shrinker_register(cpu, shrinker)


class RegisterFirst(Driver):
    """The other order."""

    async def init(self, cpu: Cpu, cache: Cache) -> None:
        await self.register(cpu, cache)
        cpu.write_once(cache, "objects", 0)


def driver_comes_under_a_walk(world: World, driver: Driver) -> None:
    """A cache comes while all shrinkers are walked."""
    kernel = Kernel(world, RefcountRcuFixed)
    cache = Cache(kernel, objects=None)
    world.spawn(
        Script(kernel, lambda cpu: driver.init(cpu, cache)),
        SlabReclaimer(kernel, kernel.root_mem_cgroup),
    )


REACH = ("shrinker_registered", "shrinker_called")


@scenario(
    verdict=SOMETIMES, bug="E2", law="null_deref", runs=1500, delays=PREEMPTION,
    fixed="E2_registered_too_early_fixed", reach=REACH,
)  # fmt: skip
def E2_registered_too_early(world: World) -> None:
    """A walk calls into a cache that its driver has not set up yet."""
    driver_comes_under_a_walk(world, RegisterFirst())


@scenario(verdict=NEVER, runs=1500, delays=PREEMPTION, reach=REACH)
def E2_registered_too_early_fixed(world: World) -> None:
    """The same with the cache set up first."""
    driver_comes_under_a_walk(world, Driver())
