"""Desk: the lanes whose head is for one actor, on the live host. Desks: a mailbox made of them.

On the engine one strategy picks among all deliverable lanes. On the live host every actor has a
task of its own, which sees only what lies on its desk: it takes one lane from there, at its own
pace.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from slabrace.runtime.clock import TICK
from slabrace.runtime.mailbox import ABSENT, Lane, Mailbox

if TYPE_CHECKING:
    from anyio import Event

    from slabrace.runtime.actor import Actor
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.strategies.delay_policy import Policies

__all__ = ["Desk", "Desks"]


class Desk:
    """``wake`` is what the actor's task sleeps on, while it does."""

    __slots__ = ("lanes", "wake")

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.wake: Event | None = None


class Desks(Mailbox):
    """Each lane that becomes deliverable is placed on the desk of its head's addressee.

    ``start`` starts a task, ``serve`` is what the one of a desk does. ``policies`` may hold a
    message back, for which a task calls ``sleep`` with virtual nanoseconds.
    """

    __slots__ = ("_desks", "_held", "_policies", "_serve", "_sleep", "_start")

    def __init__(
        self,
        start: Callable[..., None],
        serve: Callable[[Desk], Awaitable[None]],
        policies: Policies,
        sleep: Callable[[int], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._start = start
        self._serve = serve
        self._policies = policies if policies.policies else None
        self._sleep = sleep
        self._held: dict[Lane, Envelope] = {}
        self._desks: dict[Actor, Desk] = {}

    def take_over(self, mailbox: Mailbox) -> None:
        """List what was deliverable before the run began."""
        for lane in mailbox:
            lane.slot = ABSENT
            self.admit(lane)

    def place(self, lane: Lane) -> None:
        """Put ``lane`` on the desk of its head's addressee, whose task wakes up."""
        addressee = lane[0].addressee
        desk = self._desks.get(addressee)
        if desk is None:
            desk = self._desks[addressee] = Desk()
            self._start(self._serve, desk)
        desk.lanes.append(lane)
        if desk.wake is not None:
            desk.wake.set()

    def admit(self, lane: Lane) -> None:
        """List ``lane``, and place it unless the addressee is deaf."""
        super().admit(lane)
        if not lane.parked and (self._policies is None or not self._holds(lane)):
            self.place(lane)

    def relist(self, lane: Lane) -> None:
        """The head of ``lane`` was delivered: see to the next one."""
        if not lane:
            self.drop(lane)
        elif lane.slot >= 0:
            if lane[0].addressee.deaf:
                self.drop(lane)
                self.admit(lane)
            elif self._policies is None or not self._holds(lane):
                self.place(lane)

    def deafen(self, actor: Actor) -> None:
        """Park what lies on the desk of ``actor``."""
        super().deafen(actor)
        if actor in self._desks:
            self._desks[actor].lanes.clear()

    def _holds(self, lane: Lane) -> bool:
        """Whether the head of ``lane`` is held back. It is drawn for once."""
        head = lane[0]
        drawn = None
        if self._policies is not None and self._held.get(lane) is not head:
            drawn = self._policies.hold(head)
        if drawn is None:
            return False
        self._held[lane] = head
        self._start(self._hold, lane, head, *drawn)
        return True

    async def _hold(self, lane: Lane, head: Envelope, amount: int, timed: bool) -> None:
        """Sleep, then place ``lane`` if its head is still there and may be delivered."""
        await self._sleep(amount if timed else amount * TICK)
        if lane.slot >= 0 and lane[0] is head:
            self.place(lane)
