"""What the conformance check found: the numbers, the first line that does not fit, a table.

Theory. A pair is one start and its end, and falls into exactly one class:

    matched       the arithmetic gives every printed number
    explained     it does, if what overlapping calls added to the counter is counted in
    unexplained   it does not

    pairs = matched + explained + unexplained
    lines = skipped + starts + ends

A start that is wrong by itself is an unexplained pair even if its end is missing.

Beside the classes stand what could not be paired (open: a start without an end;
orphaned: an end without a start) or not be judged because the ring buffer lost events
(blind), and how often a value had to be believed (first_seen, merged).

This file tells; it must not judge, and must not know how the judging is done.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct, field

EXAMPLES: Final = 20
"""How many explanations are kept word for word."""


class Finding(Struct):
    """A pair that does not fit, quoted."""

    line: int
    text: str
    end_line: int  # 0 if there was none
    end_text: str
    reason: str

    def __str__(self) -> str:
        """One line per fact, the way it is printed."""
        parts = [f"line {self.line}: {self.text}"]
        if self.end_line:
            parts.append(f"line {self.end_line}: {self.end_text}")
        return "\n".join([*parts, f"  {self.reason}"])


class Overlap(Struct):
    """How much calls on other CPUs added during calls on this one."""

    cpu: int
    by: tuple[int, ...]
    pairs: int = 0
    amount: int = 0  # objects


class Tally(Struct):
    """One callback's numbers."""

    lines: int = 0
    pairs: int = 0
    matched: int = 0
    explained: int = 0
    unexplained: int = 0
    first_seen: int = 0  # of the matched: took a value from before the recording
    merged: int = 0  # of the explained: a reparenting moved the count of a removed memcg
    reused: int = 0  # times that an address was seen to carry a new shrinker
    open: int = 0
    orphaned: int = 0
    blind: int = 0
    shrinkers: int = 0
    seeks: dict[str, int] = field(default_factory=dict)  # "2", or "2 or 4": how many shrinkers
    overlaps: list[Overlap] = field(default_factory=list)
    first_unexplained: Finding | None = None

    def overlap(self, cpu: int, by: tuple[int, ...], amount: int) -> None:
        """Counts one explanation."""
        for known in self.overlaps:
            if known.cpu == cpu and known.by == by:
                break
        else:
            known = Overlap(cpu, by)
            self.overlaps.append(known)
        known.pairs += 1
        known.amount += amount


class Report(Struct):
    """One recording's numbers. The first seven fields are a contract."""

    path: str
    lines: int = 0
    pairs: int = 0
    matched: int = 0
    explained: int = 0
    unexplained: int = 0
    skipped: int = 0
    first_seen: int = 0
    merged: int = 0
    reused: int = 0
    open: int = 0
    orphaned: int = 0
    blind: int = 0
    lost_events: int = 0
    forgotten: int = 0  # deposits dropped to keep memory bounded
    formula: str = ""  # the one that fits: its name
    versions: str = ""
    passed: dict[str, int] = field(default_factory=dict)  # the skipped lines, by kind
    broken: list[str] = field(default_factory=list)  # the first few unreadable ones
    callbacks: dict[str, Tally] = field(default_factory=dict)
    explanations: list[str] = field(default_factory=list)  # the first few
    first_unexplained: Finding | None = None

    def add_up(self) -> None:
        """Sets the sums over all callbacks."""
        tallies = list(self.callbacks.values())
        for name in _SUMS:
            setattr(self, name, sum(getattr(tally, name) for tally in tallies))
        findings = [tally.first_unexplained for tally in tallies if tally.first_unexplained]
        self.first_unexplained = min(findings, key=lambda found: found.line, default=None)

    def to_json(self) -> dict[str, Any]:
        """The report as plain dicts, lists, strings and numbers."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


_SUMS: Final = (
    "pairs", "matched", "explained", "unexplained", "first_seen", "merged", "reused",
    "open", "orphaned", "blind",
)  # fmt: skip
_COLUMNS: Final = ("lines", "pairs", "matched", "explained", "unexplained")


def render(report: Report) -> str:
    """The report as text: a table per callback, then everything worth a second look."""
    names = sorted(report.callbacks)
    width = max([len(name) for name in names] + [8])
    head = "".join(f"{column:>13}" for column in _COLUMNS)
    out = [
        f"{report.path}: {report.lines} lines, {report.skipped} skipped",
        f"  formula {report.formula} ({report.versions})",
        f"  {'callback':<{width}}{head}  seeks (shrinkers)",
    ]
    for name in names:
        tally = report.callbacks[name]
        cells = "".join(f"{getattr(tally, column):>13}" for column in _COLUMNS)
        seeks = ", ".join(f"{key} ({count})" for key, count in sorted(tally.seeks.items()))
        out.append(f"  {name:<{width}}{cells}  {seeks}")
    notes = {
        "first_seen": "took a value from before the recording began",
        "merged": "explained by the reparenting of a removed memcg",
        "reused": "shrinkers at the address of an earlier one",
        "open": "starts without an end",
        "orphaned": "ends without a start",
        "blind": "not judged: the ring buffer lost events meanwhile",
        "lost_events": "events lost by the ring buffer",
        "forgotten": "values forgotten to keep memory bounded",
    }
    out += [
        f"  {getattr(report, key)} {text}" for key, text in notes.items() if getattr(report, key)
    ]
    out += [f"  unreadable {line}" for line in report.broken]
    for name in names:
        for seen in report.callbacks[name].overlaps:
            others = ", ".join(f"CPU {cpu}" for cpu in seen.by)
            out.append(
                f"  {name}: {seen.amount} objects added by {others} "
                f"during {seen.pairs} calls on CPU {seen.cpu}"
            )
    out += [f"  explained: {text}" for text in report.explanations]
    for name in names:
        if (found := report.callbacks[name].first_unexplained) is not None:
            out += [
                f"  first unexplained of {name}:",
                *(f"    {x}" for x in str(found).split("\n")),
            ]
    return "\n".join(out)
