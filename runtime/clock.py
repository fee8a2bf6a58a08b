"""Clock: virtual time, in integer nanoseconds.

On the engine a pick takes one tick, and when nobody can move time jumps to the next timer. The
clock is an actor that owns the timers: a timer that is due becomes a message like any other, so it
may fire late but never early. No wall clock is read here; the live host moves this one along with
its own.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.message import Envelope, Message

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane

__all__ = ["TICK", "TIMER", "Clock", "Timeout"]

TICK: Final = 1_000
"""Nanoseconds of virtual time that one pick takes on the engine."""


TIMER: Final = "timer"
"""The key of an actor's lane of timers."""


class Timeout(Message, frozen=True, gc=False):
    """A timer of ``nanoseconds`` has run out."""

    nanoseconds: int
    writes = False


class Clock(Actor):
    """The timers of a world and the time that it is.

    ``eager``: a timer may run out at once. A search through all orders sets it: where a delivery
    may take any time, how long a timer takes says nothing.
    """

    eager = False

    uncounted = ("skipped", "timers", "_count")  # a state has what each timer has left instead

    def __init__(self) -> None:
        self.skipped = 0
        self.timers: list[tuple[int, int, Lane, Envelope]] = []
        self._count = 0

    @property
    def now(self) -> int:
        """Virtual nanoseconds since the run began."""
        return len(self.world.picks) * TICK + self.skipped

    def jump(self, time: int) -> None:
        """Advance to ``time``; never back."""
        self.skipped += max(0, time - self.now)

    def skip(self, nanoseconds: int) -> None:
        """Advance because a strategy or a host says so: a pick of its own, recorded like any other.

        The raw form is that of a data choice, ``-1 - nanoseconds``, where a delivery is due.
        """
        self.world.picks.append(-1 - nanoseconds)
        self.world.choices += 1
        self.skipped += nanoseconds
        self.fire()

    def timer(self, actor: Actor, nanoseconds: int) -> Envelope:
        """Set a timer for ``actor``; the envelope is answered when it fires."""
        envelope = Envelope(actor, self, Timeout(nanoseconds))
        due = self.now + nanoseconds
        self._count += 1
        lane = self.world.lane(actor, TIMER)
        if self.eager:
            self.world.ready.put(envelope, lane)
            return envelope
        heapq.heappush(self.timers, (due, self._count, lane, envelope))
        self.world.interrupts.append(None)  # the host looks at the timers again
        return envelope

    @property
    def next_due(self) -> int | None:
        """When the next timer fires, or None."""
        return self.timers[0][0] if self.timers else None

    def fire(self) -> None:
        """Turn every timer that is due into a message on its way."""
        now = self.now
        while self.timers and self.timers[0][0] <= now:
            _, _, lane, envelope = heapq.heappop(self.timers)
            self.world.ready.put(envelope, lane)

    def hurry(self) -> None:
        """Let every timer run out now: a schedule of an eager run asks for one that is not due."""
        while self.timers:
            _, _, lane, envelope = heapq.heappop(self.timers)
            self.world.ready.put(envelope, lane)

    @handles(Timeout)
    def timeout(self, message: Timeout) -> None:
        """The sleeper goes on."""

    def explain_wait(self, envelope: Envelope) -> str:
        """A sleeper waits for its timer."""
        return f"a timer of {envelope.message.nanoseconds} ns"
