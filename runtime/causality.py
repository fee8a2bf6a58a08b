"""Causality: one execution as a partial order, grown and cut back at its end.

Theory. Event number ``j`` happens after the one before it in its lane, after the one during which
its message was sent, and after every earlier one that it conflicts with (dependence.py); and so on
transitively. Only the last kind can be turned round: if nothing else stands between the two, it is
a *race*. A set of events is an integer with a bit for each, so ``past[j]`` is all that happens
before ``j``, and to ask is to shift.

    race(i, j)      i conflicts with j, and no k has i before k before j

Event 0 is the start of the run: what coroutines do before anything was delivered.

An active addressee hears a message only while it listens, so a delivery to it also happens after
the event that made it listen. Two deliveries to it race if the later could have been heard instead
of the earlier, whatever the actor did in between.

Lanes and objects go by numbers that are the same in every run: ``Names`` gives them out by name.
This file knows happens-before. What is done about a race is dpor.py.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

from slabrace.runtime.dependence import Access, Footprint, overlap

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.early import Question
    from slabrace.runtime.mailbox import Lane

__all__ = ["START", "Causality", "Happening", "Names"]

START: Final = -1
"""The lane of event 0."""


class Names(dict[Hashable, int]):
    """Name -> number, given out in the order of asking."""

    def __missing__(self, name: Hashable) -> int:
        number = self[name] = len(self)
        return number

    def of_lane(self, lane: Lane) -> int:
        """The number of a lane: owner and key."""
        return self[lane.owner.label, lane.key]

    def of_actor(self, actor: Actor) -> int:
        """The number of an actor."""
        return self[actor.name]


class Happening:
    """One event: the delivery of the head of ``lane``, with the values chosen in it.

    ``number`` is the lane's number in this run, ``past`` a bit for each event before it, ``races``
    those of them that it races with, ``grown`` the lanes that something was sent into (each as
    often as that), ``opened`` the actors that began to listen. What is
    sent in the event happens after those that it ``joined``, too; ``question`` is what its message
    is if it was not awaited where it was sent (early.py).

    ``needs`` is what comes before it whatever it touches. Of what an active actor hears,
    ``instead`` is the event before in which it heard something, if this one could have been heard
    instead, and ``early`` what comes before it even then.
    """

    __slots__ = (
        "before", "choices", "early", "footprint", "grown", "instead", "joined", "lane",
        "needs", "number", "opened", "past", "question", "races",
    )  # fmt: skip

    def __init__(self, lane: int, number: int) -> None:
        self.lane = lane
        self.number = number
        self.choices: tuple[int, ...] = ()
        self.footprint: Footprint = ()
        self.past = 0
        self.early = 0
        self.instead = 0
        self.needs = 0
        self.races: list[int] = []
        self.grown: list[int] = []
        self.opened: list[int] = []
        self.joined: tuple[int, ...] = ()
        self.question: Question | None = None
        self.before = 0


class Causality:
    """The events of one execution, ``events``, in the order in which they were delivered."""

    def __init__(self) -> None:
        self.events: list[Happening] = []
        self.sent: dict[int, list[int]] = {}  # lane -> during which event each message was sent
        self.delivered: dict[int, int] = {}  # lane -> how many of them were delivered
        self.last: dict[int, int] = {}  # lane -> the last event in it
        self.accesses: dict[Hashable, list[tuple[int, Access]]] = {}
        self.opened: dict[Hashable, list[int]] = {}  # actor -> the events that made it listen

    def grow(self, event: Happening, *, heard: bool = False) -> None:
        """Append ``event``, of which all but ``past`` and ``races`` is known.

        ``heard``: its addressee is an active actor.
        """
        events = self.events
        index = len(events)
        lane = event.lane
        if lane != START:
            place = self.delivered.get(lane, 0)
            self.delivered[lane] = place + 1
            before = event.before = self.last.get(lane, 0)
            self.last[lane] = index
            cause = self.sent[lane][place]
            past = events[before].past | 1 << before | events[cause].past | 1 << cause
            for joined in events[cause].joined:
                past |= events[joined].past | 1 << joined
            if heard:
                self._hear(event, past)
            else:
                event.needs = past
                event.past = self._conflicts(event, event.footprint, past)
        for grown in event.grown:
            self.sent.setdefault(grown, []).append(index)
        for actor in event.opened:
            self.opened.setdefault(actor, []).append(index)
        for access in event.footprint:
            self.accesses.setdefault(access[0], []).append((index, access))
        events.append(event)

    def cut(self, length: int) -> None:
        """Take back all but the first ``length`` events."""
        events = self.events
        while len(events) > length:
            event = events.pop()
            for access in event.footprint:
                self.accesses[access[0]].pop()
            for grown in event.grown:
                self.sent[grown].pop()
            for actor in event.opened:
                self.opened[actor].pop()
            if event.lane != START:
                self.delivered[event.lane] -= 1
                self.last[event.lane] = event.before

    def add_access(self, index: int, access: Access) -> None:
        """Event ``index`` touches something more, which no later one does."""
        self.events[index].footprint = (*self.events[index].footprint, access)
        self.accesses.setdefault(access[0], []).append((index, access))

    def concurrent(self, first: int, second: int) -> list[int]:
        """The events between the two that do not happen after ``first``, in order."""
        events = self.events
        return [k for k in range(first + 1, second) if not events[k].past >> first & 1]

    # -- what the next event happens after ---------------------------------------------

    def _conflicts(self, event: Happening, footprint: Footprint, past: int) -> int:
        """``past`` with all that ``event`` conflicts with; those not in it already are races."""
        if len(footprint) == 1:
            return self._conflicts_at(event, past, footprint[0])
        events = self.events
        found = {
            index
            for access in footprint
            for index, other in self.accesses.get(access[0], ())
            if overlap(access, other)
        }
        for index in sorted(found, reverse=True):
            if not past >> index & 1:
                event.races.append(index)
                past |= events[index].past | 1 << index
        return past

    def _conflicts_at(self, event: Happening, past: int, access: Access) -> int:
        """The same for one access, which is what most events have."""
        log = self.accesses.get(access[0])
        if not log:
            return past
        events = self.events
        _, part, writes = access
        for index, (_, other, wrote) in reversed(log):
            if not (wrote or writes) or not (part is None or other is None or part == other):
                continue
            if not past >> index & 1:
                event.races.append(index)
                past |= events[index].past | 1 << index
            if wrote and (other is None or other == part):
                break  # all that came before happens before this one
        return past

    def _hear(self, event: Happening, past: int) -> None:
        """A delivery to an active actor: the last one before races if it need not have come first.

        Whatever made the actor listen comes before; what it heard until then came before that.
        """
        events = self.events
        actor = event.footprint[0][0]
        others = event.footprint[1:]
        heard = self.accesses.get(actor)
        if heard and not past >> heard[-1][0] & 1:
            event.instead = heard[-1][0]
        event.early = past
        before = self.opened.get(actor, ())[-1:]
        for index in (*before, *(each for each, _ in heard or ())):
            past |= events[index].past | 1 << index
        event.needs = past
        event.past = self._conflicts(event, others, past) if others else past
        if event.instead:
            event.races.append(event.instead)
