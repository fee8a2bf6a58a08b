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

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final

from slabrace.runtime.dependence import Footprint, Touch

if TYPE_CHECKING:
    from slabrace.runtime.early import Question

__all__ = ["START", "Causality", "Happening"]

START: Final = -1
"""The lane of event 0."""

NONE: Final = ()


class Happening:
    """One event: the delivery of the head of ``lane``, with the values chosen in it.

    ``number`` is the lane's number in this run, ``past`` a bit for the event and for each before
    it, ``races`` those of them that it races with, ``grown`` the lanes that something was sent into
    (each as often as that), ``opened`` the actors that began to listen. What is sent in the event
    happens after those that it ``joined``, too; ``question`` is what its message is if it was not
    awaited where it was sent (early.py).

    ``needs`` is what comes before it whatever it touches. Of what an active actor hears,
    ``instead`` is the event before in which it heard something, if this one could have been heard
    instead, and ``early`` what comes before it even then.
    """

    __slots__ = (
        "before", "choices", "early", "footprint", "grown", "instead", "joined", "lane",
        "needs", "number", "opened", "past", "question", "races",
    )  # fmt: skip

    grown: Sequence[int]
    joined: Sequence[int]
    opened: Sequence[int]
    races: Sequence[int]
    question: Question | None

    def __init__(
        self, lane: int, number: int, footprint: Footprint, choices: tuple[int, ...] = NONE
    ) -> None:
        self.lane = lane
        self.number = number
        self.footprint = footprint
        self.choices = choices
        self.grown = self.joined = self.opened = self.races = NONE
        self.past = 1
        self.before = self.early = self.instead = self.needs = 0
        self.question = None


class Causality:
    """The events of one execution, ``events``, in the order in which they were delivered."""

    def __init__(self) -> None:
        self.events: list[Happening] = []
        # lane -> during which event each message was sent, how many were delivered, the last event
        self.sent: defaultdict[int, list[int]] = defaultdict(list)
        self.delivered: defaultdict[int, int] = defaultdict(int)
        self.last: defaultdict[int, int] = defaultdict(int)
        self.touches: defaultdict[Hashable, list[tuple[int, Touch]]] = defaultdict(list)
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
            cause = events[self.sent[lane][place]]
            past = events[before].past | cause.past
            for joined in cause.joined:
                past |= events[joined].past
            if heard:
                past = self._hear(event, past)
            else:
                event.needs = past
                past = self._conflicts(event, event.footprint, past)
            event.past = past | 1 << index
        sent = self.sent
        for grown in event.grown:
            sent[grown].append(index)
        for actor in event.opened:
            self.opened.setdefault(actor, []).append(index)
        touches = self.touches
        for touch in event.footprint:
            touches[touch[0]].append((index, touch))
        events.append(event)

    def cut(self, length: int) -> None:
        """Take back all but the first ``length`` events."""
        touches, sent, delivered, last = self.touches, self.sent, self.delivered, self.last
        for event in reversed(self.events[length:]):
            for touch in event.footprint:
                touches[touch[0]].pop()
            for grown in event.grown:
                sent[grown].pop()
            for actor in event.opened:
                self.opened[actor].pop()
            lane = event.lane
            if lane != START:
                delivered[lane] -= 1
                last[lane] = event.before
        del self.events[length:]

    def sends(self, lane: int) -> int:
        """How many messages were sent into ``lane`` so far."""
        return len(self.sent[lane])

    def add_touch(self, index: int, touch: Touch) -> None:
        """Event ``index`` touches something more, which no later one does."""
        self.events[index].footprint = (*self.events[index].footprint, touch)
        self.touches[touch[0]].append((index, touch))

    def concurrent(self, first: int, second: int, *, to_the_end: bool = False) -> list[int]:
        """The events between the two that do not happen after ``first``, in order.

        ``to_the_end``: and those after ``second``.
        """
        events, bit = self.events, 1 << first
        found = [k for k in range(first + 1, second) if not events[k].past & bit]
        if to_the_end:
            found += [k for k in range(second + 1, len(events)) if not events[k].past & bit]
        return found

    # -- what the next event happens after ---------------------------------------------

    def _conflicts(self, event: Happening, footprint: Footprint, past: int) -> int:
        """``past`` with all that ``event`` conflicts with; those not in it already are races."""
        events = self.events
        if len(footprint) == 1:
            touch = footprint[0]
            log = self.touches[touch[0]]
            if not log:
                return past
            index, (_, part, wrote) = log[-1]
            if wrote and (part is None or part == touch[1]):  # as in _conflicts_at(): mostly so
                if past >> index & 1:
                    return past
                event.races = (index,)
                return past | events[index].past
            found = self._conflicts_at(touch)
        else:
            met = {index for touch in footprint for index in self._conflicts_at(touch)}
            found = sorted(met, reverse=True)
        for index in found:
            if not past >> index & 1:
                event.races = (*event.races, index)
                past |= events[index].past
        return past

    def _conflicts_at(self, touch: Touch) -> list[int]:
        """What conflicts with this access, the last one first, back to one after which all is."""
        _, part, writes = touch
        found = []
        for index, (_, other, wrote) in reversed(self.touches[touch[0]]):
            if (wrote or writes) and (part is None or other is None or part == other):
                found.append(index)
                if wrote and (other is None or other == part):
                    break
        return found

    def _hear(self, event: Happening, past: int) -> int:
        """A delivery to an active actor: the last one before races if it need not have come first.

        Whatever made the actor listen comes before; what it heard until then came before that.
        """
        events = self.events
        actor = event.footprint[0][0]
        others = event.footprint[1:]
        heard = self.touches[actor]
        if heard and not past >> heard[-1][0] & 1:
            event.instead = heard[-1][0]
        event.early = past
        before = self.opened.get(actor, [])[-1:]
        for index in (*before, *(each for each, _ in heard)):
            past |= events[index].past
        event.needs = past
        past = self._conflicts(event, others, past) if others else past
        if event.instead:
            event.races = (*event.races, event.instead)
        return past
