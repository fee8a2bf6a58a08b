"""The lines of a recording that bear on the deferred counts, as typed records.

Theory. Nearly all lines of a recording are of no concern (comments, the function tracer, other
events). `Parser.feed()` takes one line and answers a record or None, so a file of any size passes
through in constant memory; a line is looked at closely only if it bears a name that matters.

A line that bears the name of one of our events and cannot be read is broken: counted, remembered
with its number, never an exception.

This file must not know the layout of a line (recordings/line.py) nor of a payload
(recordings/shrinks.py), nor what the numbers mean: who judges them is conformance.py.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from msgspec import Struct

from slabrace.scenarios.recordings.line import FUNCTION, Line, Lost, begins, read
from slabrace.scenarios.recordings.shrinks import EVENTS, End, Start, shrink

__all__ = ["End", "Kind", "Mark", "Parser", "Record", "Start"]

REMEMBERED: Final = 10
"""How many broken lines are kept with their text."""
_QUOTE: Final = 240


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

_FUNCTIONS: Final = {
    "reparent_shrinker_deferred": Mark(Kind.REPARENT),
    "shrinker_free": Mark(Kind.FREE),
    "unregister_shrinker": Mark(Kind.FREE),
}
_OURS: Final = re.compile(r"mm_shrink_slab_(?:start|end):?")


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
        if " <-" in line or " function: " in line:
            self.passed["functions"] += 1
            return _function(line) if "shrinker" in line else None
        if "mm_shrink_slab_" in line:
            return self._ours(line)
        if line.startswith(("#", "cpus=")):
            self.passed["comments"] += 1
            again = self.starts or self.ends
            return Mark(Kind.RESTART) if again and begins(line) else None
        self.passed["other"] += 1
        if "reclaim_begin:" in line:
            found = read(line)
            return Mark(Kind.WALK, task=found.pid) if isinstance(found, Line) else None
        if "cgroup_rmdir:" in line:
            return Mark(Kind.RMDIR)
        if "CPU:" in line and isinstance(lost := read(line), Lost):
            return Mark(Kind.LOST, amount=lost.amount or 1)
        return None

    def _ours(self, line: str) -> Start | End | None:
        found = read(line)
        if isinstance(found, Line) and found.event in EVENTS:
            if (record := shrink(found)) is not None:
                if isinstance(record, Start):
                    self.starts += 1
                else:
                    self.ends += 1
                return record
        elif not _OURS.search(line):
            self.passed["other"] += 1
            return None
        self.passed["broken"] += 1
        if len(self.broken) < REMEMBERED:
            self.broken.append(f"line {self.lines}: {line.strip()[:_QUOTE]}")
        return None


def _function(line: str) -> Mark | None:
    found = read(line)
    if not isinstance(found, Line) or found.event != FUNCTION:
        return None
    return _FUNCTIONS.get(found.symbol)
