"""C2: a number of debugfs is given back while the directory named after it is still there.

"mm: shrinkers: fix race condition on debugfs cleanup", 26e239b37ebd (v6.4-rc2), fixes badc28d4924b
(v6.2), which was the fix of C1.

    unregister_shrinker                     register_shrinker of the same name
      down_write
      ida_free(0)
      up_write                                down_write
                                              ida_alloc                   0
                                              debugfs_create_dir(name-0)  already present!
      debugfs_remove_recursive(name-0)
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.debugfs import debugfs_remove_recursive
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.messages import IdaFree
from slabrace.actors.owners import XenBackend
from slabrace.actors.shrink_slab.with_debugfs import DebugRwsemFlat
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION

__all__ = ["C2_number_before_name", "C2_number_before_name_fixed"]


class NumberFirst(DebugRwsemFlat):
    """v6.2 and v6.3: the number goes under the lock, the directory after it."""

    async def shrinker_unlink(self, cpu: Cpu, shrinker: Shrinker) -> None:
        await self.lock_shrinkers(cpu)
        await self.unlink_shrinker(cpu, shrinker)
        entry = await self.shrinker_debugfs_detach(cpu, shrinker)
        if entry is not None:
            await cpu.ask(self.debugfs_ida, IdaFree(entry.id))
        self.unlock_shrinkers(cpu)
        if entry is not None:
            await debugfs_remove_recursive(cpu, self.debugfs_root, entry)


def one_goes_one_comes(world: World, version: type[Version]) -> None:
    """A shrinker is unregistered while another of its name is registered."""
    kernel = Kernel(world, version)
    old = registered(kernel, "sb-tmpfs", XenBackend())

    async def unregister(cpu: Cpu) -> None:
        await kernel.version.shrinker_free(cpu, old)

    async def register(cpu: Cpu) -> None:
        new = await kernel.version.shrinker_alloc(cpu, "sb-tmpfs", XenBackend())
        if new is not None:
            await kernel.version.shrinker_register(cpu, new)

    world.spawn(Script(kernel, unregister), name="remover")
    world.spawn(Script(kernel, register), name="maker")


REACH = ("function name=shrinker_debugfs_add", "function name=debugfs_remove_recursive")


@scenario(
    verdict=SOMETIMES, bug="C2", law="debugfs_name", runs=500, delays=PREEMPTION,
    fixed="C2_number_before_name_fixed", reach=REACH,
)  # fmt: skip
def C2_number_before_name(world: World) -> None:
    """A new shrinker's directory is already present: its number was free too early (v6.3)."""
    one_goes_one_comes(world, NumberFirst)


@scenario(verdict=NEVER, runs=500, delays=PREEMPTION, reach=REACH)
def C2_number_before_name_fixed(world: World) -> None:
    """The same with the number given back last."""
    one_goes_one_comes(world, DebugRwsemFlat)
