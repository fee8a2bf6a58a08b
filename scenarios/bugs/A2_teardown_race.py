"""A2: shrinker_info is torn down outside the lock, while an expansion copies from it.

"mm: shrinker: fix shrinker_info teardown race with expansion" (2026), fixes 307bececcd12 (v6.7).

    mkdir: node 0 published, node 1 -ENOMEM     mount
      unlock(shrinker_mutex)                      lock(shrinker_mutex)
                                                  expand: old = node 0's info, its units copied
      free_shrinker_info(): units, info           publish new, kvfree_rcu(old)    freed twice

Variant B (A2_teardown_race_objcg): every info is allocated, and what comes after them fails, the
objcg of a node (of 2026). The same teardown, out of another error path.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted
from slabrace.actors.kernel import Kernel
from slabrace.actors.list_lru import ObjCgroup
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_life import MemcgLife
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.tasks import MemcgCreator, Mounter
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, UNIT_BITS

__all__ = [
    "A2_teardown_race", "A2_teardown_race_fixed", "A2_teardown_race_objcg",
    "A2_teardown_race_objcg_fixed",
]  # fmt: skip


def mkdir_fails_under_expansion(world: World, version: type[Version]) -> None:
    """Two nodes, one info that may fail to be allocated, and a mount that needs room."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS, nodes=2, faults=1, failing="shrinker_info")
    for name in ("S", "S1"):
        mounted(kernel, name)
    world.spawn(MemcgCreator(kernel, kernel.root_mem_cgroup, "B"), Mounter(kernel, "T"))


class ObjcgLast(MemcgLife):
    """mem_cgroup_css_online() of 2026: after the infos another allocation, which may fail."""

    async def mem_cgroup_css_online(self, cpu: Cpu, memcg: Memcg) -> bool:
        if not await super().mem_cgroup_css_online(cpu, memcg):
            return False
        objcg = cpu.kzalloc(lambda: ObjCgroup(memcg), "obj_cgroup")
        if objcg is None:
            await self.kernel.version.free_shrinker_info(cpu, memcg)
            return False
        self.kernel.world.touch(("objcgs", memcg.name))
        self.kernel.objcgs[memcg].append(objcg)
        return True


def objcg_fails_under_expansion(world: World, version: type[Version]) -> None:
    """One node is enough: an objcg that may fail to be allocated, and a mount that needs room."""
    kernel = Kernel(
        world, version, unit_bits=UNIT_BITS, faults=1, failing="obj_cgroup", lives=ObjcgLast
    )
    for name in ("S", "S1"):
        mounted(kernel, name)
    world.spawn(MemcgCreator(kernel, kernel.root_mem_cgroup, "B"), Mounter(kernel, "T"))


REACH = ("kmalloc_failed", "function name=kvfree_call_rcu")
LAWS = ("use_after_free", "double_free")


@scenario(
    verdict=SOMETIMES, bug="A2", law=LAWS, runs=3000, delays=PREEMPTION,
    fixed="A2_teardown_race_fixed", reach=REACH,
)  # fmt: skip
def A2_teardown_race(world: World) -> None:
    """An expansion copies an info whose memcg is being torn down: double free (as merged)."""
    mkdir_fails_under_expansion(world, RefcountRcu)


@scenario(verdict=NEVER, runs=3000, delays=PREEMPTION, reach=REACH)
def A2_teardown_race_fixed(world: World) -> None:
    """The same with the teardown under shrinker_mutex."""
    mkdir_fails_under_expansion(world, RefcountRcuFixed)


@scenario(
    verdict=SOMETIMES, bug="A2", law=LAWS, runs=3000, delays=PREEMPTION,
    fixed="A2_teardown_race_objcg_fixed", reach=REACH,
)  # fmt: skip
def A2_teardown_race_objcg(world: World) -> None:
    """The same teardown when what follows the infos cannot be allocated (as merged)."""
    objcg_fails_under_expansion(world, RefcountRcu)


@scenario(verdict=NEVER, runs=3000, delays=PREEMPTION, reach=REACH)
def A2_teardown_race_objcg_fixed(world: World) -> None:
    """The same with the teardown under shrinker_mutex."""
    objcg_fails_under_expansion(world, RefcountRcuFixed)
