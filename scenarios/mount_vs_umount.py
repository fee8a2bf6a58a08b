"""mount_vs_umount: shrinkers come and go at once, the list is walked, ids are used again."""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.tasks import Mounter, Script, SlabReclaimer, Umounter
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.cache import Cache
from slabrace.scenarios.choices import Version, at_least
from slabrace.scenarios.small import PREEMPTION, UNIT_BITS, small

__all__ = ["mount_vs_umount"]

REACH = ("shrinker_registered", "shrinker_gone", "shrinker_called")


@scenario(verdict=NEVER, runs=200, delays=PREEMPTION, reach=REACH)
def mount_vs_umount(
    world: World, *, version: Version = "refcount_rcu_fixed", mounts: int = 2, passes: int = 2,
    bare: bool = False,
) -> None:  # fmt: skip
    """S is unmounted, others are mounted, and the root is reclaimed, all at once.

    The list must stay whole and no walk may step off it. No memcg has a bit here: an id that is
    used again under a memcg walk is suspect L1. ``bare``: drivers' caches in place of file systems.
    """
    at_least(1, mounts=mounts, passes=passes)
    if bare:
        caches_come_and_go(world, version, mounts, passes)
        return
    kernel, _, sb, _ = small(world, VERSIONS[version], mounts=2, with_object=False)
    world.spawn(
        Umounter(kernel, sb),
        Mounter(kernel, *(f"T{number}" for number in range(mounts))),
        SlabReclaimer(kernel, kernel.root_mem_cgroup, passes=passes),
    )


def caches_come_and_go(world: World, version: str, mounts: int, passes: int) -> None:
    """The shrinker of one cache is freed, others are registered, and the root is reclaimed."""
    kernel = Kernel(world, VERSIONS[version], unit_bits=UNIT_BITS)
    going = registered(kernel, "S", Cache(kernel, "cache of S"))
    coming = [Cache(kernel, f"cache of T{number}") for number in range(mounts)]

    async def free(cpu: Cpu) -> None:
        await kernel.version.shrinker_free(cpu, going)

    async def register(cpu: Cpu) -> None:
        for number, cache in enumerate(coming):
            shrinker = await kernel.version.shrinker_alloc(cpu, f"T{number}", cache)
            if shrinker is not None:
                await kernel.version.shrinker_register(cpu, shrinker)

    world.spawn(
        Script(kernel, free),
        Script(kernel, register),
        SlabReclaimer(kernel, kernel.root_mem_cgroup, passes=passes),
    )
