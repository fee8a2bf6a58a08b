"""C3: the name of a shrinker whose preallocation failed is freed twice.

"mm: shrinkers: fix double kfree on shrinker name", 14773bfa70e6 (v6.0), fixes e33c267ab70d. One
mount whose allocation fails is enough:

    alloc_super
      prealloc_shrinker: -ENOMEM
        kfree(name)                 the pointer stays
      destroy_unused_super
        free_prealloced_shrinker
          kfree(name)               again
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.owners import XenBackend
from slabrace.actors.shrink_slab.with_debugfs import DebugRwsemFlat
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.shrinker_debug import debugfs_of
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World

__all__ = ["C3_name_freed_twice", "C3_name_freed_twice_fixed"]


class NameKept(DebugRwsemFlat):
    """kfree(shrinker->name), and no NULL."""

    def prealloc_failed(self, cpu: Cpu, shrinker: Shrinker) -> None:
        cpu.kfree(shrinker.debugfs_name)


def prealloc_fails(world: World, version: type[Version]) -> None:
    """An owner of a struct shrinker whose deferred counts may fail to be allocated."""
    kernel = Kernel(world, version, faults=1, failing="nr_deferred")
    s_shrink = Shrinker(
        XenBackend(), memcg_aware=False, numa_aware=False, nonslab=False, seeks=2, batch=0
    )
    kernel.new_shrinker("sb-tmpfs", s_shrink)

    async def sget(cpu: Cpu) -> None:
        if await debugfs_of(kernel).prealloc_shrinker(cpu, s_shrink, "sb-tmpfs"):
            await kernel.version.shrinker_register(cpu, s_shrink)
        else:
            await kernel.version.shrinker_free(cpu, s_shrink)  # free_prealloced_shrinker()

    world.spawn(Script(kernel, sget), name="mounter")


REACH = ("kmalloc_failed what=nr_deferred", "function name=free_prealloced_shrinker")


@scenario(
    verdict=SOMETIMES, bug="C3", law="double_free", runs=50, fixed="C3_name_freed_twice_fixed",
    reach=REACH,
)  # fmt: skip
def C3_name_freed_twice(world: World) -> None:
    """A failed preallocation frees the shrinker's name, and so does its owner (v6.0-rc)."""
    prealloc_fails(world, NameKept)


@scenario(verdict=NEVER, runs=50, reach=REACH)
def C3_name_freed_twice_fixed(world: World) -> None:
    """The same with the name forgotten when it is freed."""
    prealloc_fails(world, DebugRwsemFlat)
