"""E3: an error path frees the owner and forgets its shrinker.

The third pattern of kernel.md 6.E; nfsd unregistered too little where its init failed
(bd86c69dae65). The shrinker stays on the list, with callbacks into memory, or a module, that is
gone.

    driver comes, and fails             walk
    shrinker_register(S)
    -ENOMEM: kfree(cache)
                                        try_get(S), count_objects: cache is freed
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

__all__ = ["E3_error_path_forgets", "E3_error_path_forgets_fixed"]


class Driver:
    """init() after its shrinker was registered: one more allocation, which may fail."""

    async def init(self, cpu: Cpu, cache: Cache, shrinker: Shrinker) -> None:
        more = cpu.kzalloc(lambda: Cache(cpu.kernel, "more"), "more")
        if more is None:
            await self.undo(cpu, shrinker)
            cpu.kfree(cache)
        cpu.kfree(more)  # the story ends here for those who got it

    async def undo(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """To the label that frees the shrinker."""
        await cpu.kernel.version.shrinker_free(cpu, shrinker)


class Forgetful(Driver):
    """To the label below it."""

    async def undo(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Nothing."""


def driver_fails_under_a_walk(world: World, driver: Driver) -> None:
    """A cache whose shrinker is registered fails to come up while all shrinkers are walked."""
    kernel = Kernel(world, RefcountRcuFixed, faults=1, failing="more")
    cache = Cache(kernel)
    shrinker = registered(kernel, "S", cache)
    world.spawn(
        Script(kernel, lambda cpu: driver.init(cpu, cache, shrinker)),
        SlabReclaimer(kernel, kernel.root_mem_cgroup),
    )


REACH = ("kmalloc_failed what=more", "kfree kind=cache", "shrinker_called")


@scenario(
    verdict=SOMETIMES, bug="E3", law="use_after_free", runs=50, fixed="E3_error_path_forgets_fixed",
    reach=REACH,
)  # fmt: skip
def E3_error_path_forgets(world: World) -> None:
    """A walk calls into the cache of a driver that failed to come up."""
    driver_fails_under_a_walk(world, Forgetful())


@scenario(verdict=NEVER, runs=50, reach=REACH)
def E3_error_path_forgets_fixed(world: World) -> None:
    """The same with shrinker_free() in the error path."""
    driver_fails_under_a_walk(world, Driver())
