"""Bars: spans and lives as a page draws them: in whose lane, from which row to which.

Spans know steps, and a step may have many rows; a bar begins and ends at the rows of the very
events that its rule names. Bars that overlap in one lane get places beside each other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Final

from slabrace.runtime.exporters.spans import WAIT, Lifetime, Moment, Span
from slabrace.runtime.exporters.tables import Table, Values
from slabrace.runtime.legend import STAGES, Legend

__all__ = ["Rows", "bars", "ribbons"]

DEPTH: Final = 4
"""Bars that stand beside each other in one lane."""


class Rows:
    """Which row a step of an actor is in."""

    def __init__(self, records: Sequence[Mapping[str, Any]]) -> None:
        self._records = records
        self._steps = [record["step"] for record in records]

    def at(self, moment: Moment | None, events: Container[str], name: str) -> int:
        """The row at this moment of one of these events, that names ``name``; -1: no moment."""
        if moment is None:
            return -1
        first = bisect_left(self._steps, moment.step)
        end = bisect_right(self._steps, moment.step)
        fitting = [
            row for row in range(first, end)
            if self._records[row]["event"] in events and name in self._records[row].values()
        ]  # fmt: skip
        return fitting[0] if fitting else min(first, len(self._steps) - 1)


def bars(
    found: Iterable[Span],
    legend: Legend,
    where: Rows,
    place: Mapping[str, int],
    text: Table,
    value: Values,
) -> tuple[dict[str, Any], list[str]]:
    """The spans, by row, with the names of their rules; and what has no lane to stand in."""
    begins: dict[str, set[str]] = {WAIT: {"deliver"}}
    ends: dict[str, set[str]] = {WAIT: {"answer"}}
    for rule in legend.spans:
        begins.setdefault(rule.name, set()).add(rule.begin)
        ends.setdefault(rule.name, set()).add(rule.end)
    names = [*(name for name in begins if name != WAIT), WAIT]
    told: list[list[int]] = []
    homeless = 0
    stacks: dict[str, list[float]] = {}
    for span in found:
        if span.lane not in place:
            homeless += 1
            continue
        begin = where.at(span.begin, begins.get(span.name, ()), span.lane)
        end = where.at(span.end, ends.get(span.name, ()), span.lane)
        stack = stacks.setdefault(span.lane, [])
        depth = next((n for n, free in enumerate(stack) if free <= begin), len(stack))
        stack[depth : depth + 1] = [float("inf") if end < 0 else end]
        told.append(
            [
                names.index(span.name),
                place[span.lane],
                begin,
                end,
                min(depth, DEPTH - 1),
                value.place(span.fields),
            ]
        )
    remarks = [f"{homeless} bars are not drawn: whose they are is not known"] if homeless else []
    return {"spanNames": [text[name] for name in names], "spans": told}, remarks


def ribbons(
    lives: Iterable[Lifetime], legend: Legend, where: Rows, place: Mapping[str, int]
) -> list[list[int]]:
    """The lives: whose, and the rows of their four turns."""
    turns: dict[str, set[str]] = {stage: set() for stage in STAGES}
    for turn in legend.lifetimes:
        turns[turn.stage].add(turn.event)
    return [
        [
            place[life.object],
            *(where.at(getattr(life, each), turns[each], life.object) for each in STAGES),
        ]
        for life in lives
    ]
