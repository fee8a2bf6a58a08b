"""Observer: watches one run after another, and says of each delivery what it was.

    which lane         by a number that is the same in every run
    what it touched    at its addressee, with touch(), and for monitors that compare
    what it brought    the lanes into which something was sent, the actors that began to listen

The engine tells nobody of any of this; it is read off the world between two deliveries. A lane has
grown if it is longer than it was: that is one comparison of two lists of lengths, and most often
nothing more, for which see ``_grown``.

Lanes and objects go by numbers that are the same in every run: ``Names`` gives them out by name.
What follows from what was observed is not known here (causality.py).
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import compress, count
from operator import ne
from typing import TYPE_CHECKING

from slabrace.runtime.actor import Address
from slabrace.runtime.causality import START, Happening
from slabrace.runtime.dependence import Touch, touch_of
from slabrace.runtime.trace import canonical

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
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
    this run, in the order of their first use. ``present`` is the lane that was delivered from last.
    """

    def __init__(self) -> None:
        self.lanes = Names()
        self.actors = Names()
        self.names: list[int] = []

    def begin(self, world: World) -> None:
        """A run of ``world`` begins, and nobody has acted yet.

        ``names`` are kept: most runs begin like the one before.
        """
        self.world = world
        self.present: Lane | None = None
        self._addressee: Actor | None = None
        self._numbers: dict[Actor, int] = {}
        self._lengths: list[int] = []
        self._listening: dict[Actor, None] = {}
        self._touched: list[tuple[Hashable, bool]] = []
        world.footprint = self._touched
        for event in world.relations:
            world.watch(event, self._relate)

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
        self._addressee = None

    def deliver(self, lane: Lane) -> None:
        """The head of ``lane`` is delivered next."""
        head = lane[0]
        self.present = lane
        addressee = self._addressee = head.addressee
        number = self._numbers.get(addressee)
        if number is None:
            number = self.number_of(addressee)
        self._access = touch_of(head, number)
        if self._touched:
            self._touched.clear()

    def settle(self, choices: tuple[int, ...]) -> Happening:
        """The delivery under way is over, and ``choices`` were made in it: say what it was.

        Before the first delivery, this is the start of the run.
        """
        present = self.present
        if present is None:
            self.names.clear()
        lengths = list(map(len, self.world.lanes))
        if len(lengths) > len(self.names):
            self._name()
        number = -1
        if present is None:
            event = Happening(START, number, self._touches() if self._touched else (), choices)
        else:
            number = present.number
            touches = (self._access, *self._touches()) if self._touched else (self._access,)
            event = Happening(self.names[number], number, touches, choices)
        if lengths == self._lengths:  # in the lane that was delivered from came another one
            event.grown = self.names[number : number + 1] if present is not None else ()
        else:
            event.grown = self._grown(lengths)
        self._lengths = lengths
        listening = self.world.ready.listening
        if listening or self._listening:
            addressee, before = self._addressee, self._listening
            event.opened = [
                self.number_of(actor)
                for actor in listening
                if actor not in before or actor is addressee
            ]
            self._listening = dict(listening)
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

    @property
    def heard(self) -> bool:
        """Whether the delivery under way is to an active actor."""
        return self._addressee is not None and self._addressee.run is not None

    # -- the parts of an event ---------------------------------------------------------

    def _name(self) -> None:
        lanes, names = self.world.lanes, self.names
        for lane in lanes[len(names) :]:
            names.append(self.lanes[lane.owner.label, lane.key])

    def _grown(self, lengths: list[int]) -> list[int]:
        """Which lanes grew, each as often as it did; one less was left where one was delivered."""
        before, names, present = self._lengths, self.names, self.present
        if present is not None:
            before[present.number] -= 1
        before.extend([0] * (len(lengths) - len(before)))
        grown = []
        for number in compress(count(), map(ne, lengths, before)):
            more = lengths[number] - before[number]
            if more == 1:
                grown.append(names[number])
            else:
                grown += [names[number]] * more
        return grown

    def _touches(self) -> list[Touch]:
        """What touch() told. An actor counts as if it had been sent a message."""
        return [
            (self.number_of(what) if isinstance(what, Address) else what, None, writes)  # type: ignore[arg-type]  # every address is an actor
            for what, writes in self._touched
        ]

    def _relate(self, event: Event) -> None:
        """A monitor sees ``event`` and compares it with others."""
        for law, field, writes in self.world.relations[event.name]:
            what = canonical(event.fields[field]) if field else ""
            self._touched.append(((law, what), writes))
