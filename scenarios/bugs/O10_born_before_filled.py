"""O10: a superblock is seen born before what fill_super() stored.

79f546a696bf (v4.17) made super_cache_count() wait for SB_BORN, with an smp_wmb() before the flag is
set and an smp_rmb() after it was seen; without them the flag says nothing of s_fs_info.

    mount                                   reclaim
    fill_super(): s_fs_info = p (waits)
    SB_BORN
                                            super_cache_count(): SB_BORN
                                            nr_cached_objects(): s_fs_info is NULL
    s_fs_info                   (visible)

Memory models: pso shows it, sc and tso do not. Loads stay in order in all three, so of the pair it
is the smp_wmb() that is missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.superblock import SuperBlock
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Memory
from slabrace.scenarios.small import PREEMPTION, small

if TYPE_CHECKING:
    from slabrace.actors.kernel import Kernel

__all__ = ["O10_born_before_filled", "O10_born_before_filled_fixed"]


class Xfs(SuperBlock):
    """A file system whose own cache is reached through s_fs_info."""

    __slots__ = ("s_fs_info",)

    def __init__(self, kernel: Kernel, nodes: int) -> None:
        super().__init__(kernel, nodes)
        self.s_fs_info: Any = None

    async def fill_super(self, cpu: Cpu) -> None:
        cpu.write_once(self, "s_fs_info", "xfs_mount")

    async def nr_cached_objects(self, cpu: Cpu) -> int:
        if await cpu.read_once(self, "s_fs_info") is None:
            cpu.note("null_deref", cpu=cpu, where=self, what=f"{self.name}->s_fs_info")
        return 0


class BornUnordered(Xfs):
    """SB_BORN without the smp_wmb()."""

    async def set_born(self, cpu: Cpu) -> None:
        cpu.write_once(self, "sb_born", True)


def born_under_reclaim(world: World, kind: type[SuperBlock], memory: Memory) -> None:
    """A superblock, its shrinker registered already, is filled and born while reclaim counts it."""
    kernel = small(world, RefcountRcu, mounts=0, with_object=False, memory=memory).kernel
    sb = mounted(kernel, "X", kind, born=False)
    world.spawn(
        Script(kernel, sb.fill_super, sb.set_born), SlabReclaimer(kernel, kernel.root_mem_cgroup)
    )


REACH = ("function name=super_cache_count", "function name=list_lru_count_one")


@scenario(
    verdict=SOMETIMES,
    bug="O10",
    law="null_deref",
    runs=1000,
    delays=PREEMPTION,
    fixed="O10_born_before_filled_fixed",
    reach=REACH,
)
def O10_born_before_filled(world: World, *, memory: Memory = "pso") -> None:
    """Reclaim counts a superblock whose s_fs_info is not visible yet."""
    born_under_reclaim(world, BornUnordered, memory)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def O10_born_before_filled_fixed(world: World, *, memory: Memory = "pso") -> None:
    """The same with the barrier before SB_BORN."""
    born_under_reclaim(world, Xfs, memory)
