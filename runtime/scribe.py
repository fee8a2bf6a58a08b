"""Scribe: writes down one run while a host turns it: a line for whatever happened.

    scribe = Scribe(world, "3c8b0d1232e7", write)      before the world is populated
    Engine(world, strategy, tell=scribe.delivered).run()
    scribe.end(outcome)

``write`` gets lines, some at a time, in the order of time: a delivery, then what was noted in it.
Who somebody is (``actor``) is written before the first line that needs it. What is in a line is
described in docs/log-schema.md, and as types in log_types.py.

Which message caused another is seen where it is sent: a lane of such a world tells its scribe what
goes in (``attentive()``). What happened before what, vector_clock.py says.

Lines of deliveries are put together from pieces that are JSON already (who, to whom, what was said,
what is known of others), since nearly all of them come again and again: building a dictionary and
encoding that takes three times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from slabrace.runtime.attentive import attentive
from slabrace.runtime.clock import TICK
from slabrace.runtime.directory import Columns, Directory, Known
from slabrace.runtime.message import UNANSWERED, Message
from slabrace.runtime.monitor import Event
from slabrace.runtime.plain import SIMPLE, plain, words
from slabrace.runtime.vector_clock import START, Clocks, Moment

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["Scribe"]

ENCODE: Final = msgspec.json.Encoder().encode
TOGETHER: Final = 256
"""Lines that are written at once."""
TEXTS: Final = 4096
"""Messages whose text is kept: most are constants that are sent again and again."""


Text = tuple[Message, bytes, Hashable | None, bool]
"""A message, how a story writes it, which part of its addressee it touches, whether it writes."""


class Names(dict[str, bytes]):
    """Names of events as JSON."""

    def __missing__(self, name: str) -> bytes:
        quoted = self[name] = ENCODE(name)
        return quoted


class Scribe:
    """See the head of this file.

    ``columns`` get a place before the other fields. With ``deliveries=False`` there are only
    notes. ``state`` adds what each passive actor holds, and what each delivery changes of it: that
    takes longer.
    """

    def __init__(
        self,
        world: World,
        run: str,
        write: Callable[[list[bytes]], None],
        *,
        columns: Columns | None = None,
        deliveries: bool = True,
        state: bool = False,
    ) -> None:
        self.world = world
        self.picks = world.picks
        self.run = run
        self.write = write
        self.lines: list[bytes] = []  # not written yet
        self.sent: dict[Envelope, Moment] = {}  # of what is on its way: where it was sent
        self.now = START
        self.told = 0  # the step of the delivery that was written last
        self.states: dict[Actor, dict[str, Any]] | None = {} if state else None
        self._head = b'{"run":%s,"step":' % ENCODE(run)
        self._clocks = Clocks()
        self._known = Directory(columns or {})
        self._pairs: dict[tuple[Actor, Actor], tuple[Known, bytes]] = {}  # "actor":"a","to":"x"
        self._texts: dict[int, Text] = {}  # by address, and kept: none comes twice
        self._owed: list[tuple[Envelope, int]] = []  # what is to be answered later
        self._notes: list[Event] = []  # of the delivery under way
        self._names = Names()
        self._unanswered = b'"deferred":true'
        self._deliveries = deliveries
        world.tap(self.noted)
        if deliveries:
            world.scribe = self
            world.lane_type = attentive(world.lane_type)

    # -- what the run tells ------------------------------------------------------------

    def moment(self) -> Moment:
        """The delivery that is under way, or whose consequences are."""
        picks = self.picks
        step = len(picks)
        while step and picks[step - 1] < 0:  # choices, made in it
            step -= 1
        if self.now.step != step:
            self.now = Moment(step)
        return self.now

    def delivered(self, envelope: Envelope) -> None:
        """A host has just delivered ``envelope``."""
        picks = self.picks
        step = len(picks)
        if picks[-1] < 0:
            step = self.moment().step
        now = self.now
        if now.step != step:
            now = self.now = Moment(step)
        sender, addressee, message = envelope.sender, envelope.addressee, envelope.message
        who, pair = self._pairs.get((sender, addressee)) or self._pair(sender, addressee)
        now.sender = who.name
        cause = self.sent.pop(envelope, START)
        _, text, part, writes = self._texts.get(id(message)) or self._text(message)
        if addressee.run is not None:  # whatever it hears may change it
            part, writes = None, True
        self._clocks.tell(now, cause, addressee, part, writes=writes)
        answer = envelope.answer
        if answer is UNANSWERED:
            answered = self._unanswered
            self._owed.append((envelope, step))
        else:
            answered = b'"answer":' + ENCODE(answer if type(answer) in SIMPLE else plain(answer))
        changes = b""
        if writes and self.states and addressee in self.states:
            changes = self._changes(addressee)
        vt = self.world.clock.now - (len(picks) - step) * TICK  # choices in it were made later
        lines = self.lines
        lines.append(
            b'%s%d,"vt":%d,"event":"deliver",%s%s,%s,"writes":%s,"cause":%d,"clock":{%s:%d%s}%s}\n'
            % (
                self._head, step, vt, pair, text, answered, b"true" if writes else b"false",
                cause.step, who.quoted, step, now.told, changes,
            )
        )  # fmt: skip
        self.told = step
        if self._notes:
            notes, self._notes = self._notes, []
            for event in notes:
                self._note(event, step)
        for owed, _ in self._owed:
            if owed.answer is not UNANSWERED:
                self._settle(now)
                break
        if len(lines) >= TOGETHER:
            self.flush()

    def noted(self, event: Event) -> None:
        """An actor has noted something: after the delivery in which it did, if that is told."""
        step = event.step
        if step != self.told:
            if step and self.picks[-1] < 0:
                step = self.moment().step
            if self._deliveries and step > self.told:
                self._notes.append(event)
                return
        self._note(event, step)

    def mark(self, actor: Actor, name: str) -> None:
        """Write a note without fields: one that comes by the thousand and is for logs alone."""
        step = len(self.picks)
        if step != self.told:
            self.noted(Event(step, self.world.clock.now, actor, name, {}))
            return
        known = self._known.get(actor) or self._introduce(actor)
        self.lines.append(
            b'%s%d,"vt":%d,"event":%s,%s}\n'
            % (self._head, step, self.world.clock.now, self._names[name], known.fields)
        )

    def hold(self, actor: Actor) -> None:
        """Write what ``actor`` holds before anything comes to it."""
        if actor not in self._known:
            self._introduce(actor)

    def end(self, outcome: Outcome, number: int = 0) -> None:
        """The run is over."""
        world = self.world
        last: Envelope | None = getattr(world, "delivery", None)
        if self._deliveries and last is not None and self.moment().step > self.told:
            self._unanswered = b'"broken":true'
            self.delivered(last)  # the run broke off in there, and nobody could tell of it
        now = self.moment()
        if self._owed:
            self._settle(now)
        for event in self._notes:
            self._note(event, now.step)
        place = {"run": self.run, "step": now.step, "vt": world.clock.now}
        for broken in outcome.violations:
            self._put({
                **place, "event": "violation", "law": broken.law, "message": broken.message,
                "parties": plain(broken.parties),
            })  # fmt: skip
        self._put({
            **place, "event": "end", "how": plain(outcome.end), "deliveries": outcome.deliveries,
            "number": number,
        })  # fmt: skip
        self.flush()

    def flush(self) -> None:
        """Write what was not written yet."""
        lines, self.lines = self.lines, []
        self.write(lines)

    # -- details -----------------------------------------------------------------------

    def _put(self, record: dict[str, Any]) -> None:
        """Take a record of those that are rare."""
        self.lines.append(ENCODE(record) + b"\n")

    def _pair(self, sender: Actor, addressee: Actor) -> tuple[Known, bytes]:
        """Who speaks to whom, with the columns of both, the sender's before the addressee's."""
        who = self._known.get(sender) or self._introduce(sender)
        whom = self._known.get(addressee) or self._introduce(addressee)
        fields = {"actor": who.name, **whom.columns, **who.columns, "to": whom.name}
        pair = self._pairs[sender, addressee] = who, ENCODE(fields)[1:-1]
        return pair

    def _introduce(self, actor: Actor) -> Known:
        """Write who ``actor`` is."""
        known = self._known.add(actor)
        if self._deliveries:
            kind = getattr(actor, "kind", type(actor).__name__.lower())
            record = {
                "run": self.run, "step": self.moment().step, "vt": self.world.clock.now,
                "event": "actor", "actor": known.name, **known.columns, "kind": kind,
                "active": actor.run is not None,
            }  # fmt: skip
            if self.states is not None and actor.run is None:  # an active one's is its coroutine's
                record["state"] = self.states[actor] = dict(words(actor))
            self._put(record)
        return known

    def _changes(self, actor: Actor) -> bytes:
        """What of ``actor`` is not as it was when that was last written."""
        states = self.states or {}
        before, after = states[actor], dict(words(actor))
        changes = {
            word: value for word, value in after.items() if before.get(word, SIMPLE) != value
        }
        states[actor] = after
        return b',"changes":' + ENCODE(changes) if changes else b""

    def _text(self, message: Message) -> Text:
        """``message``, how a story writes it, and what it touches."""
        if len(self._texts) >= TEXTS:
            self._texts.clear()
        fields = {"message": str(message), "type": type(message).__name__}
        told = b"," + ENCODE(fields)[1:-1]
        text = self._texts[id(message)] = (message, told, message.part(), message.writes)
        return text

    def _settle(self, now: Moment) -> None:
        """Write what has been answered late."""
        rest = []
        for owed in self._owed:
            envelope, of = owed
            if envelope.answer is UNANSWERED:
                rest.append(owed)
                continue
            self._put({
                "run": self.run, "step": now.step, "vt": self.world.clock.now, "event": "answer",
                "actor": self._known[envelope.addressee].name,
                "to": self._known[envelope.sender].name, "of": of, "answer": plain(envelope.answer),
            })  # fmt: skip
        self._owed = rest

    def _note(self, event: Event, step: int) -> None:
        """Write a note: the columns first, then the event's own fields."""
        actor, fields = event.actor, event.fields
        known = self._known.get(actor) or self._introduce(actor)
        own = self._known.fields(known, fields) if fields else known.fields
        lines = self.lines
        lines.append(
            b'%s%d,"vt":%d,"event":%s,%s}\n'
            % (self._head, step, event.time, self._names[event.name], own)
        )
        if len(lines) >= TOGETHER:
            self.flush()
