"""B9: an expansion that fails leaves the iteration without giving its memcg back.

"mm/memcontrol.c: lost css_put in memcg_expand_shrinker_maps()" (v5.6), fixes 0a4465d34028 (v4.19).
for_each_mem_cgroup() holds a css reference on where it is; whoever leaves it early has to call
mem_cgroup_iter_break(). The memcg can be removed, and is never freed.

One thread is enough, and an allocation that fails.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import RwsemMap
from slabrace.actors.superblock import mount
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["B9_lost_css_put", "B9_lost_css_put_fixed"]


class NoBreak(RwsemMap):
    """``goto unlock``."""

    async def leave_expansion(self, cpu: Cpu, root: Memcg, memcg: Memcg) -> None:
        """Just leave."""


def mount_fails_and_a_memcg_goes(world: World, version: type[Version]) -> None:
    """A mount that needs room fails where the strategy says, then A is removed."""
    kernel, memcg, _, _ = small(
        world, version, mounts=2, with_object=False, faults=1, failing="shrinker_info"
    )

    async def mount_and_rmdir(cpu: Cpu) -> None:
        await mount(cpu, "T")
        await kernel.lives.cgroup_rmdir(cpu, memcg)

    world.spawn(Script(kernel, mount_and_rmdir))


REACH = ("kmalloc_failed what=shrinker_info", "function name=mem_cgroup_css_offline")


@scenario(
    verdict=SOMETIMES, bug="B9", law="zombie_memcg", runs=50, fixed="B9_lost_css_put_fixed",
    reach=REACH,
)  # fmt: skip
def B9_lost_css_put(world: World) -> None:
    """A memcg that was removed after a failed expansion stays for ever (v5.5)."""
    mount_fails_and_a_memcg_goes(world, NoBreak)


@scenario(verdict=NEVER, runs=50, reach=(*REACH, "memcg_freed"))
def B9_lost_css_put_fixed(world: World) -> None:
    """The same with mem_cgroup_iter_break()."""
    mount_fails_and_a_memcg_goes(world, RwsemMap)
