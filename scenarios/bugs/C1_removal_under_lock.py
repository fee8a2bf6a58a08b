"""C1: a debugfs directory is removed under the lock that its readers wait for.

"mm: shrinkers: fix deadlock in shrinker debugfs", badc28d4924b (v6.2), fixes 5035ebc644ae (v6.0).

    cat count                               unregister_shrinker
      debugfs_file_get
                                              down_write(shrinker_rwsem)
      down_read(shrinker_rwsem)               debugfs_remove_recursive
        waits for the writer                    waits for the reader's debugfs_file_put
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.debugfs import DebugfsDir
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.owners import XenBackend
from slabrace.actors.shrink_slab.with_debugfs import DebugRwsemFlat
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.shrinker_debug import debugfs_of, entry_of
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World

__all__ = ["C1_removal_under_lock", "C1_removal_under_lock_fixed"]


class RemovedUnderLock(DebugRwsemFlat):
    """v6.0 and v6.1: nothing is left to remove when the lock is given back."""

    async def shrinker_debugfs_detach(self, cpu: Cpu, shrinker: Shrinker) -> DebugfsDir | None:
        entry = await super().shrinker_debugfs_detach(cpu, shrinker)
        if entry is not None:
            await self.shrinker_debugfs_remove(cpu, entry)
        return None


def shrinker_goes_under_a_reader(world: World, version: type[Version]) -> None:
    """A shrinker is unregistered while its ``count`` is read."""
    kernel = Kernel(world, version)
    shrinker = registered(kernel, "xen-backend", XenBackend())
    entry = entry_of(shrinker)

    async def read(cpu: Cpu) -> None:
        await debugfs_of(kernel).read_count(cpu, entry)

    async def unregister(cpu: Cpu) -> None:
        await kernel.version.shrinker_free(cpu, shrinker)

    world.spawn(Script(kernel, read), name="reader")
    world.spawn(Script(kernel, unregister), name="remover")


REACH = ("function name=shrinker_debugfs_count_show", "function name=debugfs_remove_recursive")


@scenario(
    verdict=SOMETIMES, bug="C1", law="deadlock", runs=100, fixed="C1_removal_under_lock_fixed",
    reach=REACH,
)  # fmt: skip
def C1_removal_under_lock(world: World) -> None:
    """Reader and remover of a debugfs file wait for each other (v6.1)."""
    shrinker_goes_under_a_reader(world, RemovedUnderLock)


@scenario(verdict=NEVER, runs=100, reach=REACH)
def C1_removal_under_lock_fixed(world: World) -> None:
    """The same with the removal after the lock."""
    shrinker_goes_under_a_reader(world, DebugRwsemFlat)
