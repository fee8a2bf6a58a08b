"""Scribe: writes down one run while a host turns it: a record for whatever happened.

    scribe = Scribe(world, "3c8b0d1232e7", write)      before the world is populated
    Engine(world, strategy, tell=scribe.delivered).run()
    scribe.end(outcome)

``write`` gets records, each a dictionary of plain values, some at a time, in the order of time: a
delivery, then what was noted in it. Who somebody is (``actor``) is written before the first record
that needs it. What is in a record is described in docs/log-schema.md.

Which message caused another is seen where it is sent: a lane of such a world tells its scribe what
goes in (``Attentive``). What happened before what, vector_clock.py says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from slabrace.runtime.clock import TICK
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import UNANSWERED, Message
from slabrace.runtime.plain import SIMPLE, of_kind, plain, words
from slabrace.runtime.vector_clock import START, Clocks, Moment

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.monitor import Event
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["Columns", "Scribe"]

Columns = Mapping[str, Sequence[str]]
"""Column -> the fields of an event that may fill it; if none does, such an attribute does."""

TOGETHER: Final = 256
"""Records that are written at once: encoding them takes a third less time than one by one."""
TEXTS: Final = 4096
"""Messages whose text is kept: most are constants that are sent again and again."""


class Attentive(Lane):
    """A lane that tells the scribe of its world what goes in, on top of what it does anyway."""

    __slots__ = ()

    def append(self, envelope: Envelope, /) -> None:
        """It is sent."""
        scribe = envelope.sender.world.scribe
        if scribe is not None:
            scribe.set_off(envelope)
        super().append(envelope)


class Scribe:
    """See the head of this file.

    ``columns`` get a place before the other fields. With ``deliveries=False`` there are only
    notes. ``state`` adds what each passive actor holds, and what each delivery changes of it: that
    takes much longer.
    """

    def __init__(
        self,
        world: World,
        run: str,
        write: Callable[[list[dict[str, Any]]], None],
        *,
        columns: Columns | None = None,
        deliveries: bool = True,
        state: bool = False,
    ) -> None:
        self.world = world
        self.run = run
        self.write = write
        self.records: list[dict[str, Any]] = []  # not written yet
        self.columns = [(column, tuple(names)) for column, names in (columns or {}).items()]
        self.sent: dict[Envelope, Moment] = {}  # of what is on its way: where it was sent
        self.told = 0  # the step of the delivery that was written last
        self._placed = frozenset(columns or ())
        self._now = START
        self._clocks = Clocks()
        self._known: dict[Actor, tuple[str, dict[str, Any]]] = {}  # -> its name and columns
        self._texts: dict[int, tuple[Message, str]] = {}  # by address, and kept: none is used twice
        self._owed: list[tuple[Envelope, int]] = []  # what is to be answered later
        self._notes: list[Event] = []  # of the delivery under way
        self._state = state
        self._states: dict[Actor, dict[str, Any]] = {}  # of passive actors, if asked for
        self._deliveries = deliveries
        world.tap(self.noted)
        if deliveries:
            world.scribe = self
            world.lane_type = type("Attentive", (Attentive, world.lane_type), {"__slots__": ()})

    # -- what the run tells ------------------------------------------------------------

    def set_off(self, envelope: Envelope) -> None:
        """``envelope`` is on its way."""
        self.sent[envelope] = self.moment()
        if self._state and envelope.addressee not in self._known:  # as long as it is as it was
            self._introduce(envelope.addressee)

    def moment(self) -> Moment:
        """The delivery that is under way, or whose consequences are."""
        picks = self.world.picks
        step = len(picks)
        while step and picks[step - 1] < 0:  # choices, made in it
            step -= 1
        if self._now.step != step:
            self._now = Moment(step)
        return self._now

    def delivered(self, envelope: Envelope) -> None:
        """A host has just delivered ``envelope``."""
        now = self._now
        picks = self.world.picks
        if now.step != len(picks) or picks[-1] < 0:
            now = self.moment()
        sender, addressee = envelope.sender, envelope.addressee
        name, columns = self._known.get(sender) or self._introduce(sender)
        whom, theirs = self._known.get(addressee) or self._introduce(addressee)
        message = envelope.message
        now.sender = name
        cause = self.sent.pop(envelope, START)
        writes = self._clocks.tell(now, cause, addressee, message)
        text = self._texts.get(id(message)) or self._tell(message)
        record = {
            "run": self.run, "step": now.step, "vt": self._time(now), "event": "deliver",
            "actor": name, **theirs, **columns, "to": whom, "message": text[1],
            "type": type(message).__name__,
        }  # fmt: skip
        answer = envelope.answer
        if answer is UNANSWERED:
            record["deferred"] = True
            self._owed.append((envelope, now.step))
        else:
            record["answer"] = answer if type(answer) in SIMPLE else plain(answer)
        record["writes"] = writes
        record["cause"] = cause.step
        record["clock"] = now.clock
        if writes and addressee in self._states:
            self._tell_changes(addressee, record)
        self.records.append(record)
        self.told = now.step
        if self._notes:
            notes, self._notes = self._notes, []
            for event in notes:
                self._note(event, now.step)
        if self._owed:
            self._settle(now)
        if len(self.records) >= TOGETHER:
            self.flush()

    def noted(self, event: Event) -> None:
        """An actor has noted something: after the delivery in which it did, if that is told."""
        step = event.step
        if step and self.world.picks[-1] < 0:
            step = self.moment().step
        if self._deliveries and step > self.told:
            self._notes.append(event)
        else:
            self._note(event, step)
            if len(self.records) >= TOGETHER:
                self.flush()

    def end(self, outcome: Outcome, number: int = 0) -> None:
        """The run is over."""
        world = self.world
        last: Envelope | None = getattr(world, "delivery", None)
        if self._deliveries and last is not None and self.moment().step > self.told:
            self.delivered(last)  # it broke off in there, and nobody could tell of it
        step, time = self.moment().step, world.clock.now
        if self._owed:
            self._settle(self.moment())
        for event in self._notes:
            self._note(event, step)
        for broken in outcome.violations:
            self.records.append({
                "run": self.run, "step": step, "vt": time, "event": "violation",
                "law": broken.law, "message": broken.message, "parties": plain(broken.parties),
            })  # fmt: skip
        self.records.append({
            "run": self.run, "step": step, "vt": time, "event": "end", "how": plain(outcome.end),
            "deliveries": outcome.deliveries, "number": number,
        })  # fmt: skip
        self.flush()

    def flush(self) -> None:
        """Write what was not written yet."""
        records, self.records = self.records, []
        self.write(records)

    # -- details -----------------------------------------------------------------------

    def _time(self, now: Moment) -> int:
        """When the delivery was: choices that were made in it came later."""
        world = self.world
        return world.clock.now - (len(world.picks) - now.step) * TICK

    def _introduce(self, actor: Actor) -> tuple[str, dict[str, Any]]:
        """Write who ``actor`` is; its name, and the columns that it fills by what it is."""
        columns = {}
        for column, _ in self.columns:
            value = of_kind(getattr(actor, column, None), column)
            if value is not None and type(value) in SIMPLE:
                columns[column] = value
        known = self._known[actor] = (actor.name, columns)
        if not self._deliveries:
            return known
        record = {
            "run": self.run, "step": self.moment().step, "vt": self._time(self._now),
            "event": "actor", "actor": actor.name, **columns,
            "kind": getattr(actor, "kind", type(actor).__name__.lower()),
            "active": actor.run is not None,
        }  # fmt: skip
        if self._state and actor.run is None:  # an active one's is where its coroutine stands
            record["state"] = self._states[actor] = dict(words(actor))
        self.records.append(record)
        return known

    def _tell_changes(self, actor: Actor, record: dict[str, Any]) -> None:
        """Add to ``record`` what of ``actor`` is not as it was when that was last written."""
        before, after = self._states[actor], dict(words(actor))
        changes = {
            word: value for word, value in after.items() if before.get(word, SIMPLE) != value
        }
        if changes:
            record["changes"] = changes
            self._states[actor] = after

    def _tell(self, message: Message) -> tuple[Message, str]:
        """``message`` and how a story writes it."""
        if len(self._texts) >= TEXTS:
            self._texts.clear()
        told = self._texts[id(message)] = (message, str(message))
        return told

    def _settle(self, now: Moment) -> None:
        """Write what has been answered late."""
        rest = []
        for owed in self._owed:
            envelope, of = owed
            if envelope.answer is UNANSWERED:
                rest.append(owed)
                continue
            self.records.append({
                "run": self.run, "step": now.step, "vt": self._time(now), "event": "answer",
                "actor": self._known[envelope.addressee][0],
                "to": self._known[envelope.sender][0], "of": of, "answer": plain(envelope.answer),
            })  # fmt: skip
        self._owed = rest

    def _note(self, event: Event, step: int) -> None:
        """Write a note: the columns first, in their order, then the event's own fields."""
        actor, fields = event.actor, event.fields
        name, columns = self._known.get(actor) or self._introduce(actor)
        record = {
            "run": self.run, "step": step, "vt": event.time, "event": event.name, "actor": name,
            **columns,
        }  # fmt: skip
        if fields:
            self._fill(record, fields)
        self.records.append(record)

    def _fill(self, record: dict[str, Any], fields: dict[str, Any]) -> None:
        """Add ``fields`` to the record of a note; columns come first."""
        for column, names in self.columns:
            for name in names:
                value = fields.get(name)
                if value is not None:
                    value = of_kind(value, column)
                    if type(value) in SIMPLE:
                        record[column] = value
                    break
        for name, value in fields.items():
            if name not in self._placed:  # a name that the schema has taken makes room for it
                key = f"{name}_" if name in record else name
                record[key] = value if type(value) in SIMPLE else plain(value)
