"""A7: the info whose units could not be allocated is forgotten.

"mm: shrinker: avoid memleak in alloc_shrinker_info", 15e8156713cc (v6.12), fixes 307bececcd12. The
error path frees what was published, and this info was not yet.
"""

from __future__ import annotations

from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.tasks import MemcgCreator
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["A7_info_leak", "A7_info_leak_fixed"]


def mkdir_fails(world: World, version: type[Version]) -> None:
    """One mkdir, one allocation that may fail."""
    kernel, memcg, _, _ = small(world, version, faults=1)
    world.spawn(MemcgCreator(kernel, memcg, "B"))


REACH = "kmalloc_failed what=shrinker_info_unit"


@scenario(
    verdict=SOMETIMES, bug="A7", law="leak", runs=100, fixed="A7_info_leak_fixed", reach=REACH
)
def A7_info_leak(world: World) -> None:
    """Mkdir with a failing unit allocation leaks the info (as merged)."""
    mkdir_fails(world, RefcountRcu)


@scenario(verdict=NEVER, runs=100, reach=REACH)
def A7_info_leak_fixed(world: World) -> None:
    """The same with the info freed."""
    mkdir_fails(world, RefcountRcuFixed)
