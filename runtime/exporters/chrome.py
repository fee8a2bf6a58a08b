"""Chrome JSON: what chrome://tracing, Perfetto and speedscope read.

One process, the run; each row of a track is a thread of it, with ``thread_sort_index`` for its
place. A slice is an ``X``, or a ``B`` without an ``E`` if it never ended; what happens at once is
an ``X`` of no length, since an arrow (``s`` to ``f``) must begin and end in a slice. A violation is
an instant, ``i``, of the global scope. Times are microseconds, with three decimals for the
nanoseconds.

Perfetto calls this format a legacy; the one it prefers is perfetto.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final

import msgspec

from slabrace.runtime.exporters.timeline import Point, Slice, Track, timeline
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["write"]

PROCESS: Final = 1
LINES: Final = 1000
"""Events written at once."""
Event = dict[str, Any]


def write(run: RunLog, legend: Legend, out: BinaryIO) -> list[str]:
    """Write ``run`` to ``out``; nothing is cut."""
    told = timeline(run, legend)
    encode = msgspec.json.Encoder().encode
    out.write(b'{"displayTimeUnit":"ns","otherData":')
    out.write(encode({"run": told.name, "versions": run.header.get("versions", {})}))
    out.write(b',"traceEvents":[\n')
    block = [encode(meta("process_name", 0, name=told.name))]
    for event in events(told.tracks, told.violations):
        block.append(encode(event))
        if len(block) >= LINES:
            out.write(b",\n".join(block))
            block = [b""]
    out.write(b",\n".join(block) + b"\n]}\n")
    return []


def events(tracks: Iterable[Track], violations: Iterable[Point]) -> Iterator[Event]:
    """All of them, thread by thread."""
    thread = 0
    happened: list[tuple[int, Point]] = []
    for track in tracks:
        for number, row in enumerate(track.rows() or [[]]):
            thread += 1
            yield meta("thread_name", thread, name=track.name)
            yield meta("thread_sort_index", thread, sort_index=thread)
            for one in row:
                yield from sliced(one, thread)
            if number == 0:
                happened += [(thread, point) for point in track.points]
    happened.sort(key=in_order)
    for thread, point in happened:
        yield from pointed(point, thread)
    for point in violations:
        yield {**common("i", point.name, point.at, 1), "s": "g", "args": point.fields}


def in_order(placed: tuple[int, Point]) -> tuple[int, bool]:
    """By time; an arrow begins before it ends, be it at the same instant."""
    return placed[1].at, placed[1].arrives > 0


def meta(what: str, thread: int, **values: Any) -> Event:
    """Metadata: names, and places."""
    return {"ph": "M", "name": what, "pid": PROCESS, "tid": thread, "args": values}


def common(phase: str, name: str, at: int, thread: int) -> Event:
    """What every event has."""
    return {"ph": phase, "name": name, "pid": PROCESS, "tid": thread, "ts": at / 1000}


def sliced(one: Slice, thread: int) -> Iterator[Event]:
    """A slice, and the arrow that begins at it."""
    kind = "message" if one.message else "span"
    if one.end is None:
        yield {**common("B", one.name, one.begin, thread), "cat": kind, "args": one.fields}
    else:
        length = (one.end - one.begin) / 1000
        yield {
            **common("X", one.name, one.begin, thread),
            "dur": length,
            "cat": kind,
            "args": one.fields,
        }
    if one.leaves:
        yield arrow("s", one.begin, thread, one.leaves)


def pointed(point: Point, thread: int) -> Iterator[Event]:
    """A slice of no length, and its arrows."""
    args: Mapping[str, Any] = point.fields
    yield {**common("X", point.name, point.at, thread), "dur": 0, "cat": "event", "args": args}
    if point.arrives:
        yield arrow("f", point.at, thread, point.arrives)
    if point.leaves:
        yield arrow("s", point.at, thread, point.leaves)


def arrow(phase: str, at: int, thread: int, number: int) -> Event:
    """One end of an arrow; it is bound to the slice around it."""
    event = {**common(phase, "message", at, thread), "cat": "message", "id": number}
    if phase == "f":
        event["bp"] = "e"
    return event
