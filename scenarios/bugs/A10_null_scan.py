"""A10: the file ``scan`` of debugfs calls scan_objects() of a shrinker that has none.

"mm: shrinker: fix NULL pointer dereference in debugfs" (2026), fixes bbf535fd6f06 (v6.0). The
shrinker of xen-backend frees while it counts and always counts 0, so reclaim never asks it to scan.
A write to the file does. One writer is enough:

    echo "0 0 1" > scan
      shrinker->scan_objects()      jump to 0
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.owners import XenBackend
from slabrace.actors.shrink_slab.with_debugfs import DebugRefcountRcu, DebugRefcountRcuFixed
from slabrace.actors.shrinker_debug import debugfs_of, entry_of
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World

__all__ = ["A10_null_scan", "A10_null_scan_fixed"]


def scan_is_written(world: World, version: type[Version]) -> None:
    """One object is asked for, of a shrinker that cannot scan."""
    kernel = Kernel(world, version)
    entry = entry_of(registered(kernel, "xen-backend", XenBackend()))

    async def write(cpu: Cpu) -> None:
        await debugfs_of(kernel).write_scan(cpu, entry, "0 0 1")

    world.spawn(Script(kernel, write), name="writer")


@scenario(
    verdict=ALWAYS, bug="A10", law="null_deref", fixed="A10_null_scan_fixed",
    reach="function name=shrinker_debugfs_scan_write",
)  # fmt: skip
def A10_null_scan(world: World) -> None:
    """Writing to ``scan`` of a shrinker without scan_objects() (as merged)."""
    scan_is_written(world, DebugRefcountRcu)


@scenario(verdict=NEVER, reach="function name=shrinker_debugfs_scan_write")
def A10_null_scan_fixed(world: World) -> None:
    """The same, refused."""
    scan_is_written(world, DebugRefcountRcuFixed)
