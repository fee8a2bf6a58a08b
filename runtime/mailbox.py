"""Lane and Mailbox: the undelivered messages, listed.

A lane is a FIFO: what is sent into one lane is delivered in that order, and nothing is promised
between two lanes. A mailbox is the set of lanes whose head may be delivered now; a strategy picks
among them. Which lane a message takes is the sender's choice, and that choice *is* the model of
memory or network: one lane per sender is program order, one per pair of actors is Erlang's order,
one per message is no order at all.

Removal from the mailbox swaps the last lane into the gap, so its order depends on the history of
picks alone: the same picks give the same lists, in any process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.message import Envelope

__all__ = ["Lane", "Mailbox"]

ABSENT = -1


class Lane(deque["Envelope"]):
    """A FIFO of undelivered envelopes. ``number`` counts lanes in the order of their first use.

    ``steady`` promises that whoever it leads to always listens, so that nobody has to look.
    """

    __slots__ = ("key", "number", "owner", "parked", "slot", "steady")

    def __init__(self, number: int, owner: Actor, key: str) -> None:
        self.number = number  # a deque needs no __init__ to be empty
        self.owner = owner
        self.key = key
        self.slot = ABSENT
        self.parked = False
        self.steady = False

    @property
    def name(self) -> str:
        """``owner`` or ``owner/key``: the same in every run of the same scenario."""
        return f"{self.owner.name}/{self.key}" if self.key else self.owner.name

    def __hash__(self) -> int:  # type: ignore[override]  # a lane is itself, not its content
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other


class Mailbox(list[Lane]):
    """The lanes whose head may be delivered. A plain list, so that picking costs an index.

    ``listening`` are the active actors that are not deaf, in the order in which they began, and
    ``awaited`` those for whom something waits until they do.
    """

    __slots__ = ("awaited", "listening")

    def __init__(self) -> None:  # a list needs none to be empty
        self.listening: dict[Actor, None] = {}
        self.awaited: dict[Actor, None] = {}

    def put(self, envelope: Envelope, lane: Lane) -> None:
        """Append ``envelope`` to ``lane``; the lane becomes deliverable if it was empty."""
        lane.append(envelope)
        if lane.slot < 0 and not lane.parked:
            self.admit(lane)

    def admit(self, lane: Lane) -> None:
        """List ``lane``, whose head is new; park it while the addressee is deaf."""
        addressee = lane[0].addressee
        if addressee.deaf:
            lane.parked = True
            addressee.parked.append(lane)
            self.awaited[addressee] = None
            return
        lane.slot = len(self)
        self.append(lane)

    def drop(self, lane: Lane) -> None:
        """Take ``lane`` off the list; the last lane takes its place."""
        last = self.pop()
        if last is not lane:
            self[lane.slot] = last
            last.slot = lane.slot
        lane.slot = ABSENT

    def hear(self, actor: Actor) -> None:
        """``actor`` listens again: list the lanes that waited for it."""
        actor.deaf = False
        self.listening[actor] = None
        self.awaited.pop(actor, None)
        parked, actor.parked = actor.parked, []
        for lane in parked:
            lane.parked = False
            if lane:
                self.admit(lane)

    def deafen(self, actor: Actor) -> None:
        """``actor`` stops listening: park the lanes whose head is for it."""
        actor.deaf = True
        self.listening.pop(actor, None)
        for lane in [lane for lane in self if lane and lane[0].addressee is actor]:
            self.drop(lane)
            lane.parked = True
            actor.parked.append(lane)
            self.awaited[actor] = None

    def heads(self) -> Iterator[Envelope]:
        """The envelopes that may be delivered now, in the list's order."""
        return (lane[0] for lane in self)
