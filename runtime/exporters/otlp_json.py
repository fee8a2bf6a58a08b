"""OTLP in JSON: what OpenTelemetry's collectors take, one request for the whole run.

A trace is the run. Each actor is a service. A span of ours is a span; a message is a PRODUCER's
span at its sender and a CONSUMER's, of no length, at its addressee, with a link from the second to
the first. What was noted is an event of the innermost span around it, or of the whole run's. A
violation is an ``exception`` and makes the run's span an ERROR.

By the protocol's rules for JSON: identifiers are hexadecimal, times are strings of nanoseconds,
kinds and codes are numbers. Virtual time has no date, so the run begins with the year 2000.

What never ended ends with the run, and says so by ``slabrace.unfinished``.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

import msgspec

from slabrace.runtime.exporters.timeline import (
    ANSWERED,
    Point,
    Slice,
    Timeline,
    Track,
    timeline,
)
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["write"]

EPOCH: Final = 946_684_800_000_000_000
INTERNAL, PRODUCER, CONSUMER = 1, 4, 5
ERROR: Final = 2
LARGEST: Final = 1 << 63
Json = dict[str, Any]
ENCODE: Final = msgspec.json.Encoder().encode


def write(run: RunLog, legend: Legend, out: BinaryIO) -> list[str]:
    """Write ``run`` to ``out``; nothing is cut."""
    told = timeline(run, legend)
    last = max((record["vt"] for record in run.records), default=0)
    spans = Spans(run.run, last)
    scope = {"name": "slabrace", "version": str(run.header.get("versions", {}).get("slabrace", ""))}
    out.write(b'{"resourceSpans":[\n')
    out.write(resource("slabrace", scope, [spans.whole(told, run.header)]))
    out.writelines(
        b",\n" + resource(track.name, scope, spans.of(track), track.kind) for track in told.tracks
    )
    out.write(b"\n]}\n")
    return []


def resource(service: str, scope: Json, spans: Iterable[Json], kind: str = "") -> bytes:
    """The spans of one service."""
    about = {"service.name": service, **({"slabrace.kind": kind} if kind else {})}
    return ENCODE(
        {
            "resource": {"attributes": attributes(about)},
            "scopeSpans": [{"scope": scope, "spans": list(spans)}],
        }
    )


class Spans:
    """Makes the spans of one run; ``last`` is when it ended."""

    def __init__(self, run: str, last: int) -> None:
        self._trace = hashlib.blake2b(run.encode(), digest_size=16).hexdigest()
        self._root = identity(0)
        self._count = 0
        self._last = last

    def whole(self, told: Timeline, header: Mapping[str, Any]) -> Json:
        """The span of the whole run."""
        parameters = {
            f"slabrace.{name}": header[name]
            for name in ("scenario", "parameters", "host", "strategy", "seed", "source")
            if name in header
        }
        made = self._span(self._root, "", told.name, INTERNAL, 0, self._last, parameters)
        if told.violations:
            made["events"] = [
                happened(Point(each.at, "exception", {"exception.message": each.name}))
                for each in told.violations
            ]
            made["status"] = {"code": ERROR, "message": told.violations[0].name}
        return made

    def of(self, track: Track) -> Iterator[Json]:
        """The spans of one actor."""
        rows = track.rows()
        outer = list(self._nested(rows[0])) if rows else []
        begins = [one.begin for one, _ in outer]
        loose: list[Point] = []
        for point in track.points:
            if point.arrives:
                yield self._consumed(point)
            elif (around := innermost(outer, begins, point.at)) is not None:
                around.setdefault("events", []).append(happened(point))
            else:
                loose.append(point)
        for row in rows[1:]:
            outer.extend(self._nested(row))
        yield from (span for _, span in outer)
        if loose:
            first, last = loose[0].at, loose[-1].at
            made = self._span(self._next(), self._root, track.name, INTERNAL, first, last, {})
            made["events"] = [happened(point) for point in loose]
            yield made

    def _nested(self, row: Sequence[Slice]) -> Iterator[tuple[Slice, Json]]:
        """The spans of slices that nest, with their parents."""
        open_: list[tuple[int, str]] = []
        for one in row:
            while open_ and open_[-1][0] <= one.begin:
                open_.pop()
            parent = open_[-1][1] if open_ else self._root
            own = sent(one.leaves) if one.leaves else self._next()
            end = self._last if one.end is None else one.end
            fields = one.fields
            if one.end is None:
                fields = {**fields, "slabrace.unfinished": True}
            kind = PRODUCER if one.message else INTERNAL
            yield one, self._span(own, parent, one.name, kind, one.begin, end, fields)
            open_.append((LARGEST if one.end is None else end, own))

    def _consumed(self, point: Point) -> Json:
        """A message, where it arrived."""
        made = self._span(
            self._next(), self._root, point.name, CONSUMER, point.at, point.at, point.fields
        )
        step = point.arrives & (ANSWERED - 1)  # an answer is linked to what it answers
        made["links"] = [{"traceId": self._trace, "spanId": sent(step)}]
        return made

    def _next(self) -> str:
        self._count += 1
        return identity(self._count)

    def _span(
        self,
        own: str,
        parent: str,
        name: str,
        kind: int,
        begin: int,
        end: int,
        fields: Mapping[str, Any],
    ) -> Json:
        return {
            "traceId": self._trace,
            "spanId": own,
            "parentSpanId": parent,
            "name": name,
            "kind": kind,
            "startTimeUnixNano": str(EPOCH + begin),
            "endTimeUnixNano": str(EPOCH + end),
            "attributes": attributes(fields),
        }


def identity(number: int) -> str:
    """Sixteen digits, not all of which are 0."""
    return f"{1 << 62 | number:016x}"


def sent(step: int) -> str:
    """The span of the message that was handled at ``step``."""
    return f"{1 << 61 | step:016x}"


def innermost(outer: Sequence[tuple[Slice, Json]], begins: Sequence[int], at: int) -> Json | None:
    """The span around ``at`` that began last, if it is near."""
    place = bisect_right(begins, at)
    for one, span in reversed(outer[max(0, place - 8) : place]):
        if one.end is None or one.end >= at:
            return span
    return None


def happened(point: Point) -> Json:
    """An event of a span."""
    return {
        "timeUnixNano": str(EPOCH + point.at),
        "name": point.name,
        "attributes": attributes(point.fields),
    }


def attributes(fields: Mapping[str, Any]) -> list[Json]:
    """Fields as the protocol has them: a value says what it is."""
    return [
        {"key": name, "value": value(each)} for name, each in fields.items() if each is not None
    ]


def value(of: Any) -> Json:
    """A number of 64 bits is a string, too."""
    match of:
        case bool():
            return {"boolValue": of}
        case int() if -LARGEST <= of < LARGEST:
            return {"intValue": str(of)}
        case float():
            return {"doubleValue": of}
        case str():
            return {"stringValue": of}
        case list():
            return {"arrayValue": {"values": [value(each) for each in of if each is not None]}}
        case dict():
            return {"kvlistValue": {"values": attributes(of)}}
    return {"stringValue": str(of)}
