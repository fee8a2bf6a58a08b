"""Timeline: a run as viewers with tracks want it.

    writer0   |== section ======================|
              |- Load(x) ---------| |- Store --|
    x                             > Load(x)    > Store(x)

Every actor has a track, in the legend's order. A message is a slice on its sender's track, from
when it was sent to when it was answered, and a point on its addressee's when it was handled; an
arrow leads from one to the other. A span is a slice on its lane's track. The life of an object is
a slice on the object's own, with its ages in it. All else that was noted is a point.

Viewers want the slices of one track to nest, and ours need not: a buffered store overtakes. So a
track has rows, and a slice goes into the first row where it fits. A message never goes into a
message.

This file arranges; exporters write. What a span or a life is, the legend says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from slabrace.runtime.exporters.spans import WAIT, Lifetime, fits, lifetimes, spans
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["ANSWERED", "Point", "Slice", "Timeline", "Track", "text", "timeline", "title"]

STRUCTURE: Final = frozenset({"actor", "deliver", "answer", "violation", "end"})
"""Events that are told in a way of their own."""
PLACED: Final = frozenset({"run", "vt", "event", "actor", "clock", "changes", "state"})
"""Fields that the place of a mark tells, or that are too much for a tooltip."""
ANSWERED: Final = 1 << 40
"""Added to a step: the arrow of the answer to the message that it delivered."""


class Slice(msgspec.Struct, frozen=True, gc=False):
    """What lasted; for ever, if ``end`` is None. An arrow with number ``leaves`` begins at it."""

    begin: int
    end: int | None
    name: str
    fields: Mapping[str, Any]
    leaves: int = 0
    message: bool = False


class Point(msgspec.Struct, frozen=True, gc=False):
    """What happened at once. The arrow ``leaves`` begins here, the arrow ``arrives`` ends here."""

    at: int
    name: str
    fields: Mapping[str, Any]
    leaves: int = 0
    arrives: int = 0


class Track:
    """All that is shown of one actor."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.slices: list[Slice] = []
        self.points: list[Point] = []

    def rows(self) -> list[list[Slice]]:
        """The slices, in rows in which they nest, each in the order in which they begin."""
        rows: list[list[Slice]] = []
        stacks: list[list[tuple[float, bool]]] = []
        for one in sorted(self.slices, key=lambda one: (one.begin, one.message, -until(one))):
            for row, stack in zip(rows, stacks, strict=True):
                if nests(one, stack):
                    row.append(one)
                    break
            else:
                rows.append([one])
                stacks.append([])
                stack = stacks[-1]
            stack.append((until(one), one.message or bool(stack and stack[-1][1])))
        return rows


def until(one: Slice) -> float:
    """When it ends, as a number."""
    return float("inf") if one.end is None else one.end


def nests(one: Slice, stack: list[tuple[float, bool]]) -> bool:
    """Whether it nests into what is open: by its end, and whether a message is open already.

    What has ended by then is open no more.
    """
    while stack and stack[-1][0] <= one.begin:
        stack.pop()
    if not stack:
        return True
    end, message = stack[-1]
    return until(one) <= end and not (message and one.message)


class Timeline:
    """The tracks of a run, and its ``violations``, which are everybody's."""

    def __init__(self, name: str, tracks: Sequence[Track], violations: Sequence[Point]) -> None:
        self.name = name
        self.tracks = tracks
        self.violations = violations


def timeline(run: RunLog, legend: Legend, *, messages: bool = True) -> Timeline:
    """``run``, arranged; with the ``messages``, or only what was noted."""
    tracks: dict[str, Track] = {}

    def track(name: object, kind: str = "") -> Track:
        name = str(name) or "?"  # viewers choke on a name that is none
        found = tracks.get(name)
        if found is None:
            who = run.actors.get(name)
            found = tracks[name] = Track(name, who.kind if who else kind)
        return found

    for name in run.actors:
        track(name)
    for span in spans(run.records, legend):
        if span.name != WAIT:  # a message that waits is a long slice already
            end = None if span.end is None else span.end.vt
            fields = {"step": span.begin.step, **shown(span.fields)}
            track(span.lane).slices.append(Slice(span.begin.vt, end, span.name, fields))
    ends = borders(legend)
    for life in lifetimes(run.records, legend):
        track(life.object, life.kind).slices.extend(ages(life))
    if messages:
        deliveries(run.records, track)
    violations = []
    for record in run.records:
        event = record["event"]
        if event == "violation":
            name = f"{record.get('law', event)}: {record.get('message', '')}"
            violations.append(Point(record["vt"], name, shown(record)))
        elif event not in STRUCTURE and not any(fits(record, each) for each in ends.get(event, ())):
            here = track(record.get("actor", "?"))
            here.points.append(Point(record["vt"], title(record), shown(record)))
    return Timeline(caption(run), arranged(tracks.values(), legend), violations)


def borders(legend: Legend) -> dict[str, list[Mapping[str, Any]]]:
    """Of each event that begins or ends a span, what its fields must be for that."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for rule in legend.spans:
        found.setdefault(rule.begin, []).append(rule.when_begin)
        found.setdefault(rule.end, []).append(rule.when_end)
    return found


def deliveries(records: Iterable[Mapping[str, Any]], track: Callable[[object], Track]) -> None:
    """Messages on the tracks: who sent, who handled, who answered later."""
    times = {0: 0}  # of deliveries, by step
    late: dict[int, tuple[Track, int, Mapping[str, Any]]] = {}
    for record in records:
        event = record["event"]
        if event == "deliver":
            step, now = record["step"], record["vt"]
            times[step] = now
            name, fields = str(record["message"]), shown(record)
            sender = track(record["actor"])
            sent = times.get(record.get("cause", -1), now)
            handled = {"step": step, "from": record["actor"]}
            track(record["to"]).points.append(Point(now, name, handled, 0, step))
            if record.get("deferred"):
                late[step] = (sender, sent, record)
            else:
                sender.slices.append(Slice(sent, now, name, fields, step, message=True))
        elif event == "answer":
            now, step = record["vt"], record["of"]
            name, fields = title(record), shown(record)
            track(record["actor"]).points.append(Point(now, name, fields, ANSWERED + step))
            track(record["to"]).points.append(Point(now, name, fields, 0, ANSWERED + step))
            if step in late:
                sender, sent, asked = late.pop(step)
                both = {**shown(asked), "answer": record.get("answer"), "answered": record["step"]}
                message = str(asked["message"])
                sender.slices.append(Slice(sent, now, message, both, step, message=True))
    for step, (sender, sent, asked) in late.items():  # nobody answered: it waits for ever
        message = str(asked["message"])
        sender.slices.append(Slice(sent, None, message, shown(asked), step, message=True))


def ages(life: Lifetime) -> list[Slice]:
    """The life of an object, and in it from when to when it could be found, and was waited for."""
    moments = {
        "allocated": life.allocated,
        "published": life.published,
        "retired": life.retired,
        "freed": life.freed,
    }
    at = {name: moment.vt for name, moment in moments.items() if moment is not None}
    fields = {name: moment.step for name, moment in moments.items() if moment is not None}
    freed = at.get("freed")
    born = min(at.values(), default=0) if life.allocated is None else life.allocated.vt
    slices = [Slice(born, freed, life.kind or "object", fields)]
    if "published" in at:
        slices.append(Slice(at["published"], at.get("retired", freed), "published", {}))
    if "retired" in at:
        slices.append(Slice(at["retired"], freed, "retired", {}))
    return slices


def title(record: Mapping[str, Any]) -> str:
    """What an event is called: a function as a function, the answer to a message as such."""
    event = record["event"]
    if event == "function":
        return f"{record.get('name', '')}()"
    if event == "answer":
        return f"answer: {text(record.get('answer'))}"
    return str(event)


def shown(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record that its place does not tell."""
    return {name: value for name, value in record.items() if name not in PLACED}


def text(value: object) -> str:
    """A field as text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def caption(run: RunLog) -> str:
    """What a viewer calls the run."""
    header = run.header
    return f"slabrace {header.get('scenario') or header.get('source') or ''}".strip()


def arranged(tracks: Iterable[Track], legend: Legend) -> list[Track]:
    """In the legend's order of kinds; of one kind, as they came. What it does not know is last."""
    return sorted(tracks, key=lambda track: legend.rank(track.kind))
