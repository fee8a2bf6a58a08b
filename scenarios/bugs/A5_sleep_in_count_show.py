"""A5: the file ``count`` of debugfs calls the shrinker in an RCU read-side section.

"mm/shrinker: do not hold RCU lock in shrinker_debugfs_count_show()", b902890c62d2 (2026), fixes
5035ebc644ae (v6.0). count_objects() may sleep: zswap's flushes statistics (css_rstat_flush()). One
reader is enough, nothing has to race:

    cat count
      rcu_read_lock
      zswap_shrinker_count
        css_rstat_flush             may sleep: RCU nest depth 1, expected 0
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.owners import Zswap
from slabrace.actors.shrink_slab.with_debugfs import DebugRefcountRcu, DebugRefcountRcuFixed
from slabrace.actors.shrinker_debug import debugfs_of, entry_of
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World

__all__ = ["A5_sleep_in_count_show", "A5_sleep_in_count_show_fixed"]


def count_is_read(world: World, version: type[Version]) -> None:
    """Zswap's file is read. One count is enough, so it is not memcg aware as it is in truth."""
    kernel = Kernel(world, version)
    entry = entry_of(registered(kernel, "mm-zswap", Zswap()))

    async def read(cpu: Cpu) -> None:
        await debugfs_of(kernel).read_count(cpu, entry)

    world.spawn(Script(kernel, read), name="reader")


@scenario(
    verdict=ALWAYS, bug="A5", law="sleep_in_atomic", fixed="A5_sleep_in_count_show_fixed",
    reach="function name=zswap_shrinker_count",
)  # fmt: skip
def A5_sleep_in_count_show(world: World) -> None:
    """Reading ``count`` of a shrinker that sleeps in count_objects() (as merged)."""
    count_is_read(world, DebugRefcountRcu)


@scenario(verdict=NEVER, reach="function name=zswap_shrinker_count")
def A5_sleep_in_count_show_fixed(world: World) -> None:
    """The same outside of any section: references keep the memcg and the shrinker."""
    count_is_read(world, DebugRefcountRcuFixed)
