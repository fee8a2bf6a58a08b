"""Recorder: a wrapper that describes what the strategy inside picks.

Costs about as much again as the run, so a search records raw numbers instead and has the one run
that matters described afterwards: ``describe()`` in replaying.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.pick import Choice, Delivery, Pick, Skip, delivery_of

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Recorder"]


class Recorder:
    """``picks`` are the described picks of the current run."""

    def __init__(self, inner: Strategy) -> None:
        self.inner = inner
        self.picks: list[Pick] = []
        self._raw: list[int] = []
        self._known: dict[tuple[int, Actor, Actor, type], Delivery] = {}

    def begin(self, world: World) -> bool:
        """Begin an empty list."""
        self.picks = []
        self._raw = world.picks
        self._known = {}
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """Describe the head of the lane picked, and what the clock skipped to get there."""
        index = self.inner.pick(ready)
        raw = self._raw
        while len(self.picks) < len(raw):  # nobody but the clock records picks before a delivery
            self.picks.append(Skip(-1 - raw[len(self.picks)]))
        self.deliver(ready[index])
        return index

    def deliver(self, lane: Lane) -> None:
        """Describe the delivery of the head of ``lane``; equal ones are one object."""
        head = lane[0]
        key = (lane.number, head.sender, head.addressee, type(head.message))
        delivery = self._known.get(key)
        if delivery is None:
            delivery = self._known[key] = delivery_of(lane)
        self.picks.append(delivery)

    def choose(self, label: str, options: int, /) -> int:
        """Describe the choice."""
        value = self.inner.choose(label, options)
        self.picks.append(Choice(label, value))
        return value

    def end(self, outcome: Outcome) -> None:
        """Pass it on."""
        self.inner.end(outcome)

    def describe(self) -> str:
        """Recording changes nothing, so it is not part of the name."""
        return self.inner.describe()
