"""ShiViz: events with vector clocks, from which its page draws who knew of what.

The first line is the regular expression by which the page reads the rest: an event is a line of
text, then one with its host and its clock. A host is an actor that sends; what it sent, and what it
noted, are its events. A message to an object that others use too is no event of the object: ShiViz
would take all that such an object answers as an order, and two reads have none.

A log's clocks count steps of the run. ShiViz wants each host to count its own events, 1, 2, 3, and
the last it knows of each other: that is what steps are turned into. What was noted knows what the
delivery before it knew. The page is slow with thousands of events: the beginning of a long run is
left out, its clocks counted anew, and a remark says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

import msgspec

from slabrace.runtime.exporters.excerpt import introductions, told_of
from slabrace.runtime.exporters.timeline import text
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["MOST", "write"]

EXPRESSION: Final = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})"
MOST: Final = 2_000
"""Events that the page still draws within seconds."""
OTHERS: Final = frozenset({"actor", "answer", "violation", "end", "function"})


class Event(msgspec.Struct):
    """What happened on a host, and what it knew."""

    host: str
    told: str
    clock: dict[str, int]


def write(run: RunLog, _legend: Legend, out: BinaryIO) -> list[str]:
    """Write the end of ``run`` to ``out``; the remarks say how much of it."""
    events = list(clocked(run.records))
    cut = max(0, len(events) - MOST)
    before: dict[str, int] = {}
    for event in events[:cut]:
        before[event.host] = before.get(event.host, 0) + 1
    out.write(f"{EXPRESSION}\n\n".encode())
    for event in events[cut:]:
        known = {host: count - before.get(host, 0) for host, count in event.clock.items()}
        clock = {host: count for host, count in known.items() if count > 0}
        out.write(f"{event.told}\n{event.host} {encoded(clock)}\n".encode(errors="replace"))
    if not events:
        return ["ShiViz draws from vector clocks, and this run has none: no event was written"]
    if not cut:
        return []
    why = f"the page is slow with more than {MOST:,}; minimise the run"
    return [f"the first {cut:,} of {len(events):,} events were left out: {why}"]


def clocked(records: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    """The events, with clocks of which each component counts the events of its host."""
    counts: dict[str, dict[int, int]] = {}  # of each sender: the count at each of its steps
    clocks: dict[str, dict[str, int]] = {}  # what each host knows
    last: Mapping[str, Any] = {}
    about = introductions(records)
    senders = {str(record["actor"]) for record in records if record["event"] == "deliver"}
    for record in records:
        event = record["event"]
        if event in OTHERS or str(record.get("actor")) not in senders:
            if event == "violation" and last:
                yield from broken(record, last, clocks)
            continue
        host = name(record["actor"])
        mine = clocks.setdefault(host, {})
        if event == "deliver":
            last = record
        if record["step"] == last.get("step"):
            for other, step in last.get("clock", {}).items():
                known = counts.get(other, {}).get(step, 0)
                if known > mine.get(name(other), 0):
                    mine[name(other)] = known
        mine[host] = mine.get(host, 0) + 1
        if event == "deliver":
            counts.setdefault(str(record["actor"]), {})[record["step"]] = mine[host]
        yield Event(host, told(record, about), dict(mine))


def broken(
    record: Mapping[str, Any], last: Mapping[str, Any], clocks: dict[str, dict[str, int]]
) -> Iterator[Event]:
    """A violation, as an event of who did the last step."""
    host = name(last["actor"])
    mine = clocks[host]
    mine[host] += 1
    law = f"*** {record.get('law', 'violation')}: {record.get('message', '')}"
    yield Event(host, line(law), dict(mine))


def told(record: Mapping[str, Any], about: Mapping[str, Mapping[str, Any]]) -> str:
    """An event as a line."""
    if record["event"] == "deliver":
        answer = "" if record.get("answer") is None else f" = {text(record['answer'])}"
        return line(f"-> {record['to']}: {record['message']}{answer} step={record['step']}")
    return line(told_of(record, about))


def line(told: str) -> str:
    """On one line, and not empty."""
    return " ".join(told.split()) or "?"


def name(actor: object) -> str:
    """An actor as a host, which has no space in it."""
    return "_".join(str(actor).split()) or "?"


def encoded(clock: Mapping[str, int]) -> str:
    """A clock as JSON."""
    return msgspec.json.encode(clock).decode()
