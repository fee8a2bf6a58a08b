"""E4: shrinker_free() under a lock that the scan waits for.

The fourth pattern of kernel.md 6.E. No lock is taken in the wrong order, so lockdep has nothing to
say: one of the two waits for a completion. The cure is a trylock in the scan, which gives up;
umount does the same to super_cache_scan() under s_umount, and super_trylock_shared() is why that is
no deadlock.

    walk                                driver goes
    try_get(S)
                                        down_write(lock)
                                        shrinker_free(S): waits for the walk
    scan_objects: down_read(lock)       for ever
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import RefcountRcuFixed
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.cache import Cache, LockedCache, TrylockedCache

__all__ = ["E4_free_under_the_scans_lock", "E4_free_under_the_scans_lock_fixed"]


def driver_goes_with_its_lock_held(world: World, kind: type[Cache]) -> None:
    """A cache with one object is reclaimed while its driver takes it down under its lock."""
    kernel = Kernel(world, RefcountRcuFixed)
    cache = kind(kernel, objects=1)
    shrinker = registered(kernel, "S", cache)

    async def take_down(cpu: Cpu) -> None:
        await cpu.down_write(cache.lock)
        await kernel.version.shrinker_free(cpu, shrinker)
        cpu.up_write(cache.lock)

    world.spawn(SlabReclaimer(kernel, kernel.root_mem_cgroup), Script(kernel, take_down))


REACH = ("shrinker_called", "shrinker_gone")


@scenario(
    verdict=SOMETIMES, bug="E4", law="deadlock", runs=50,
    fixed="E4_free_under_the_scans_lock_fixed", reach=REACH,
)  # fmt: skip
def E4_free_under_the_scans_lock(world: World) -> None:
    """The driver waits for the walk, and the walk for the driver's lock."""
    driver_goes_with_its_lock_held(world, LockedCache)


@scenario(verdict=NEVER, runs=50, reach=(*REACH, "function name=down_read_trylock"))
def E4_free_under_the_scans_lock_fixed(world: World) -> None:
    """The same with a trylock in the scan."""
    driver_goes_with_its_lock_held(world, TrylockedCache)
