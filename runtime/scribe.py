"""Scribe: writes down one run while a host turns it: a line for whatever happened.

    scribe = Scribe(world, "3c8b0d1232e7", write)      before the world is populated
    Engine(world, strategy, tell=scribe.delivered).run()
    scribe.end(outcome)

``write`` gets lines, some at a time, in the order of time: a delivery, then what was noted in it.
Who somebody is (``actor``) is written before the first line that needs it. What is in a line is
described in docs/log-schema.md, and as types in log_types.py.

What may change is put into words here, at once; the rest of a delivery's line wording.py makes.
Which message caused another is seen where it is sent: a lane of such a world tells its scribe what
goes in (``attentive()``). What happened before what, vector_clock.py says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from slabrace.runtime.actor import Address
from slabrace.runtime.attentive import attentive
from slabrace.runtime.clock import TICK
from slabrace.runtime.directory import Columns, Directory, Known
from slabrace.runtime.message import UNANSWERED
from slabrace.runtime.monitor import Event
from slabrace.runtime.plain import SIMPLE, encoded, plain, words
from slabrace.runtime.vector_clock import START, Cells, Moment, Sender
from slabrace.runtime.wording import Delivery, Pair, Quoted, Wording

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["Scribe"]

TOGETHER: Final = 256
"""Lines that are made, and written, at once."""
ANSWERS: Final = 4096
"""Answers whose text is kept: most are actors, None, true or false."""


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
        write: Callable[[list[str]], None],
        *,
        columns: Columns | None = None,
        deliveries: bool = True,
        state: bool = False,
    ) -> None:
        self.world = world
        self.picks = world.picks
        self.run = run
        self.write = write
        self.happened: list[str | Delivery] = []  # what was not written yet
        self.sent: dict[Envelope, Moment] = {}  # of what is on its way: where it was sent
        self.now = START
        self.told = 0  # the step of the delivery that was told last
        self.states: dict[Actor, dict[str, Any]] | None = {} if state else None
        self._head = f'{{"run":{encoded(run)},"step":'
        self._step = self._time = -1
        self._begun = ""  # how a line of that step and time begins
        self._wording = Wording(self._head)
        self._known = Directory(columns or {})
        self._pairs: dict[Actor, dict[Actor, Pair]] = {}  # of a sender, then an addressee
        self._senders: dict[Actor, Sender] = {}
        self._cells: dict[Actor, Cells] = {}
        self._answers: dict[int, tuple[Any, str]] = {}  # by address, and kept: none comes twice
        self._names = Quoted()
        self._owed: list[tuple[Envelope, int]] = []  # what is to be answered later
        self._notes: list[str | Delivery] = []  # of the delivery under way
        self._unanswered = '"deferred":true'
        self._deliveries = deliveries
        world.tap(self.noted)
        if deliveries:
            world.scribe = self
            world.lane_type = attentive(world.lane_type, self)

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
        picks, happened = self.picks, self.happened
        addressee, message, answer = envelope.addressee, envelope.message, envelope.answer
        step, time = len(picks), self.world.clock.now
        if picks[-1] < 0:
            step = self.moment().step
            time -= (len(picks) - step) * TICK  # choices in it were made later
        now = self.now
        if now.step != step:
            now = self.now = Moment(step)
        try:
            pair = self._pairs[envelope.sender][addressee]
        except KeyError:
            pair = self._pair(envelope.sender, addressee)
        if type(answer) is int:
            answered = f'"answer":{answer}'
        elif id(answer) in self._answers:
            _, answered = self._answers[id(answer)]
        elif answer is UNANSWERED:
            answered = self._unanswered
            self._owed.append((envelope, step))
        else:
            answered = self._answered(answer)
        changes = ""
        if self.states and message.writes and addressee in self.states:
            changes = self._changes(addressee)
        cause = self.sent.pop(envelope, START)
        happened.append((now, cause, pair, message, answered, time, changes))
        self.told = step
        if self._notes:
            happened += self._notes
            self._notes.clear()
        for owed, _ in self._owed:
            if owed.answer is not UNANSWERED:
                self._settle(now)
                break
        if len(happened) >= TOGETHER:
            self.flush()

    def noted(self, event: Event) -> None:
        """An actor has noted something."""
        self.note(event.actor, event.name, event.fields)

    def note(self, actor: Actor, name: str, fields: Mapping[str, Any]) -> None:
        """Write what ``actor`` notes: after the delivery in which it did, if that is told."""
        picks, happened = self.picks, self.happened
        step, time = len(picks), self.world.clock.now
        if step != self.told:
            if step and picks[-1] < 0:
                step = self.moment().step
            if self._deliveries and step > self.told:
                happened = self._notes
        known = self._known.get(actor) or self._introduce(actor)
        own = self._known.fields(known, fields) if fields else known.fields
        if time != self._time or step != self._step:
            self._step, self._time = step, time
            self._begun = f'{self._head}{step},"vt":{time},"event":'
        happened.append(f"{self._begun}{self._names[name]},{own}}}\n")
        if len(happened) >= TOGETHER:
            self.flush()

    def hold(self, actor: Actor) -> None:
        """Write what ``actor`` holds before anything comes to it."""
        if actor not in self._known:
            self._introduce(actor)

    def end(self, outcome: Outcome, number: int = 0) -> None:
        """The run is over."""
        world = self.world
        last: Envelope | None = getattr(world, "delivery", None)
        if self._deliveries and last is not None and self.moment().step > self.told:
            self._unanswered = '"broken":true'
            self.delivered(last)  # the run broke off in there, and nobody could tell of it
        now = self.moment()
        self._settle(now)
        self.happened += self._notes
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
        happened, self.happened = self.happened, []
        self.write(self._wording.lines(happened))

    # -- details -----------------------------------------------------------------------

    def _put(self, record: dict[str, Any]) -> None:
        """Take a record of those that are rare."""
        self.happened.append(encoded(record) + "\n")

    def _pair(self, sender: Actor, addressee: Actor) -> Pair:
        """Who speaks to whom, with the columns of both, the sender's before the addressee's."""
        who = self._known.get(sender) or self._introduce(sender)
        whom = self._known.get(addressee) or self._introduce(addressee)
        fields = {"actor": who.name, **whom.columns, **who.columns, "to": whom.name}
        pair = (
            self._senders.setdefault(sender, Sender(who.name)),
            who.quoted,
            encoded(fields)[1:-1],
            addressee.run is not None,
            self._cells.setdefault(addressee, Cells()),
        )
        self._pairs.setdefault(sender, {})[addressee] = pair
        return pair

    def _answered(self, answer: Any) -> str:
        """What is said of ``answer``; kept if it is one of those that are given all the time."""
        told = f'"answer":{encoded(plain(answer))}'
        if answer is None or isinstance(answer, bool | Address):
            if len(self._answers) >= ANSWERS:
                self._answers.clear()
            self._answers[id(answer)] = answer, told
        return told

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

    def _changes(self, actor: Actor) -> str:
        """What of ``actor`` is not as it was when that was last written."""
        states = self.states or {}
        before, after = states[actor], dict(words(actor))
        changes = {
            word: value for word, value in after.items() if before.get(word, SIMPLE) != value
        }
        states[actor] = after
        return f',"changes":{encoded(changes)}' if changes else ""

    def _settle(self, now: Moment) -> None:
        """Write what has been answered late."""
        late = [owed for owed in self._owed if owed[0].answer is not UNANSWERED]
        self._owed = [owed for owed in self._owed if owed[0].answer is UNANSWERED]
        for envelope, of in late:
            self._put({
                "run": self.run, "step": now.step, "vt": self.world.clock.now, "event": "answer",
                "actor": self._known[envelope.addressee].name,
                "to": self._known[envelope.sender].name, "of": of, "answer": plain(envelope.answer),
            })  # fmt: skip
