"""Owners of shrinkers that are not superblocks, as far as debugfs has found them out.

Zswap       counting flushes the memcg's statistics first, and that may sleep
XenBackend  gives its memory back while it counts, and has nothing to scan

Sources: mm/zswap.c:zswap_shrinker_count(), kernel/cgroup/rstat.c:css_rstat_flush();
drivers/xen/xenbus/xenbus_probe_backend.c:backend_shrink_memory_count(); v6.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slabrace.actors.arithmetic import SHRINK_STOP

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.shrinker import ShrinkControl

__all__ = ["XenBackend", "Zswap"]


class Zswap:
    """The pool of compressed pages: ``stored`` of them in each memcg, none of them freed here."""

    def __init__(self, stored: int = 1) -> None:
        self.stored = stored

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        """zswap_shrinker_count()."""
        cpu.ftrace("zswap_shrinker_count")
        cpu.might_sleep("css_rstat_flush()")
        return self.stored

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        """Writing pages back is not modelled: nothing is."""
        cpu.ftrace("zswap_shrinker_scan")
        sc.nr_scanned = 0
        return SHRINK_STOP


class XenBackend:
    """The drivers of Xen's backends."""

    scan_objects: Any = None  # reclaim never asks: the count is always 0

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        """backend_shrink_memory_count()."""
        cpu.ftrace("backend_shrink_memory_count")
        return 0
