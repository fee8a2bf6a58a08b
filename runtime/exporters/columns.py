"""Columns: a run as arrays of numbers, for a page that has to open 200 000 events at once.

One array for each field that every event has, and two tables that the numbers point into: texts
(names, messages) and values (the JSON of what a field holds). What only some events have is a
*shape*: the names of the other fields, whose values follow each other in one array. What rises
steadily (steps, times) is told as differences, and a vector clock as what has changed since the
sender's clock before: small numbers that repeat, which is what gzip is good at.

    text      ["deliver", "Load(word)", ...]          value   ["1", "true", ...]
    actors    [[name, kind, active, state], ...]      in the order of their lanes
    step vt   differences                             event message  texts, -1: none
    actor to  places in actors, -1: none              cause          steps back, -1: none
    sign      1 writes, 2 was answered later          shape          place in shapes
    clocks    how many have changed; who, and how many steps before this one

Rows of the page are events without the lines that declare actors. This file knows neither the page
nor what any event means.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, Final

import msgspec

from slabrace.runtime.exporters.spans import WAIT, Lifetime, Moment, lifetimes, spans
from slabrace.runtime.legend import STAGES, Legend
from slabrace.runtime.run_log import RunLog, Who

__all__ = ["columns"]

OWN: Final = frozenset(
    {"run", "step", "vt", "event", "actor", "to", "message", "cause", "clock"},
)
"""Fields with an array of their own."""

DEPTH: Final = 4
"""Bars that stand beside each other in one lane."""

WRITES: Final = 1
DEFERRED: Final = 2


class Table:
    """Each entry once, and its place."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, entry: str) -> int:
        place = self._places.setdefault(entry, len(self.entries))
        if place == len(self.entries):
            self.entries.append(entry)
        return place


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


def columns(run: RunLog, legend: Legend) -> tuple[dict[str, Any], list[str]]:
    """The run as arrays, and what could not be told."""
    rows = sorted(
        (record for record in run.records if record["event"] != "actor"),
        key=lambda record: record["step"],
    )
    text, value = Table(), Table()
    lives = lifetimes(run.records, legend)
    names = lanes(run, rows, lives, legend.order)
    place = {name: number for number, name in enumerate(names)}
    packed: dict[str, Any] = {
        "run": run.run,
        "actors": [],
        **told(rows, text, value, place),
        **clocks(rows, place),
    }
    states = {
        record["actor"]: record["state"]
        for record in run.records
        if record["event"] == "actor" and record.get("state")
    }
    kinds = {life.object: life.kind for life in lives}
    for name in names:
        who = run.actors.get(name, Who(kinds.get(name, ""), active=False))
        packed["actors"].append(
            [
                text.place(name),
                text.place(who.kind),
                int(who.active),
                value.place(json(states[name])) if name in states else -1,
            ]
        )
    packed["kinds"] = [
        [text.place(kind), text.place(words)] for kind, words in legend.kinds.items()
    ]
    where = Rows(rows)
    remarks = bars(packed, run, legend, where, place, text, value)
    packed["lives"] = ribbons(lives, legend, where, place)
    packed["violations"] = [
        [row, [place[party] for party in parties(record) if party in place]]
        for row, record in enumerate(rows)
        if record["event"] == "violation"
    ]
    return {**packed, "text": text.entries, "value": value.entries}, remarks


def json(value: object) -> str:
    """A value as JSON; what JSON cannot hold, as its text."""
    return msgspec.json.encode(value, enc_hook=str).decode()


def parties(record: Mapping[str, Any]) -> Iterable[str]:
    """Whom a violation names."""
    found = record.get("parties") or []
    return [str(each) for each in ([found] if isinstance(found, str) else found)]


def lanes(
    run: RunLog,
    rows: Iterable[Mapping[str, Any]],
    lives: Iterable[Lifetime],
    order: Sequence[str],
) -> list[str]:
    """Everybody who is declared or named, and all that lived, by kind and then as they came."""
    kinds = {name: who.kind for name, who in run.actors.items()}
    for record in rows:
        if isinstance(name := record.get("to"), str):
            kinds.setdefault(name, "")
    for life in lives:
        kinds[life.object] = kinds.get(life.object) or life.kind
    rank = {kind: number for number, kind in enumerate(order)}
    later = count(len(order))
    for kind in kinds.values():
        if kind not in rank:
            rank[kind] = next(later)
    return sorted(kinds, key=lambda name: rank[kinds[name]])


def told(
    rows: Sequence[Mapping[str, Any]], text: Table, value: Table, place: Mapping[str, int]
) -> dict[str, Any]:
    """The arrays with one entry for each event, and the shapes."""
    names = ("step", "vt", "event", "actor", "to", "message", "cause", "sign", "shape")
    arrays: list[list[int]] = [[] for _ in names]
    step, vt, event, actor, to, message, cause, sign, shape = arrays
    shapes: dict[tuple[str, ...], int] = {}
    values: list[int] = []
    last_step = last_vt = 0
    for record in rows:
        now, time = int(record["step"]), int(record["vt"])
        step.append(now - last_step)
        vt.append(time - last_vt)
        last_step, last_vt = now, time
        event.append(text.place(str(record["event"])))
        actor.append(place.get(record.get("actor", ""), -1))
        to.append(place.get(record.get("to", ""), -1))
        said = record.get("message")
        message.append(-1 if said is None else text.place(str(said)))
        sent = record.get("cause")
        cause.append(-1 if sent is None else now - int(sent))
        sign.append(
            (WRITES if record.get("writes") else 0) + (DEFERRED if record.get("deferred") else 0)
        )
        others = tuple(name for name in record if name not in OWN)
        shape.append(shapes.setdefault(others, len(shapes)))
        values.extend([value.place(json(record[name])) for name in others])
    return {
        **dict(zip(names, arrays, strict=True)),
        "shapes": [[text.place(name) for name in names] for names in shapes],
        "values": values,
    }


def clocks(rows: Sequence[Mapping[str, Any]], place: Mapping[str, int]) -> dict[str, list[int]]:
    """What has changed in each clock since the sender's clock before; none if no event has one."""
    changed: list[int] = []
    who: list[int] = []
    age: list[int] = []
    before: dict[str, dict[str, int]] = {}
    for record in rows:
        clock = record.get("clock")
        if not clock:
            changed.append(0)
            continue
        sender = record["actor"]
        old = before.get(sender, {})
        news = [
            (place[name], record["step"] - step)
            for name, step in clock.items()
            if name != sender and name in place and old.get(name) != step
        ]
        changed.append(len(news))
        who += [name for name, _ in news]
        age += [step for _, step in news]
        before[sender] = clock
    return {"clocks": changed if before else [], "clockWho": who, "clockAge": age}


def bars(
    packed: dict[str, Any],
    run: RunLog,
    legend: Legend,
    where: Rows,
    place: Mapping[str, int],
    text: Table,
    value: Table,
) -> list[str]:
    """Add the spans, by row; return what has no lane to stand in."""
    begins: dict[str, set[str]] = {WAIT: {"deliver"}}
    ends: dict[str, set[str]] = {WAIT: {"answer"}}
    for rule in legend.spans:
        begins.setdefault(rule.name, set()).add(rule.begin)
        ends.setdefault(rule.name, set()).add(rule.end)
    names = [*(name for name in begins if name != WAIT), WAIT]
    packed["spanNames"] = [text.place(name) for name in names]
    packed["spans"] = []
    homeless = 0
    stacks: dict[str, list[float]] = {}
    for span in spans(run.records, legend):
        if span.lane not in place:
            homeless += 1
            continue
        begin = where.at(span.begin, begins.get(span.name, ()), span.lane)
        end = where.at(span.end, ends.get(span.name, ()), span.lane)
        stack = stacks.setdefault(span.lane, [])
        depth = next((n for n, free in enumerate(stack) if free <= begin), len(stack))
        stack[depth : depth + 1] = [float("inf") if end < 0 else end]
        packed["spans"].append(
            [
                names.index(span.name),
                place[span.lane],
                begin,
                end,
                min(depth, DEPTH - 1),
                value.place(json(span.fields)),
            ]
        )
    if not homeless:
        return []
    return [f"{homeless} bars are not drawn: they stand in the lanes of actors that are not known"]


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
