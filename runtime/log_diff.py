"""Log diff: two runs of one scenario, and where they part.

Runs of one scenario with the same parameters differ by their picks alone. So there is a first
delivery that differs, and whatever differs otherwise is a consequence of it: for each actor the
first of its deliveries that went another way or was answered in another way, events that only one
run has, how each run ended and which laws were broken.

Events are compared without when they were: their step, time and clock say nothing of what happened.
The runs are read side by side; kept is by how much one is ahead of the other, so memory grows with
what differs and not with what is the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import zip_longest
from typing import Any, Final

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_chain import access
from slabrace.runtime.log_reader import Header, Record

__all__ = ["Comparison", "Difference", "Ending", "Parting", "compared", "same_scenario"]

WHEN: Final = frozenset({"run", "step", "vt", "clock", "cause", "of", "deliveries", "schedule"})
"""Fields that say when or where in the run, and not what."""

APART: Final = frozenset({"answer"})
"""Other events that are not compared as notes."""

MOST_NOTES: Final = 100_000
"""Different notes that are kept; of more nothing is told."""

ENCODE: Final = msgspec.json.Encoder(order="sorted").encode


class Ending(msgspec.Struct):
    """How a run ended."""

    run: str
    deliveries: int = 0
    how: str | None = None
    violations: list[dict[str, Any]] = []


class Parting(msgspec.Struct):
    """Two deliveries in the same place that are not the same; None: this run has no more."""

    a: dict[str, Any] | None
    b: dict[str, Any] | None


class Difference(msgspec.Struct):
    """All that differs."""

    a: Ending
    b: Ending
    first: Parting | None = None
    actors: dict[str, Parting] = {}
    only_a: list[dict[str, Any]] = []
    only_b: list[dict[str, Any]] = []
    complete: bool = True

    def __bool__(self) -> bool:
        ends = (self.a.how, self.a.violations) != (self.b.how, self.b.violations)
        return bool(self.first or self.actors or self.only_a or self.only_b or ends)


def same_scenario(a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    """Refuse to compare runs of different scenarios."""
    if a.get("scenario") != b.get("scenario") or a.get("scenario") is None:
        raise UsageError(
            "only runs of one scenario can be compared: A is "
            f"{a.get('scenario') or a.get('source')}, B is {b.get('scenario') or b.get('source')}"
        )
    first, second = dict(a.get("parameters") or {}), dict(b.get("parameters") or {})
    differing = [
        f"{name}={first.get(name)!r} in A and {second.get(name)!r} in B"
        for name in sorted(first.keys() | second.keys())
        if first.get(name) != second.get(name)
    ]
    if differing:
        raise UsageError(
            f"the parameters of {a['scenario']} differ: {'; '.join(differing)}; "
            "only orders of one and the same program can be compared"
        )


def compared(a: Iterable[Header | Record], b: Iterable[Header | Record]) -> Difference:
    """What differs between two runs, each the only one among its lines."""
    comparison = Comparison()
    for one, other in zip_longest(events(a), events(b)):
        if one is not None:
            comparison.add(0, one)
        if other is not None:
            comparison.add(1, other)
    return comparison.finish()


def events(lines: Iterable[Header | Record]) -> Iterable[dict[str, Any]]:
    """The fields of each event."""
    return (line.fields for line in lines if isinstance(line, Record))


class Comparison:
    """What was seen of both so far. A side is 0 or 1."""

    def __init__(self) -> None:
        self.endings = (Ending(""), Ending(""))
        self._ahead: Ahead = Ahead()
        self._actors: dict[str, Ahead] = {}
        self._notes: dict[bytes, tuple[int, dict[str, Any]]] = {}
        self._complete = True
        self._names: set[str] = set()

    def add(self, side: int, fields: dict[str, Any]) -> None:
        """One more event of one side."""
        ending = self.endings[side]
        ending.run = fields["run"]
        event = fields["event"]
        if event == "deliver":
            ending.deliveries += 1
            told = delivery(fields, self._names)
            self._ahead.add(side, told, ("actor", "to", "message"))
            actor = self._actors.setdefault(told["actor"], Ahead())
            actor.add(side, told, ("to", "message", "answer", "deferred"))
        elif event == "violation":
            ending.violations.append({name: fields.get(name) for name in ("law", "message")})
        elif event == "end":
            ending.how = fields.get("how")
        elif event == "actor":
            self._names.add(str(fields.get("actor")))
        elif event not in APART:
            self._note(side, fields)

    def _note(self, side: int, fields: dict[str, Any]) -> None:
        what = {name: value for name, value in fields.items() if name not in WHEN}
        key = ENCODE(what)
        balance, first = self._notes.get(key, (0, fields))
        balance += 1 if side == 0 else -1
        if not balance:
            self._notes.pop(key, None)
        elif key in self._notes or len(self._notes) < MOST_NOTES:
            self._notes[key] = (balance, first)
        else:
            self._complete = False

    def finish(self) -> Difference:
        """Both have ended."""
        a, b = self.endings
        found = Difference(a, b, self._ahead.finish(), complete=self._complete)
        for name, ahead in self._actors.items():
            parting = ahead.finish()
            if parting is not None:
                found.actors[name] = parting
        for key, (balance, first) in self._notes.items():
            what = {"step": first["step"], **msgspec.json.decode(key), "times": abs(balance)}
            (found.only_a if balance > 0 else found.only_b).append(what)
        return found


class Ahead:
    """Two sequences side by side until they part; kept is what one has and the other has not."""

    def __init__(self) -> None:
        self._waiting: tuple[deque[dict[str, Any]], deque[dict[str, Any]]] = (deque(), deque())
        self.parting: Parting | None = None

    def add(self, side: int, told: dict[str, Any], names: Iterable[str]) -> None:
        """One more of one side; ``names`` are the fields that must be the same."""
        if self.parting is not None:
            return
        others = self._waiting[1 - side]
        if not others:
            self._waiting[side].append(told)
            return
        other = others.popleft()
        if any(told.get(name) != other.get(name) for name in names):
            self.parting = Parting(told, other) if side == 0 else Parting(other, told)
            for waiting in self._waiting:
                waiting.clear()

    def finish(self) -> Parting | None:
        """Where they part, if they do."""
        if self.parting is None:
            a, b = (next(iter(waiting), None) for waiting in self._waiting)
            if a is not None or b is not None:
                return Parting(a, b)
        return self.parting


def delivery(fields: Mapping[str, Any], names: AbstractSet[str]) -> dict[str, Any]:
    """What is kept of one."""
    told = {"step": fields["step"], "actor": str(fields.get("actor")), "to": fields.get("to")}
    told["message"] = fields.get("message")
    told["told"] = access(fields, names)
    if fields.get("deferred"):
        told["deferred"] = True
    else:
        told["answer"] = fields.get("answer")
    return told
