"""Causality: one execution as a partial order, grown and cut back at its end.

Theory. Event number ``j`` happens after the one before it in its lane, after the one during which
its message was sent, and after every earlier one that it conflicts with (dependence.py); and so on
transitively. Only the last kind can be turned round: if nothing else stands between the two, it is
a *race*. A set of events is an integer with a bit for each, so ``past[j]`` is all that happens
before ``j``, and ``j``, and to ask is to shift.

    race(i, j)      i conflicts with j, and no k has i before k before j

Event 0 is the start of the run: what coroutines do before anything was delivered.

An active addressee hears a message only while it listens, so a delivery to it also happens after
the event that made it listen. Two deliveries to it race if the later could have been heard instead
of the earlier, whatever the actor did in between.

What happened is told by observer.py, where lanes have numbers from 0. This file knows
happens-before. What is done about a race is dpor.py.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from slabrace.runtime.dependence import Footprint, Touch, overlap

__all__ = ["START", "Causality", "Happening"]

START: Final = -1
"""The lane of event 0."""

NONE: Final = ()


class Happening:
    """One event: the delivery of the head of ``lane``, with the values chosen in it.

    ``number`` is the lane's number in this run, ``past`` a bit for the event and for each before
    it, ``races`` those of them that it races with, ``grown`` the lanes that something was sent into
    (each as often as that), ``opened`` the actors that began to listen. ``early`` is ``past``, or
    for what an active actor hears, what must come before it even if it is heard instead of another.
    """

    __slots__ = (
        "before", "choices", "early", "footprint", "grown", "lane", "number", "opened", "past",
        "races",
    )  # fmt: skip

    grown: Sequence[int]
    opened: Sequence[int]
    races: Sequence[int]

    def __init__(
        self, lane: int, number: int, footprint: Footprint, choices: tuple[int, ...] = NONE
    ) -> None:
        self.lane = lane
        self.number = number
        self.footprint = footprint
        self.choices = choices
        self.grown = self.opened = self.races = NONE
        self.past = self.early = 1
        self.before = 0


class Causality:
    """The events of one execution, ``events``, in the order in which they were delivered."""

    def __init__(self) -> None:
        self.events: list[Happening] = []
        self.sent: list[list[int]] = []  # lane -> during which event each message was sent
        self.delivered: list[int] = []  # lane -> how many of them were delivered
        self.last: list[int] = []  # lane -> the last event in it
        self.touches: dict[Hashable, list[tuple[int, Touch]]] = {}
        self.opened: dict[Hashable, list[int]] = {}  # actor -> the events that made it listen

    def grow(self, event: Happening, *, heard: bool = False) -> None:
        """Append ``event``, of which all but ``past`` and ``races`` is known.

        ``heard``: its addressee is an active actor.
        """
        events = self.events
        index = len(events)
        lane = event.lane
        if lane != START:
            place = self.delivered[lane]
            self.delivered[lane] = place + 1
            before = event.before = self.last[lane]
            self.last[lane] = index
            past = events[before].past | events[self.sent[lane][place]].past
            itself = 1 << index
            if heard:
                event.early = past | itself
                past = self._heard(event, past)
                event.past = past | itself
            else:
                event.past = event.early = self._conflicts(event, past) | itself
        for grown in event.grown:
            while grown >= len(self.sent):
                self.sent.append([])
                self.delivered.append(0)
                self.last.append(0)
            self.sent[grown].append(index)
        for actor in event.opened:
            self.opened.setdefault(actor, []).append(index)
        for touch in event.footprint:
            log = self.touches.get(touch[0])
            if log is None:
                self.touches[touch[0]] = [(index, touch)]
            else:
                log.append((index, touch))
        events.append(event)

    def cut(self, length: int) -> None:
        """Take back all but the first ``length`` events."""
        events = self.events
        while len(events) > length:
            event = events.pop()
            for touch in event.footprint:
                self.touches[touch[0]].pop()
            for grown in event.grown:
                self.sent[grown].pop()
            for actor in event.opened:
                self.opened[actor].pop()
            lane = event.lane
            if lane != START:
                self.delivered[lane] -= 1
                self.last[lane] = event.before

    def concurrent(self, first: int, second: int) -> list[int]:
        """The events between the two that do not happen after ``first``, in order."""
        events, bit = self.events, 1 << first
        return [k for k in range(first + 1, second) if not events[k].past & bit]

    # -- what the next event happens after ---------------------------------------------

    def _conflicts(self, event: Happening, past: int) -> int:
        """``past`` with all that ``event`` conflicts with; those not in it already are races."""
        footprint = event.footprint
        if len(footprint) == 1:
            return self._conflicts_at(event, past, footprint[0])
        found = {
            index
            for touch in footprint
            for index, other in self.touches.get(touch[0], NONE)
            if overlap(touch, other)
        }
        return self._after(event, past, sorted(found, reverse=True))

    def _conflicts_at(self, event: Happening, past: int, touch: Touch) -> int:
        """The same for one access, which is what most events have."""
        log = self.touches.get(touch[0])
        if not log:
            return past
        _, part, writes = touch
        index, (_, other, wrote) = log[-1]
        if wrote and (other is None or other == part):  # all others happen before this one
            return past if past >> index & 1 else self._after(event, past, (index,))
        found = []
        for index, (_, other, wrote) in reversed(log):
            if (wrote or writes) and (part is None or other is None or part == other):
                found.append(index)
                if wrote and (other is None or other == part):
                    break  # all that came before happens before this one
        return self._after(event, past, found)

    def _after(self, event: Happening, past: int, found: Sequence[int]) -> int:
        """``past`` with the events ``found``, the last one first, and all before them."""
        events = self.events
        races = []
        for index in found:
            if not past >> index & 1:
                races.append(index)
                past |= events[index].past
        if races:
            event.races = [*event.races, *races] if event.races else races
        return past

    def _heard(self, event: Happening, past: int) -> int:
        """A delivery to an active actor: the last one before races if it need not have come first.

        Whatever made the actor listen comes before; what it heard until then came before that.
        """
        events = self.events
        actor = event.footprint[0][0]
        heard = self.touches.get(actor)
        if heard and not past >> heard[-1][0] & 1:
            event.races = [heard[-1][0]]
        before = self.opened[actor][-1:] if actor in self.opened else []
        for index in (*before, *(each for each, _ in heard or ())):
            past |= events[index].past
        for touch in event.footprint[1:]:
            past = self._conflicts_at(event, past, touch)
        return past
