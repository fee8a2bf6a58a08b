"""Desk: the lanes whose head is for one actor, on a live host. Desks: a mailbox made of them.

On the engine one strategy picks among all deliverable lanes. On a live host every actor has a task
of its own, which sees only what lies on its desk: it takes one lane from there, at its own pace.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from slabrace.runtime.mailbox import ABSENT, Lane, Mailbox

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor

__all__ = ["Desk", "Desks", "Wake"]


class Wake(Protocol):
    """What a task sleeps on: an event of the host's library."""

    def set(self) -> object: ...


class Desk:
    """``wake`` is set while the actor's task sleeps on it."""

    __slots__ = ("lanes", "wake")

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.wake: Wake | None = None

    def put(self, lane: Lane) -> None:
        """Put ``lane`` down and wake the actor's task."""
        self.lanes.append(lane)
        if self.wake is not None:
            self.wake.set()


class Desks(Mailbox):
    """Each lane that becomes deliverable is given to ``place``."""

    __slots__ = ("_desks", "_place", "_staff")

    def __init__(self, place: Callable[[Lane], None], staff: Callable[[Desk], None]) -> None:
        super().__init__()
        self._place = place
        self._staff = staff
        self._desks: dict[Actor, Desk] = {}

    def take_over(self, mailbox: Mailbox) -> None:
        """List what was deliverable before the run began."""
        for lane in mailbox:
            lane.slot = ABSENT
            self.admit(lane)

    def of(self, actor: Actor) -> Desk:
        """The desk of ``actor``; a new one is staffed with a task."""
        desk = self._desks.get(actor)
        if desk is None:
            desk = self._desks[actor] = Desk()
            self._staff(desk)
        return desk

    def admit(self, lane: Lane) -> None:
        """List ``lane``, and place it unless the addressee is deaf."""
        super().admit(lane)
        if not lane.parked:
            self._place(lane)

    def relist(self, lane: Lane) -> None:
        """The head of ``lane`` was delivered: see to the next one."""
        if not lane:
            self.drop(lane)
        elif lane.slot >= 0:
            if lane[0].addressee.deaf:
                self.drop(lane)
                self.admit(lane)
            else:
                self._place(lane)

    def deafen(self, actor: Actor) -> None:
        """Park what lies on the desk of ``actor``."""
        super().deafen(actor)
        if actor in self._desks:
            self._desks[actor].lanes.clear()
