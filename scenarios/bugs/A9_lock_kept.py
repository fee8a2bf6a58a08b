"""A9: the error path of alloc_shrinker_info() keeps the lock.

A fixup to "mm: shrinker: add a secondary array for shrinker_info::{map, nr_deferred}" (linux-next,
September 2023): unlock before free_shrinker_info(). A mkdir that fails is enough to lose the lock;
whoever registers a shrinker next hangs, and so does everybody who frees one:

    mkdir B                                 mount T
      mutex_lock(shrinker_mutex)
      -ENOMEM
      free_shrinker_info(B)
      return -ENOMEM                          mutex_lock(shrinker_mutex)    for ever

Lockdep speaks of a lock that is held on return to user space. The shell that made B mounts T too
here, so that it meets the lock once more: a hang for sure.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import RefcountRcuFixed
from slabrace.actors.shrinker_info import ShrinkerInfo
from slabrace.actors.superblock import mount
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["A9_lock_kept", "A9_lock_kept_fixed"]


class LockKept(RefcountRcuFixed):
    """``goto err`` below the only unlock there is."""

    async def alloc_shrinker_info_failed(
        self, cpu: Cpu, memcg: Memcg, info: ShrinkerInfo | None
    ) -> None:
        cpu.kvfree(info)
        await self.teardown(cpu, memcg)


def mkdir_fails_then_mount(world: World, version: type[Version]) -> None:
    """One shell: mkdir A/B, with an info that may fail to be allocated, then a mount."""
    kernel, memcg, _, _ = small(
        world, version, with_object=False, faults=1, failing="shrinker_info*"
    )

    async def shell(cpu: Cpu) -> None:
        await kernel.lives.cgroup_mkdir(cpu, memcg, "B")
        await mount(cpu, "T")

    world.spawn(Script(kernel, shell), name="shell")


REACH = ("kmalloc_failed what=shrinker_info*", "function name=shrinker_alloc")


@scenario(
    verdict=SOMETIMES, bug="A9", law="lock_order", runs=50, fixed="A9_lock_kept_fixed",
    reach=REACH,
)  # fmt: skip
def A9_lock_kept(world: World) -> None:
    """A failed mkdir keeps shrinker_mutex: the next mount hangs (linux-next)."""
    mkdir_fails_then_mount(world, LockKept)


@scenario(verdict=NEVER, runs=50, reach=REACH)
def A9_lock_kept_fixed(world: World) -> None:
    """The same with the lock given back."""
    mkdir_fails_then_mount(world, RefcountRcuFixed)
