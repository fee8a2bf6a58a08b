"""Timetable: the mailbox of the timed host: the lanes by the moment at which their head arrives.

``now`` is the moment at which whoever acts now acts: the end of the service that let it go on, and
whatever it did since. A lane that is sent into while it is empty arrives at that moment; a message
that takes its time on the way (``on_the_way``) arrives later. Two that arrive at once are served in
the order in which they were sent, so a run is the same every time.

An entry is never taken out of the heap: a lane whose ``slot`` is not the entry's number has left.
That of the lane that is served stays at its head (``served``) until another takes its place: most
often the served one sends again, and to replace the head is half of the work.
"""

from __future__ import annotations

from collections.abc import Container
from heapq import heappush, heapreplace
from typing import TYPE_CHECKING, Protocol

from slabrace.runtime.mailbox import ABSENT, Mailbox

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.message import Envelope

__all__ = ["Timetable", "Transit"]


class Transit(Protocol):
    """How long messages take on their way."""

    @property
    def slow(self) -> Container[type]:
        """Kinds of message that take any time at all; none of the others is asked about."""

    def delay(self, envelope: Envelope) -> int:
        """Nanoseconds until ``envelope``, of a slow kind, arrives."""


class Timetable(Mailbox):
    """See the head of this file. As a list it stays empty."""

    __slots__ = (
        "due", "heap", "held_up", "listens", "now", "number", "sent", "served", "slow", "transit",
    )  # fmt: skip

    def __init__(self, transit: Transit, *, held_up: bool = False) -> None:
        super().__init__()
        self.due: dict[Lane, int] = {}  # of what is parked: when it arrived, or will
        self.sent: dict[Envelope, int] = {}  # of what stands behind another in its lane: when
        self.listens: dict[Actor, int] = {}  # since when; before, it hears nothing
        self.heap: list[tuple[int, int, Lane]] = []
        self.served = False  # whether the head of the heap is no entry any more
        self.now = 0
        self.number = 0
        self.transit = transit
        self.slow = transit.slow
        self.held_up = held_up  # whether any message may be late, whatever its kind

    def __bool__(self) -> bool:
        return len(self.heap) > self.served

    def put(self, envelope: Envelope, lane: Lane) -> None:
        """Append ``envelope`` to ``lane``; behind another, it is remembered when it was sent."""
        if lane:
            self.sent[envelope] = self.now
        super().put(envelope, lane)

    def follow(self, lane: Lane, end: int) -> None:
        """The head of ``lane`` was served until ``end``: the next one arrives.

        Not before it was sent: who sends and does not wait may have done much since.
        """
        lane.slot = ABSENT
        now = self.now
        self.now = max(end, self.sent.pop(lane[0], end))
        self.admit(lane)
        self.now = now

    def admit(self, lane: Lane) -> None:
        """The head of ``lane`` is on its way, or waits until its addressee listens."""
        envelope = lane[0]
        addressee = envelope.addressee
        time = self.now
        if lane in self.due:
            time = max(time, self.due.pop(lane))
        elif type(envelope.message) in self.slow:
            time += self.transit.delay(envelope)
        if addressee.deaf:
            self._park(lane, addressee, time)
            return
        self.enter(lane, time)

    def enter(self, lane: Lane, time: int) -> None:
        """The head of ``lane`` arrives at ``time``, and is heard."""
        self.number = lane.slot = number = self.number + 1
        if self.served:
            self.served = False
            heapreplace(self.heap, (time, number, lane))
        else:
            heappush(self.heap, (time, number, lane))

    def _park(self, lane: Lane, addressee: Actor, time: int) -> None:
        """``lane``, whose head arrives at ``time``, waits until ``addressee`` listens."""
        self.due[lane] = time
        lane.parked = True
        addressee.parked.append(lane)
        self.awaited[addressee] = None

    def hear(self, actor: Actor) -> None:
        """``actor`` listens, from the moment at which it is."""
        self.listens[actor] = self.now
        super().hear(actor)

    def drop(self, lane: Lane) -> None:
        """``lane`` leaves."""
        lane.slot = ABSENT

    def deafen(self, actor: Actor) -> None:
        """``actor`` stops listening: park the lanes whose head is for it, in their order."""
        actor.deaf = True
        self.listening.pop(actor, None)
        waiting = [
            (time, lane)
            for time, number, lane in sorted(self.heap)[self.served :]
            if lane.slot == number and lane and lane[0].addressee is actor
        ]
        for time, lane in waiting:
            self.drop(lane)
            self._park(lane, actor, time)
