"""The shrinker's two tracepoints, as text and as numbers.

Theory. mm_shrink_slab_start and _end have been printed in three ages:

    up to v4.15    pgs_scanned and lru_pgs, no priority
    v4.16 to v6.x  priority
    2026           pid and memcg_id after the node, "(in-irq)" at the end

Their text has words, not key=value, so each has a grammar of its own. What does not follow it to
the last character is None: half a number would be worse than none.

This file must not know what the numbers mean: who judges them is conform.

Source: include/trace/events/vmscan.h, TP_printk of mm_shrink_slab_start and _end.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from slabrace.scenarios.recordings.line import Line

__all__ = ["EVENTS", "End", "Start", "shrink"]

START: Final = "mm_shrink_slab_start"
END: Final = "mm_shrink_slab_end"
EVENTS: Final = frozenset({START, END})


class Start(Struct, frozen=True, gc=False):
    """mm_shrink_slab_start: a call has taken the deferred count and made its plan."""

    task: int
    cpu: int
    time: float  # seconds, of the recording's clock
    callback: str  # scan function, as printed: super_cache_scan+0x0/0x1f0
    shrinker: str  # its address, hashed or not
    nid: int
    memcg: int | None  # memcg_id, where the kernel prints it
    nr: int  # "objects to shrink": deferred by earlier calls, in objects
    gfp: str
    pgs_scanned: int | None  # v4.15 and before
    lru_pgs: int | None
    freeable: int  # "cache items"
    delta: int
    total_scan: int
    priority: int | None  # v4.16 and later
    in_irq: bool


class End(Struct, frozen=True, gc=False):
    """mm_shrink_slab_end: the call has given back what it did not scan."""

    task: int
    cpu: int
    time: float
    callback: str
    shrinker: str
    nid: int
    memcg: int | None
    nr: int  # "unused scan count": what the start took
    new: int  # "new scan count": the counter after the give-back
    total_scan: int  # what is left of the plan; negative if the callback did more
    freed: int
    in_irq: bool


_NUMBER: Final = r"\d{1,20}"
_SIGNED: Final = r"-?\d{1,20}"
_WHERE: Final = (
    r"(\S+(?: \[[^\]]+\])?) (\S+): nid: (\d{1,9}) "
    rf"(?:pid: {_SIGNED} memcg_id: ({_NUMBER}) )?"
)
_START: Final = re.compile(
    _WHERE + rf"objects to shrink ({_SIGNED}) gfp_flags (\S+) "
    rf"(?:pgs_scanned ({_NUMBER}) lru_pgs ({_NUMBER}) )?cache items ({_SIGNED}) "
    rf"delta ({_NUMBER}) total_scan ({_SIGNED})(?: priority (\d{{1,9}}))?(?:\s+(\(in-irq\)))?\s*",
    re.ASCII,
)
_END: Final = re.compile(
    _WHERE + rf"unused scan count ({_SIGNED}) new scan count ({_SIGNED}) "
    rf"total_scan ({_SIGNED}) last shrinker return val ({_SIGNED})(?:\s+(\(in-irq\)))?\s*",
    re.ASCII,
)


def shrink(line: Line) -> Start | End | None:
    """A line of EVENTS as numbers; None if its payload cannot be read."""
    return _start(line) if line.event == START else _end(line)


def _start(line: Line) -> Start | None:
    found = _START.fullmatch(line.payload)
    if found is None:
        return None
    callback, shrinker, nid, memcg, nr, gfp, pgs, lru, items, delta, total, prio, irq = (
        found.groups()
    )
    if (pgs is None) == (prio is None):  # exactly one of the two ages
        return None
    return Start(
        line.pid, line.cpu, float(line.stamp), callback, shrinker, int(nid), _int(memcg),
        int(nr), gfp, _int(pgs), _int(lru), int(items), int(delta), int(total), _int(prio),
        irq is not None,
    )  # fmt: skip


def _end(line: Line) -> End | None:
    found = _END.fullmatch(line.payload)
    if found is None:
        return None
    callback, shrinker, nid, memcg, nr, new, total, freed, irq = found.groups()
    return End(
        line.pid, line.cpu, float(line.stamp), callback, shrinker, int(nid), _int(memcg),
        int(nr), int(new), int(total), int(freed), irq is not None,
    )  # fmt: skip


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)
