"""Excerpt: the part of a run that a diagram has room for: what came last, before it broke.

A diagram of messages is read by people and drawn by programs with limits. A run of a thousand
deliveries has its violation at the end, so what is nearest to it are the last rows. Who takes part
in none of them has no column.

Rows are deliveries, answers that came later, what was noted (but not the functions entered, of
which there are too many) and violations. Their texts are plain: escaping is the exporter's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from slabrace.runtime.exporters.timeline import text
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["ROWS", "Excerpt", "Row", "excerpt", "introductions", "told_of"]

ROWS: Final = 300
"""Rows at most."""
LONGEST: Final = 160
"""Characters of a row; a list of all holders can be long."""
LEFT_OUT: Final = frozenset({"actor", "function", "end"})
COMMON: Final = frozenset({"run", "step", "vt", "event", "actor", "clock", "changes", "state"})


class Row(msgspec.Struct, frozen=True, gc=False):
    """``actor`` said ``text``: ``to`` somebody, or nobody (a note), or everybody (``broke``)."""

    step: int
    actor: str
    text: str
    to: str = ""
    answers: bool = False
    waits: bool = False
    broke: bool = False


class Excerpt(msgspec.Struct):
    """The rows, and how many came before them and are left out."""

    rows: list[Row]
    left_out: int
    names: list[str]
    """Who takes part, in the legend's order."""

    def without(self, first: int) -> Excerpt:
        """The same without the first rows."""
        rows = self.rows[first:]
        taking_part = parties(rows)
        names = [name for name in self.names if name in taking_part]
        return Excerpt(rows, self.left_out + first, names)

    def remarks(self, why: str) -> list[str]:
        """What was cut, if anything."""
        if not self.left_out:
            return []
        every = self.left_out + len(self.rows)
        cut = f"the first {self.left_out:,} of {every:,} rows were left out: {why}"
        return [f"{cut}; minimise the run, or export it in a format without a limit"]


def excerpt(run: RunLog, legend: Legend, most: int = ROWS) -> Excerpt:
    """The last rows of ``run``."""
    records = [record for record in run.records if record["event"] not in LEFT_OUT]
    cut = max(0, len(records) - most)
    about = introductions(run.records)
    rows = [row(record, about) for record in records[cut:]]
    taking_part = parties(rows)
    names = [name for name in run.lanes(legend) if name in taking_part]
    names += [name for name in taking_part if name not in run.actors]
    return Excerpt(rows, cut, names)


def parties(rows: Sequence[Row]) -> dict[str, None]:
    """Who takes part, in the order of their first rows."""
    found: dict[str, None] = {}
    for each in rows:
        if not each.broke:
            found[each.actor] = None
            if each.to:
                found[each.to] = None
    return found


def introductions(records: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """What the log says of each actor before the first line that needs it."""
    return {record["actor"]: record for record in records if record["event"] == "actor"}


def told_of(record: Mapping[str, Any], about: Mapping[str, Mapping[str, Any]]) -> str:
    """A note with its own fields; what is so of its actor at all times is no news."""
    known = about.get(str(record.get("actor")), {})
    fields = [
        f"{name}={text(value)}"
        for name, value in record.items()
        if name not in COMMON and (name not in known or known[name] != value)
    ]
    return " ".join([str(record["event"]), *fields])


def row(record: Mapping[str, Any], about: Mapping[str, Mapping[str, Any]]) -> Row:
    """The row of one record."""
    event, step = record["event"], record["step"]
    actor = str(record.get("actor", "?"))
    if event == "violation":
        told = f"*** {record.get('law', event)}: {record.get('message', '')}"
        return Row(step, actor, short(told), broke=True)
    if event == "deliver":
        late = bool(record.get("deferred"))
        answer = record.get("answer")
        told = str(record["message"]) + ("" if answer is None else f" = {text(answer)}")
        return Row(step, actor, short(told), str(record["to"]), waits=late)
    if event == "answer":
        told = "answer" if record.get("answer") is None else f"answer: {text(record['answer'])}"
        return Row(step, actor, short(told), str(record["to"]), answers=True)
    return Row(step, actor, short(told_of(record, about)))


def short(told: str) -> str:
    """One line, and not a long one."""
    told = " ".join(told.split())
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 3]}..."
