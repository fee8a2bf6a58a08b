"""Spans: what has a beginning and an end in a log: sections, waits, and the lives of objects.

Two kinds of span come from the machine itself: a ``wait`` is a message that was not answered at
once, from its delivery to its answer. All others come from the rules of a legend. What has no end
in the log is open: ``end`` is None. An end without a beginning is no span.

Not here: what any of it means (legend.py), and how it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from slabrace.runtime.legend import Legend, SpanRule

__all__ = ["WAIT", "Lifetime", "Moment", "Span", "Spans", "lifetimes", "spans"]

WAIT: Final = "wait"

Record = Mapping[str, Any]
"""An event of the log, as docs/log-schema.md describes it."""


class Moment(NamedTuple):
    """A step and the virtual time, in nanoseconds, at which it was."""

    step: int
    vt: int


class Span(NamedTuple):
    """``name`` on the lane of ``lane``; ``fields`` are those of both its notes."""

    name: str
    lane: str
    begin: Moment
    end: Moment | None
    fields: dict[str, Any]


class Lifetime(NamedTuple):
    """When an object went through which stage; None: not in this log."""

    object: str
    kind: str
    allocated: Moment | None
    published: Moment | None
    retired: Moment | None
    freed: Moment | None


class Spans:
    """Finds spans while records pass by; what is kept is only what is open."""

    def __init__(self, rules: Sequence[SpanRule]) -> None:
        self._begins: dict[str, list[SpanRule]] = {}
        self._ends: dict[str, list[SpanRule]] = {}
        for rule in rules:
            self._begins.setdefault(rule.begin, []).append(rule)
            self._ends.setdefault(rule.end, []).append(rule)
        self._open: dict[tuple[Any, ...], list[Span]] = {}
        self._waits: dict[int, Span] = {}

    def feed(self, record: Record) -> list[Span]:
        """The spans that end with ``record``."""
        event = record["event"]
        if event == "deliver":
            if record.get("deferred"):
                self._waits[record["step"]] = Span(
                    WAIT, record["actor"], moment(record), None,
                    {"at": record["to"], "message": record["message"]},
                )  # fmt: skip
            return []
        if event == "answer":
            span = self._waits.pop(record["of"], None)
            return [] if span is None else [closed(span, record, {"answer": record.get("answer")})]
        ended = []
        for rule in self._ends.get(event, ()):
            if fits(record, rule.when_end):
                stack = self._open.get(key_of(rule, record))
                if stack:
                    ended.append(closed(stack.pop(), record, own(record)))
        for rule in self._begins.get(event, ()):
            if fits(record, rule.when_begin):
                lane = str(record.get(rule.lane, record.get("actor", "")))
                span = Span(rule.name, lane, moment(record), None, own(record))
                self._open.setdefault(key_of(rule, record), []).append(span)
        return ended

    def rest(self) -> list[Span]:
        """Those that have no end, in the order of their beginning."""
        found = [span for stack in self._open.values() for span in stack]
        return sorted([*found, *self._waits.values()], key=lambda span: span.begin)


def spans(records: Iterable[Record], legend: Legend) -> list[Span]:
    """All spans in ``records`` of one run, in the order of their beginning."""
    finder = Spans(legend.spans)
    found = [span for record in records for span in finder.feed(record)]
    return sorted([*found, *finder.rest()], key=lambda span: span.begin)


def lifetimes(records: Iterable[Record], legend: Legend) -> list[Lifetime]:
    """The life of each object in ``records`` of one run, in the order of their first stage.

    A name that is allocated again is another object. Of a stage that comes twice, the first counts.
    """
    by_event: dict[str, list[tuple[str, str]]] = {}
    for rule in legend.lifetimes:
        by_event.setdefault(rule.event, []).append((rule.stage, rule.field))
    found: list[dict[str, Any]] = []
    latest: dict[str, dict[str, Any]] = {}
    kinds: dict[str, str] = {}
    for record in records:
        event = record["event"]
        if event == "actor":
            kinds[record["actor"]] = record["kind"]
        for stage, field in by_event.get(event, ()):
            name = record.get(field)
            if not isinstance(name, str):
                continue
            life = latest.get(name)
            if life is None or stage == "allocated":
                life = latest[name] = {"object": name, "kind": record.get("kind", "")}
                found.append(life)
            life.setdefault(stage, moment(record))
    return [
        Lifetime(
            life["object"], life["kind"] or kinds.get(life["object"], ""),
            *(life.get(stage) for stage in ("allocated", "published", "retired", "freed")),
        )
        for life in found
    ]  # fmt: skip


def moment(record: Record) -> Moment:
    """When it was."""
    return Moment(record["step"], record["vt"])


def closed(span: Span, record: Record, fields: Mapping[str, Any]) -> Span:
    """``span`` with its end."""
    return span._replace(end=moment(record), fields={**span.fields, **fields})


COMMON: Final = frozenset({"run", "step", "vt", "event", "actor"})


def own(record: Record) -> dict[str, Any]:
    """The fields of a note that not every event has."""
    return {name: value for name, value in record.items() if name not in COMMON}


def fits(record: Record, wanted: Mapping[str, Any]) -> bool:
    """Whether the fields of ``record`` are as ``wanted``."""
    return all(record.get(name) == value for name, value in wanted.items())


def key_of(rule: SpanRule, record: Record) -> tuple[Any, ...]:
    """What the two notes of a span have in common."""
    return (rule.name, *(record.get(name) for name in rule.same))
