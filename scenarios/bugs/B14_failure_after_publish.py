"""B14: registering the shrinker fails when the superblock can be seen already.

"mm,vmscan: Allow preallocating memory for register_shrinker()", 8e04944f0ea8 (v4.17), and
bb422a738f62; syzbot 5a170e19c963. sget() could only take such a superblock down as if it had been
mounted, and kill_sb() of several file systems relies on what fill_super() sets. Since then the
memory is there before the superblock is, and registration cannot fail.

One thread is enough, and an allocation that fails. v4.16 allocated nr_deferred; here it is the
shrinker.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.fs_info import FsInfoSuperBlock
from slabrace.actors.shrink_slab import RwsemFlat
from slabrace.actors.superblock import SuperBlock, mount
from slabrace.actors.tasks import Script
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["B14_failure_after_publish", "B14_failure_after_publish_fixed"]


class TakenDown(FsInfoSuperBlock):
    """deactivate_locked_super() of a superblock that nothing was filled into."""

    __slots__ = ()

    async def destroy_unused_super(self, cpu: Cpu) -> None:
        await self.kill_sb(cpu)
        await super().destroy_unused_super(cpu)


def mount_fails(world: World, kind: type[SuperBlock]) -> None:
    """A mount whose shrinker may have no memory."""
    kernel, _, _, _ = small(world, RwsemFlat, with_object=False, faults=1, failing="shrinker")

    async def mount_it(cpu: Cpu) -> None:
        await mount(cpu, "T", kind=kind)

    world.spawn(Script(kernel, mount_it))


REACH = "kmalloc_failed what=shrinker"


@scenario(
    verdict=SOMETIMES, bug="B14", law="null_deref", runs=50,
    fixed="B14_failure_after_publish_fixed", reach=REACH,
)  # fmt: skip
def B14_failure_after_publish(world: World) -> None:
    """kill_sb() of a superblock that was never filled (v4.16)."""
    mount_fails(world, TakenDown)


@scenario(verdict=NEVER, runs=50, reach=(REACH, "kfree kind=super_block", "shrinker_registered"))
def B14_failure_after_publish_fixed(world: World) -> None:
    """The same with a failure while nobody has seen the superblock."""
    mount_fails(world, FsInfoSuperBlock)
