"""TraceNumber: a number for what a run has amounted to so far, whatever the order of the rest.

Two beginnings of runs that differ only in the order of deliveries that commute (dependence.py)
lead to the same state, and have the same number: the sum, over all deliveries, of a hash of
the lane, the place in it, what was chosen, and what had happened to the addressee before. Two that
differ otherwise have different ones, but for an accident of one in 2^61.

Coarser than it could be: parts of an addressee are not told apart. Time is left out, so while there
are timers every beginning is told apart.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.monitor import Event
    from slabrace.runtime.world import World

__all__ = ["TraceNumber"]


class TraceNumber:
    """Of one run of ``world``, which must not have begun. Call ``deliver`` before each delivery."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._sum = 0
        self._lane: Lane | None = None  # of the delivery under way
        self._chosen: list[int] = []
        self._places: dict[Lane, int] = {}
        self._written: dict[Hashable, int] = {}  # what is touched -> hash of its last write
        self._read: dict[Hashable, int] = {}  # and the sum of those of its reads since
        self._touched: list[tuple[Hashable, bool]] = []
        world.footprint = self._touched
        for event in world.relations:
            world.foresee(event, self._relate)

    def choose(self, value: int) -> None:
        """``value`` is chosen now."""
        self._chosen.append(value)

    def now(self) -> Hashable:
        """The number of what was delivered so far."""
        self._settle()
        if self.world.clock.timers or self.world.clock.skipped:
            return tuple(self.world.picks)
        return self._sum

    def deliver(self, lane: Lane) -> None:
        """The head of ``lane`` is delivered next."""
        self._settle()
        self._lane = lane
        head = lane[0]
        writes = head.addressee.run is not None or head.message.writes
        self._touched.append((head.addressee, writes))

    def _settle(self) -> None:
        """The delivery under way is over: count it."""
        lane = self._lane
        if lane is not None:
            place = self._places[lane] = self._places.get(lane, 0) + 1
            told = hash((lane.owner.label, lane.key, place, *self._chosen))
            self._lane = None
        elif self._chosen or self._touched:  # before the first delivery
            told = hash(tuple(self._chosen))
            self._sum += told
        else:
            return
        for what, writes in self._touched:
            before = self._written.get(what, 0)
            if writes:
                self._written[what] = told = hash((told, before, self._read.pop(what, 0)))
            else:
                told = hash((told, before))
                self._read[what] = self._read.get(what, 0) + told
            self._sum += told
        self._touched.clear()
        self._chosen.clear()

    def _relate(self, event: Event) -> None:
        """A monitor sees ``event`` and compares it with others."""
        for law, field, writes in self.world.relations[event.name]:
            what = getattr(event.fields.get(field), "name", event.fields.get(field))
            self._touched.append(((law, str(what)), writes))
