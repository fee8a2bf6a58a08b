"""D18: the writers' lock is taken under a lock that a scan takes.

Comments in drivers/md/dm-cache-metadata.c and dm-thin-metadata.c forbid it: a block manager brings
a shrinker along, so it is created and destroyed outside of root_lock. A walk holds shrinker_rwsem
for reading while it runs the callbacks.

    walk (rwsem)                        dm: replace the block manager
    down_read_trylock(shrinker_rwsem)
                                        down_write(root_lock)
                                        register_shrinker: down_write(shrinker_rwsem)
    scan: down_read(root_lock)          for ever
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import RwsemFlat
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.cache import Cache, LockedCache

__all__ = ["D18_lock_order", "D18_lock_order_fixed"]


class Metadata:
    """What dm does: the new block manager is made first, and put in place under the lock."""

    async def replace(self, cpu: Cpu, cache: Cache) -> None:
        await self.block_manager_create(cpu)
        await cpu.down_write(cache.lock)
        cpu.up_write(cache.lock)

    async def block_manager_create(self, cpu: Cpu) -> None:
        """dm_block_manager_create(): with a shrinker of its own."""
        version = cpu.kernel.version
        shrinker = await version.shrinker_alloc(cpu, "T", Cache(cpu.kernel, "new"))
        if shrinker is not None:
            await version.shrinker_register(cpu, shrinker)


class AllUnderTheLock(Metadata):
    """What the comments forbid."""

    async def replace(self, cpu: Cpu, cache: Cache) -> None:
        await cpu.down_write(cache.lock)
        await self.block_manager_create(cpu)
        cpu.up_write(cache.lock)


def block_manager_comes_under_a_walk(world: World, metadata: Metadata) -> None:
    """The old one's cache is scanned while a new one is made."""
    kernel = Kernel(world, RwsemFlat)
    cache = LockedCache(kernel, "root", objects=1)
    registered(kernel, "S", cache)
    world.spawn(
        SlabReclaimer(kernel, kernel.root_mem_cgroup),
        Script(kernel, lambda cpu: metadata.replace(cpu, cache)),
    )


REACH = ("shrinker_registered shrinker=T", "shrinker_called shrinker=S")


@scenario(
    verdict=SOMETIMES, bug="D18", law=("lock_order", "deadlock"), runs=50,
    fixed="D18_lock_order_fixed", reach="shrinker_called shrinker=S",
)  # fmt: skip
def D18_lock_order(world: World) -> None:
    """A walk and a mapper each hold the lock that the other one wants."""
    block_manager_comes_under_a_walk(world, AllUnderTheLock())


@scenario(verdict=NEVER, runs=50, reach=REACH)
def D18_lock_order_fixed(world: World) -> None:
    """The same with the block manager made outside of root_lock."""
    block_manager_comes_under_a_walk(world, Metadata())
