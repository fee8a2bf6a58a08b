"""Probe: a run that goes to a node of a search, on along a sequence, and no further.

What a delivery touches beside its addressee (``touch()``) may depend on what came before it. A
search that has to know what it would touch elsewhere goes there and has a look. Nothing is counted,
and nothing of the search changes but for what it was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.runtime.causality import Happening
from slabrace.runtime.dependence import Footprint
from slabrace.runtime.early import Question
from slabrace.runtime.outcome import End, Stop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.observer import Observer
    from slabrace.runtime.suffix import Suffix
    from slabrace.runtime.world import World

__all__ = ["Probe"]


class Probe:
    """To before event number ``depth`` of ``events``, and then along ``suffix``."""

    def __init__(
        self,
        world: World,
        observer: Observer,
        events: Sequence[Happening],
        depth: int,
        suffix: Suffix,
    ) -> None:
        self.world = world
        self.observer = observer
        self.depth = depth
        self.suffix = suffix
        self.way = [*events[:depth], *(suffix.events[each] for each in suffix.indices)]
        self.at = 0  # the event under way
        self.place = 0  # among its choices
        self._names = list(observer.names)  # the next run begins like the one before the probe
        observer.begin(world)

    def pick(self) -> Lane | None:
        """The next lane on the way; None if the way cannot be gone."""
        self.at += 1
        self.place = 0
        observer, at = self.observer, self.at
        if at < self.depth:
            return self.world.lanes[self.way[at].number]
        if at == self.depth:
            observer.resume(self.way[at - 1])
        else:
            self.last = observer.settle(())
        if at == len(self.way):
            raise Stop(End.REDUNDANT)
        lane = observer.lane_of(self.way[at].lane)
        if lane is None or lane.slot < 0:
            return None
        observer.deliver(lane)
        return lane

    def choose(self) -> int:
        """The value that was chosen on the way; in the last delivery, the one that is asked for."""
        event = self.way[self.at]
        told = self.suffix.values if self.at == len(self.way) - 1 else event.choices
        place, self.place = self.place, self.place + 1
        return told[place] if place < len(told) else 0

    def over(self) -> Footprint:
        """What the last delivery touched; what it did elsewhere, if a law ended the run before."""
        seen = self._seen()
        self.observer.names = self._names
        return seen

    def _seen(self) -> Footprint:
        guess = self.suffix.touches
        if self.at < len(self.way) - 1:
            return guess
        seen = self.last if self.at == len(self.way) else self.observer.settle(())
        ties = [touch for touch in guess if isinstance(touch[0], Question)]
        return (*seen.footprint, *ties)
