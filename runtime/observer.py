"""Observer: watches one run after another, and says of each delivery what it was.

    which lane         by a number that is the same in every run
    what it touched    at its addressee, with touch(), and for monitors that compare
    what it brought    the lanes into which something was sent, the actors that began to listen

The engine tells nobody of any of this; it is read off the world between two deliveries. A lane that
has grown is not empty, so it is in the mailbox or waits for somebody who is deaf: only those are
looked at, and most programs have few of them.

Lanes and objects go by numbers that are the same in every run: ``Names`` gives them out by name.
What follows from what was observed is not known here (causality.py).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from slabrace.runtime.actor import Actor
from slabrace.runtime.causality import START, Happening
from slabrace.runtime.dependence import Touch, touch_of
from slabrace.runtime.task import Task
from slabrace.runtime.trace import canonical

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.monitor import Event
    from slabrace.runtime.world import World

__all__ = ["Names", "Observer"]


class Names(dict[Hashable, int]):
    """Name -> number, given out in the order of asking."""

    def __missing__(self, name: Hashable) -> int:
        number = self[name] = len(self)
        return number


class Observer:
    """See the head of this file.

    ``lanes`` are numbers by owner and key, ``actors`` by name; ``names`` are those of the lanes of
    this run, in the order of their first use. ``present`` is the lane that was delivered from last,
    ``head`` what was; ``heard``: by an active actor. ``early`` are questions that were asked in the
    delivery that was settled last and not awaited, with the lane, and how many were sent into it in
    that delivery before. ``beside`` is what deliveries of each lane have ever touched beside their
    addressee; lanes in which something was chosen are there, too.
    """

    def __init__(self) -> None:
        self.lanes = Names()
        self.actors = Names()
        self.names: list[int] = []
        self.early: list[tuple[Envelope, int, int]] = []
        self.beside: dict[int, set[Hashable]] = {}

    def begin(self, world: World) -> None:
        """A run of ``world`` begins, and nobody has acted yet.

        ``names`` are kept: most runs begin like the one before.
        """
        self.world = world
        self.present: Lane | None = None
        self.head: Envelope | None = None
        self.heard = False
        self._numbers: dict[Actor, int] = {}
        self._lengths: list[int] = []
        self._listening: dict[Actor, None] = {}
        self._touched: list[tuple[Hashable, bool]] = []
        world.footprint = self._touched
        for event in world.relations:
            world.foresee(event, self._relate)

    def resume(self, last: Happening) -> None:
        """Go on after ``last``, up to which this run is the same as the one before."""
        world = self.world
        lanes = world.lanes
        self._lengths = list(map(len, lanes))
        del self.names[len(lanes) :]
        self._name()
        self._listening = dict(world.ready.listening)
        self._touched.clear()
        self.present = lanes[last.number] if last.lane != START else None

    def deliver(self, lane: Lane) -> None:
        """The head of ``lane`` is delivered next."""
        self.present = lane
        head = self.head = lane[0]
        addressee = head.addressee
        number = self._numbers.get(addressee)
        if number is None:
            number = self.number_of(addressee)
        self.heard = addressee.run is not None
        self._footprint = (touch_of(head, number),)
        self._lengths[lane.number] -= 1
        if self._touched:
            self._touched.clear()

    def settle(self, choices: tuple[int, ...]) -> Happening:
        """The delivery under way is over, and ``choices`` were made in it: say what it was.

        Before the first delivery, this is the start of the run.
        """
        present, world = self.present, self.world
        if present is None:
            self.names.clear()
            self._name()
            event = Happening(START, -1, (), choices)
        else:
            names = self.names
            if len(names) < len(world.lanes):
                self._name()
            number = present.number
            event = Happening(names[number], number, self._footprint, choices)
            if self._touched:
                beside = self._touches()
                event.footprint = (*self._footprint, *beside)
                known = self.beside.setdefault(event.lane, set())
                known.update(touch[0] for touch in beside)
        ready = world.ready
        event.grown = self._grown(ready if not ready.awaited else self.full())
        if ready.listening or self._listening:
            event.opened = self._opened(ready.listening)
        return event

    def number_of(self, actor: Actor) -> int:
        """The number of ``actor``."""
        number = self._numbers[actor] = self.actors[actor.name]
        return number

    def touch_of(self, envelope: Envelope) -> Touch:
        """What the delivery of ``envelope`` touches at its addressee."""
        return touch_of(envelope, self.number_of(envelope.addressee))

    def lane_of(self, name: int) -> Lane | None:
        """The lane with this number, if it is there yet."""
        return self.world.lanes[self.names.index(name)] if name in self.names else None

    def full(self) -> Iterable[Lane]:
        """The lanes in which there is something."""
        ready = self.world.ready
        if not ready.awaited:
            return ready
        return chain(ready, self.waiting())

    def waiting(self) -> list[Lane]:
        """The lanes whose head nobody hears."""
        return [lane for actor in self.world.ready.awaited for lane in actor.parked if lane]

    # -- the parts of an event ---------------------------------------------------------

    def _name(self) -> None:
        lanes, names = self.world.lanes, self.names
        for lane in lanes[len(names) :]:
            names.append(self.lanes[lane.owner.label, lane.key])
        self._lengths += [0] * (len(lanes) - len(self._lengths))

    def _grown(self, full: Iterable[Lane]) -> Sequence[int]:
        """Which lanes of those that are not empty grew, each as often as it did."""
        lengths, grown, early = self._lengths, [], self.early
        early.clear()
        for lane in full:
            number = lane.number
            was, now = lengths[number], len(lane)
            if now > was:
                lengths[number] = now
                name = self.names[number]
                for at in range(was, now):
                    grown.append(name)
                    sent = lane[at]
                    if type(sent.waiter) is not Task and sent.sender.run is not None:
                        early.append((sent, name, at - was))
        return grown

    def _opened(self, listening: Mapping[Actor, None]) -> Sequence[int]:
        """Who began to listen: did not before, or was spoken to."""
        before = self._listening
        self._listening = dict(listening)
        spoken_to = self.head.addressee if self.head is not None else None
        return [
            self.number_of(actor)
            for actor in listening
            if actor not in before or actor is spoken_to
        ]

    def _touches(self) -> tuple[Touch, ...]:
        """What touch() told. An actor counts as if it had been sent a message."""
        return tuple(
            (self.number_of(what) if isinstance(what, Actor) else what, None, writes)
            for what, writes in self._touched
        )

    def _relate(self, event: Event) -> None:
        """A monitor sees ``event`` and compares it with others."""
        for law, field, writes in self.world.relations[event.name]:
            what = canonical(event.fields[field]) if field else ""
            self._touched.append(((law, what), writes))
