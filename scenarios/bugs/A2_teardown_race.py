"""A2: shrinker_info is torn down outside the lock, while an expansion copies from it.

"mm: shrinker: fix shrinker_info teardown race with expansion" (2026), fixes 307bececcd12 (v6.7).

    mkdir: node 0 published, node 1 -ENOMEM     mount
      unlock(shrinker_mutex)                      lock(shrinker_mutex)
                                                  expand: old = node 0's info, its units copied
      free_shrinker_info(): units, info           publish new, kvfree_rcu(old)    freed twice
"""

from __future__ import annotations

from slabrace.actors.initial import mounted
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.tasks import MemcgCreator, Mounter
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, UNIT_BITS

__all__ = ["A2_teardown_race", "A2_teardown_race_fixed"]


def mkdir_fails_under_expansion(world: World, version: type[Version]) -> None:
    """Two nodes, one info that may fail to be allocated, and a mount that needs room."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS, nodes=2, faults=1, failing="shrinker_info")
    for name in ("S", "S1"):
        mounted(kernel, name)
    world.spawn(MemcgCreator(kernel, kernel.root_mem_cgroup, "B"), Mounter(kernel, "T"))


@scenario(
    verdict=SOMETIMES, bug="A2", law=("use_after_free", "double_free"), runs=3000,
    delays=PREEMPTION,    fixed="A2_teardown_race_fixed",
)  # fmt: skip
def A2_teardown_race(world: World) -> None:
    """An expansion copies an info whose memcg is being torn down: double free (as merged)."""
    mkdir_fails_under_expansion(world, RefcountRcu)


@scenario(verdict=NEVER, runs=3000, delays=PREEMPTION)
def A2_teardown_race_fixed(world: World) -> None:
    """The same with the teardown under shrinker_mutex."""
    mkdir_fails_under_expansion(world, RefcountRcuFixed)
