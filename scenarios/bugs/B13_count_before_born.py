"""B13: a superblock is counted before it is born.

"fs: don't scan the inode cache before SB_BORN is set", 79f546a696bf (v4.17). The scan took
s_umount, which the mount holds; the count took nothing. An oops in xfs_reclaim_inodes_count().

    mount T                                 reclaim of A
    register_shrinker_prepared(T)
                                            super_cache_count(T): s_fs_info is NULL
    fill_super(T), SB_BORN

Told on RwsemFlat; nothing of it depends on the version of the walk.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.fs_info import FsInfoSuperBlock
from slabrace.actors.initial import preallocated, set_bit
from slabrace.actors.shrink_slab import RwsemFlat
from slabrace.actors.superblock import SuperBlock, get_tree
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["B13_count_before_born", "B13_count_before_born_fixed"]


class NoBornTest(FsInfoSuperBlock):
    """super_cache_count() without a look at SB_BORN."""

    __slots__ = ()

    async def is_born(self, cpu: Cpu) -> bool:
        return True


def mount_under_a_walk(world: World, kind: type[SuperBlock]) -> None:
    """T is being mounted; A has its bit (for nothing, as after an expansion) and is reclaimed."""
    kernel, memcg, _, _ = small(world, RwsemFlat, with_object=False)
    sb, _ = preallocated(kernel, "T", kind)
    set_bit(kernel, sb, memcg)

    async def mount(cpu: Cpu) -> None:
        await get_tree(cpu, sb)

    world.spawn(Script(kernel, mount), SlabReclaimer(kernel, memcg))


REACH = ("shrinker_registered", "function name=super_cache_count")


@scenario(
    verdict=SOMETIMES, bug="B13", law="null_deref", runs=1500, delays=PREEMPTION,
    fixed="B13_count_before_born_fixed", reach=REACH,
)  # fmt: skip
def B13_count_before_born(world: World) -> None:
    """The count of a file system's own cache follows a pointer that is not set (up to v4.16)."""
    mount_under_a_walk(world, NoBornTest)


@scenario(verdict=NEVER, runs=1500, delays=PREEMPTION, reach=REACH)
def B13_count_before_born_fixed(world: World) -> None:
    """The same with the test for SB_BORN."""
    mount_under_a_walk(world, FsInfoSuperBlock)
