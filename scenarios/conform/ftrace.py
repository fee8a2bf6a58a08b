"""ftrace text, line by line: what a kernel wrote becomes typed records.

Theory. A recording is lines; nearly all of them are of no concern (comments, the
function tracer, other events). `Parser.feed()` takes one line and answers a record or
None, so a file of any size passes through in constant memory. Understood are the
layouts of /sys/kernel/tracing/trace, `trace-cmd report` and `perf script`, and the
payloads of mm_shrink_slab_start/end in three ages of the kernel:

    up to v4.15    pgs_scanned and lru_pgs, no priority
    v4.16 to v6.x  priority
    2026           pid and memcg_id after the node, "(in-irq)" at the end

A line that bears the name of one of our events and cannot be read is broken: counted,
remembered with its number, never an exception.

This file must not know what the numbers mean: who judges them is conformance.py.

Source: include/trace/events/vmscan.h, TP_printk of mm_shrink_slab_start and _end.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from msgspec import Struct

REMEMBERED: Final = 10
"""How many broken lines are kept with their text."""
_QUOTE: Final = 240
_LONGEST: Final = 4096


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


class Kind(Enum):
    """What else in a recording bears on the deferred counts."""

    RMDIR = "a cgroup was removed; its counts go to the parent soon"
    REPARENT = "reparent_shrinker_deferred() was called"
    FREE = "a shrinker was freed; its address may come back"
    WALK = "a task began a new walk over the memcgs"
    LOST = "the ring buffer lost events"
    RESTART = "another recording begins in the same text"


class Mark(Struct, frozen=True, gc=False):
    """A line that is no shrinker event, but matters."""

    kind: Kind
    task: int = 0  # of WALK
    amount: int = 0  # events lost, of LOST


Record = Start | End | Mark

_LINE: Final = re.compile(
    r"\s*(?:.*?\S)??(?:-|\s+)(\d+)\s+"  # name-pid, or name pid (perf)
    r"(?:\(\s*[-\d]+\)\s+)?"  # the thread group, if recorded
    r"\[(\d+)\]\s+(?:[^\s\d:]\S*\s+)?"  # cpu, flags
    r"(\d+(?:\.\d+)?):\s+(?:\w+:)?mm_shrink_slab_(start|end):\s+(.*)"
)
_WHERE: Final = r"(\S+(?: \[[^\]]+\])?) (\S+): nid: (\d+) (?:pid: -?\d+ memcg_id: (\d+) )?"
_START: Final = re.compile(
    _WHERE + r"objects to shrink (-?\d+) gfp_flags (\S+) "
    r"(?:pgs_scanned (\d+) lru_pgs (\d+) )?cache items (-?\d+) "
    r"delta (\d+) total_scan (-?\d+)(?: priority (\d+))?(?:\s+(\(in-irq\)))?\s*"
)
_END: Final = re.compile(
    _WHERE + r"unused scan count (-?\d+) new scan count (-?\d+) "
    r"total_scan (-?\d+) last shrinker return val (-?\d+)(?:\s+(\(in-irq\)))?\s*"
)
_FUNCTION: Final = re.compile(r": (\w+)(?:\.\w+)* <-")
_FUNCTIONS: Final = {
    "reparent_shrinker_deferred": Mark(Kind.REPARENT),
    "shrinker_free": Mark(Kind.FREE),
    "unregister_shrinker": Mark(Kind.FREE),
}
_TASK: Final = re.compile(r"(?:-|\s)(\d+)\s+(?:\(\s*[-\d]+\)\s+)?\[\d+\]")
_FIRST: Final = ("# tracer:", "cpus=")  # the kernel's first line, and trace-cmd's
_LOST: Final = re.compile(r"CPU:\d+ \[(?:LOST (\d+) EVENTS|EVENTS DROPPED)\]")


class Parser:
    """Turns lines into records, and counts what it passes over."""

    def __init__(self) -> None:
        self.lines = 0  # fed so far; the number of the line fed last
        self.starts = 0
        self.ends = 0
        self.passed = {"comments": 0, "functions": 0, "other": 0, "broken": 0}
        self.broken: list[str] = []  # the first few, "line 7: text"

    @property
    def skipped(self) -> int:
        """Lines that are neither a start nor an end."""
        return self.lines - self.starts - self.ends

    def feed(self, line: str) -> Record | None:
        """The record of one line, or None if it is of no concern."""
        self.lines += 1
        if " <-" in line:
            self.passed["functions"] += 1
            if "shrinker" not in line:
                return None
            found = _FUNCTION.search(line)
            return _FUNCTIONS.get(found[1]) if found else None
        if "mm_shrink_slab_" in line:
            return self._ours(line)
        if line.startswith(("#", "cpus=")):
            self.passed["comments"] += 1
            again = self.starts or self.ends
            return Mark(Kind.RESTART) if again and line.startswith(_FIRST) else None
        self.passed["other"] += 1
        if "reclaim_begin:" in line:
            task = _TASK.search(line)
            return Mark(Kind.WALK, task=int(task[1])) if task else None
        if "cgroup_rmdir:" in line:
            return Mark(Kind.RMDIR)
        if "CPU:" in line and (lost := _LOST.search(line)):
            return Mark(Kind.LOST, amount=int(lost[1] or 1))
        return None

    def _ours(self, line: str) -> Start | End | None:
        if len(line) <= _LONGEST and (head := _LINE.match(line)):
            task, cpu, time, which, payload = head.groups()
            record = (_start if which == "start" else _end)(
                int(task), int(cpu), float(time), payload
            )
            if record is not None:
                if which == "start":
                    self.starts += 1
                else:
                    self.ends += 1
                return record
        elif not re.search(r"mm_shrink_slab_(?:start|end):?", line):
            self.passed["other"] += 1
            return None
        self.passed["broken"] += 1
        if len(self.broken) < REMEMBERED:
            self.broken.append(f"line {self.lines}: {line.strip()[:_QUOTE]}")
        return None


def _start(task: int, cpu: int, time: float, payload: str) -> Start | None:
    found = _START.fullmatch(payload)
    if found is None:
        return None
    callback, shrinker, nid, memcg, nr, gfp, pgs, lru, items, delta, total, prio, irq = (
        found.groups()
    )
    if (pgs is None) == (prio is None):  # exactly one of the two ages
        return None
    return Start(
        task, cpu, time, callback, shrinker, int(nid), _int(memcg), int(nr), gfp, _int(pgs),
        _int(lru), int(items), int(delta), int(total), _int(prio), irq is not None,
    )  # fmt: skip


def _end(task: int, cpu: int, time: float, payload: str) -> End | None:
    found = _END.fullmatch(payload)
    if found is None:
        return None
    callback, shrinker, nid, memcg, nr, new, total, freed, irq = found.groups()
    return End(
        task, cpu, time, callback, shrinker, int(nid), _int(memcg),
        int(nr), int(new), int(total), int(freed), irq is not None,
    )  # fmt: skip


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)
