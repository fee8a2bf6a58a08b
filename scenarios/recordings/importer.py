"""The importer: a recording becomes a structured log, line by line.

Theory. The log of a run and the recording of a kernel tell the same story: who did what, when. Who
is the task, when is nanoseconds since the first event, and the step is the number of the line, so
that each event can be looked up in the recording. A recording may hold several (a second header, or
a clock that jumps back): each is a run of its own. Within a run time does not go back: an event
that was printed late is moved to the time before it and counted.

Nothing is kept but who was introduced already, within bounds: past SEEN they are forgotten, and
introduced again when they come. The header is written with the first event: a file without any
leaves no log.

This file must not know the layout of a line (line.py), the fields of an event (events.py) nor where
the bytes go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

import msgspec

from slabrace.scenarios.recordings.census import Census
from slabrace.scenarios.recordings.events import OBJECTS, event_name, told
from slabrace.scenarios.recordings.line import Line, Lost, Skipped, begins, nanoseconds, read
from slabrace.scenarios.recordings.preface import Preface

__all__ = ["Importer"]

BACK: Final = 1_000_000_000
"""Nanoseconds; ftrace text is in the order of time, so this far back is another recording."""
SEEN: Final = 1 << 16
"""Actors that are remembered to have been introduced."""
BATCH: Final = 256
"""Records that are encoded at once."""
ENCODER: Final = msgspec.json.Encoder()
CPUS: Final = 8192
"""Ring buffers that may have lost events before the first line."""


class Importer:
    """Fed line by line; `finish()` ends it."""

    def __init__(self, header: dict[str, Any], write: Callable[[bytes, int], object]) -> None:
        self.census = Census()
        self.header = header  # with what the recording says of itself, once it has begun
        self._identity = msgspec.json.encode(header, order="deterministic")
        self._write = write
        self._records: list[dict[str, Any]] = []  # not written yet
        self._preface = Preface()
        self._begin()

    def _begin(self) -> None:
        """A run that has no event yet."""
        digest = hashlib.blake2b(self._identity, digest_size=6)
        digest.update(b"%d" % self.census.runs)
        self._run = digest.hexdigest()
        self._open = False
        self._base = 0  # the time of its first event
        self._vt = 0
        self._events_before = self.census.events
        self._skipped_before = dict(self.census.skipped)
        self._lost_before: list[Lost] = []
        self._tasks: dict[tuple[str, int], str] = {}
        self._objects: dict[tuple[str, str], None] = {}

    def feed(self, text: str) -> None:
        """Take the next line of the recording."""
        self.census.lines += 1
        line = read(text)
        if isinstance(line, Line):
            own = told(line)
            if own is None:
                self._skip(Skipped.BROKEN, text)
            else:
                self._event(line, own)
        elif isinstance(line, Lost):
            self._lost(line)
        else:
            self._skip(line, text)

    def finish(self, damage: str | None = None) -> None:
        """The recording is over, or cannot be read any further."""
        if not self._open:
            self._drain()
            return
        if damage is not None:
            self._tell("remark", why="damage", text=damage)
        self._end("recorded" if damage is None else "damaged")
        self._drain()

    # -- events ------------------------------------------------------------------------

    def _event(self, line: Line, own: dict[str, Any]) -> None:
        now = nanoseconds(line.stamp)
        if self._open and now - self._base - self._vt < -BACK:
            self._end("recorded")
        if not self._open:
            self._base = now
            self._start()
        vt = now - self._base
        census = self.census
        if vt >= self._vt:
            self._vt = vt
        else:
            census.late += 1
        if census.first is None:
            census.first = line.stamp
        census.last = line.stamp
        who = self._tasks.get((line.comm, line.pid))
        if who is None:
            who = self._meet(line)
        event = event_name(line)
        if (about := OBJECTS.get(event)) is not None:
            self._introduce(about, own)
        record = {
            "run": self._run, "step": census.lines, "vt": self._vt, "event": event,
            "actor": who, "cpu": line.cpu,
        }  # fmt: skip
        record.update(own)
        census.event(event)
        self._records.append(record)
        if len(self._records) >= BATCH:
            self._drain()

    def _meet(self, line: Line) -> str:
        """Introduce a task."""
        if len(self._tasks) >= SEEN:
            self._tasks.clear()
        who = self._tasks[line.comm, line.pid] = line.who
        self._tell("actor", actor=who, kind="task", active=True)
        return who

    def _introduce(self, about: tuple[str, str], own: dict[str, Any]) -> None:
        """Introduce the object that an event is about."""
        kind, field = about
        name = own.get(field)
        if not isinstance(name, str) or (kind, name) in self._objects:
            return
        if len(self._objects) >= SEEN:
            self._objects.clear()
        self._objects[kind, name] = None
        more = {"shrink": own["shrink"]} if "shrink" in own else {}
        self._tell("actor", actor=name, kind=kind, active=False, **more)

    def _lost(self, lost: Lost) -> None:
        self.census.gaps += 1
        self.census.lost += lost.amount or 1
        if self._open:
            self._tell("lost", cpu=lost.cpu, amount=lost.amount)
        elif len(self._lost_before) < CPUS:
            self._lost_before.append(lost)

    def _skip(self, why: Skipped, text: str) -> None:
        if why is Skipped.COMMENT:
            if begins(text):
                if self._open:
                    self._end("recorded")
                self._preface = Preface()
            self._preface.feed(text)
        quotation = self.census.skip(why, text)
        if quotation is not None and self._open:
            self._tell("remark", why=quotation.why, text=quotation.text)

    # -- runs --------------------------------------------------------------------------

    def _start(self) -> None:
        """The first event of a run is here."""
        self._open = True
        said = self._preface.said
        if self.census.runs == 0:
            if said:
                self.header = {**self.header, "recording": said}
            self._records.append(self.header)
        elif said:
            self._tell("recording", **said)
        self.census.runs += 1
        for lost in self._lost_before:
            self._tell("lost", cpu=lost.cpu, amount=lost.amount)

    def _end(self, how: str) -> None:
        """Count what was in the run, and wait for the next."""
        skipped = {
            why: count - self._skipped_before[why] for why, count in self.census.skipped.items()
        }
        self._tell(
            "end", how=how, deliveries=0, number=self.census.runs - 1,
            events=self.census.events - self._events_before,
            skipped={why: count for why, count in skipped.items() if count},
        )  # fmt: skip
        self._begin()

    def _tell(self, event: str, **own: Any) -> None:
        record = {"run": self._run, "step": self.census.lines, "vt": self._vt, "event": event}
        record.update((name, value) for name, value in own.items() if value is not None)
        self._records.append(record)

    def _drain(self) -> None:
        if not self._records:
            return
        self._write(ENCODER.encode_lines(self._records), len(self._records))
        self._records.clear()
