"""What was in a recording: events by name, and what was passed over, with the first of it quoted.

Theory. A person who imports a file asks what became of its lines. Every line is counted once, as an
event, as a gap, or by the reason why it is neither; what should have been an event and could not be
read is quoted with its number. Memory is bounded: so many names, so many quotations.

This file must not read lines; it is told of them.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct, field

from slabrace.scenarios.recordings.line import Skipped

__all__ = ["Census", "Quotation"]

NAMES: Final = 4096
"""Events with a count of their own; a kernel has some two thousand tracepoints."""
OTHERS: Final = "(others)"
QUOTED: Final = 10
"""Unusable lines that are kept with their text."""
QUOTE: Final = 160


class Quotation(Struct, frozen=True):
    """A line that could not be used."""

    line: int
    why: str
    text: str


class Census(Struct):
    """Counts, of a whole recording."""

    lines: int = 0
    events: int = 0
    runs: int = 0
    gaps: int = 0  # lines that say that the ring buffer lost events
    lost: int = 0  # how many, as far as they know
    late: int = 0  # events printed after a later one, and moved to its time
    by_event: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=lambda: {kind.value: 0 for kind in Skipped})
    unusable: list[Quotation] = field(default_factory=list)  # the first few
    first: str | None = None  # the first and the last time in it, as printed
    last: str | None = None

    def event(self, name: str) -> None:
        """Count an event."""
        self.events += 1
        counts = self.by_event
        if name not in counts and len(counts) >= NAMES:
            name = OTHERS
        counts[name] = counts.get(name, 0) + 1

    def skip(self, why: Skipped, text: str) -> Quotation | None:
        """Count a line that is no event; what to say of it, if it should have been one."""
        self.skipped[why.value] += 1
        if why not in (Skipped.BROKEN, Skipped.FOREIGN) or len(self.unusable) >= QUOTED:
            return None
        quotation = Quotation(self.lines, why.value, text.strip()[:QUOTE])
        self.unusable.append(quotation)
        return quotation

    @property
    def skipped_lines(self) -> int:
        """All lines that say nothing that the log could."""
        return sum(self.skipped.values())

    def to_json(self) -> dict[str, Any]:
        """The census as plain values, the most frequent event first."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        ordered = sorted(self.by_event.items(), key=lambda item: (-item[1], item[0]))
        return {**plain, "by_event": dict(ordered), "skipped_lines": self.skipped_lines}
