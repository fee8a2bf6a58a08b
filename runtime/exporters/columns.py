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

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any, Final

import msgspec

from slabrace.runtime.exporters.bars import Rows, bars, ribbons
from slabrace.runtime.exporters.spans import Lifetime, lifetimes, spans
from slabrace.runtime.exporters.tables import Table, Values
from slabrace.runtime.legend import Legend
from slabrace.runtime.log_types import Answer, Delivery, Violation
from slabrace.runtime.run_log import RunLog, Who

__all__ = ["columns"]

OWN: Final = frozenset(
    {"run", "step", "vt", "event", "actor", "to", "message", "cause", "clock"},
)
"""Fields with an array of their own."""

WRITES: Final = 1
DEFERRED: Final = 2


DRAWN: Final = {"deliver": Delivery, "answer": Answer, "violation": Violation}
"""The types of the events that are more than a text here."""


def columns(run: RunLog, legend: Legend) -> tuple[dict[str, Any], list[str]]:
    """The run as arrays, and what could not be told."""
    rows = sorted(
        (each for each in run.records if each["event"] != "actor" and sound(each)),
        key=lambda record: record["step"],
    )
    skipped = sum(each["event"] != "actor" for each in run.records) - len(rows)
    text, value = Table(), Values()
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
                text[name],
                text[who.kind],
                int(who.active),
                value.place(states[name]) if name in states else -1,
            ]
        )
    packed["where"] = [text[name] for name in legend.columns]
    packed["kinds"] = [[text[kind], text[words]] for kind, words in legend.kinds.items()]
    where = Rows(rows)
    told_bars, remarks = bars(spans(run.records, legend), legend, where, place, text, value)
    packed |= told_bars
    packed["lives"] = ribbons(lives, legend, where, place)
    packed["violations"] = [
        [row, [place[party] for party in parties(record) if party in place]]
        for row, record in enumerate(rows)
        if record["event"] == "violation"
    ]
    if skipped:
        remarks.append(
            f"{skipped} events are left out: their fields are not those of the log's schema"
        )
    return {**packed, "text": list(text), "value": list(value)}, remarks


def sound(record: Mapping[str, Any]) -> bool:
    """Whether an event that is drawn has the fields that it must have."""
    schema = DRAWN.get(record["event"])
    if schema is not None:
        try:
            msgspec.convert(record, schema)
        except msgspec.ValidationError:
            return False
    return True


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
    rows: Sequence[Mapping[str, Any]], text: Table, value: Values, place: Mapping[str, int]
) -> dict[str, Any]:
    """The arrays with one entry for each event, and the shapes."""
    names = ("step", "vt", "event", "actor", "to", "message", "cause", "sign", "shape")
    arrays: list[list[int]] = [[] for _ in names]
    step, vt, event, actor, to, message, cause, sign, shape = arrays
    shapes: dict[tuple[str, ...], tuple[int, tuple[str, ...]]] = {}
    values: list[int] = []
    placed = value.place
    last_step = last_vt = 0
    for record in rows:
        get = record.get
        now, time = record["step"], record["vt"]
        step.append(now - last_step)
        vt.append(time - last_vt)
        last_step, last_vt = now, time
        event.append(text[record["event"]])
        actor.append(place.get(get("actor", ""), -1))
        to.append(place.get(get("to", ""), -1))
        said = get("message")
        message.append(-1 if said is None else text[str(said)])
        sent = get("cause")
        cause.append(-1 if sent is None else now - sent)
        sign.append((WRITES if get("writes") else 0) + (DEFERRED if get("deferred") else 0))
        fields = tuple(record)
        if fields not in shapes:
            shapes[fields] = len(shapes), tuple(name for name in fields if name not in OWN)
        number, others = shapes[fields]
        shape.append(number)
        values += [placed(record[name]) for name in others]
    return {
        **dict(zip(names, arrays, strict=True)),
        "shapes": [[text[name] for name in others] for _, others in shapes.values()],
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
        sender, now = record["actor"], record["step"]
        news = clock.items() - before.get(sender, {}).items()
        told = sorted((place[name], now - step) for name, step in news if name != sender)
        changed.append(len(told))
        who += [name for name, _ in told]
        age += [step for _, step in told]
        before[sender] = clock
    return {"clocks": changed if before else [], "clockWho": who, "clockAge": age}
