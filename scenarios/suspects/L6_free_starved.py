"""L6: shrinker_free() waits for a moment in which nobody runs the shrinker, and none need come.

kernel.md 2.13 and 6.F: said upstream in review (Lai Jiangshan; Qi Zheng's reply has the flag that
is tried below), not fixed. Each walk takes its reference while another still holds one:

    walker 0            walker 1            shrinker_free(S)
    try_get(S): 2
                                            put(S): 1, waits for 0
                        try_get(S): 2
    put(S): 1
    try_get(S): 2
                        put(S): 1
                        try_get(S): 2       ... and so on

Reclaimers that walk for ever are an idealisation: each of a long stream of reclaims would do.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.liveness import FreeReturns
from slabrace.actors.rculist import list_del_rcu
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcuFixed
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version as VersionName
from slabrace.scenarios.small import small

__all__ = ["L6_free_starved", "L6_free_starved_flag"]

FAIR = 50
"""Picks that a CPU may be kept waiting."""
MOST = 200_000
REACH = ("function name=shrinker_free", "shrinker_called", "shrinker_gone")


class Flagged(RefcountRcuFixed):
    """A candidate fix: whoever frees says so first, and try_get() looks before it takes."""

    name = "refcount_rcu_flagged"

    async def shrinker_try_get(self, cpu: Cpu, shrinker: Shrinker) -> bool:
        if not await cpu.read_once(shrinker, "registered"):
            return False
        return await super().shrinker_try_get(cpu, shrinker)

    async def shrinker_free(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """As it is, with the flag cleared before the wait and not only with the list."""
        cpu.ftrace("shrinker_free")
        listed = shrinker.registered
        if listed:
            cpu.write_once(shrinker, "registered", False)
            await self.shrinker_put(cpu, shrinker)
            await self.wait_for_users(cpu, shrinker)
            await self.lock_shrinkers(cpu)
            await list_del_rcu(cpu, shrinker)
            self.unlock_shrinkers(cpu)
        await self.shrinker_unlink(cpu, shrinker)
        cpu.note("shrinker_gone", shrinker=shrinker)
        self.free_shrinker_memory(cpu, shrinker)


def free_under_walks(world: World, version: type[Version]) -> None:
    """S is freed while two CPUs walk the list of shrinkers for as long as there is one."""
    kernel, _, sb, _ = small(world, version, with_object=False)
    shrinker = sb.s_shrink
    if shrinker is None:
        return
    world.judge(FreeReturns(kernel))
    head, root = kernel.shrinker_list, kernel.root_mem_cgroup

    async def walk(cpu: Cpu) -> None:
        while await cpu.read_once(head, "next") is not head:
            await kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, root, 0)

    async def free(cpu: Cpu) -> None:
        await kernel.version.shrinker_free(cpu, shrinker)
        sb.s_shrink = None

    world.spawn(Script(kernel, free), Script(kernel, walk), Script(kernel, walk))


@scenario(
    verdict=SOMETIMES, kind="suspect", bug="L6", law="free_returns", runs=100,
    fixed="L6_free_starved_flag", reach=REACH, fair=FAIR, max_steps=MOST,
)  # fmt: skip
def L6_free_starved(world: World, *, version: VersionName = "refcount_rcu_fixed") -> None:
    """Two walks that overlap for ever keep shrinker_free() waiting."""
    free_under_walks(world, VERSIONS[version])


@scenario(verdict=NEVER, runs=100, reach=REACH, fair=FAIR, max_steps=MOST)
def L6_free_starved_flag(world: World) -> None:
    """The same with a flag that shrinker_try_get() checks."""
    free_under_walks(world, Flagged)
