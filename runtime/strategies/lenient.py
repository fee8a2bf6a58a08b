"""Lenient: follow a course as far as the world offers it, and go on calmly where it does not.

A block whose lane has nothing to deliver is passed over. After the last block the run goes on
without preemptions: in the same lane while that can, then in the one that had its turn longest
ago, those that had none first, lowest number first. So every course is a run, and always the same.

It keeps account: ``preemptions`` (the next delivery came from another lane although that of the
last one could go on; M. Musuvathi, S. Qadeer: Iterative Context Bounding, PLDI 2007), ``switches``
(it came from another lane), and what the run was, as a course of its own: ``taken()``.

A run that has become worse than ``limit`` is of no use to whoever looks for a better one, and is
stopped. So is one that comes back to a state while one lane goes straight on: nothing here will
ever end that turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.course import Block, Course, LaneName, Pause, Place, listed
from slabrace.runtime.outcome import End, Stop

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["Lenient"]


class Lenient:
    """Follows ``course``; ``limit`` is the most preemptions, and deliveries with that many."""

    def __init__(self, course: Course, limit: tuple[int, int] | None = None) -> None:
        self.course = course
        self.limit = limit

    def begin(self, world: World) -> bool:
        """Stand before the first block."""
        self.world = world
        self.preemptions = 0
        self.switches = 0
        self._deliveries = 0
        self._at = 0
        self._left: int | None = 0  # of the block under way; 0: there is none
        self._lane: LaneName = ("", "")
        self._last: Lane | None = None
        self._straight = 0  # since which pick one lane goes on, whatever it did until then
        self._turns: dict[Lane, int] = {}  # when each lane had its last turn
        self._lanes: dict[LaneName, Lane] = {}
        self._lanes_seen = 0
        self._values = {place: iter(values) for place, values in self.course.values}
        self._taken: list[Block | Pause] = []
        self._count = 0  # deliveries of the turn under way
        self._chosen: dict[Place, list[int]] = {}
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """The lane whose turn it is."""
        lane = self._next(ready)
        last = self._last
        if lane is not last or not self._open_ended():
            self._straight = len(self.world.picks) + 1
        if lane is not last:
            if last is not None:
                self._close(last)
                self.switches += 1
                if last.slot >= 0:
                    self.preemptions += 1
            self._last = lane
        self._count += 1
        self._deliveries += 1
        self._turns[lane] = self._deliveries
        limit = self.limit
        if limit is not None and (self.preemptions, self._deliveries) > limit:
            raise Stop(End.BOUND)
        return lane.slot

    def choose(self, label: str, options: int, /) -> int:
        """The value that is listed for this place, or else the plain case."""
        lane = self._last
        place = (lane.owner.label, lane.key, label) if lane is not None else ("", "", label)
        listed_here = next(self._values.get(place, iter(())), None)
        if listed_here is not None:
            self._straight = len(self.world.picks) + 1
        value = listed_here if listed_here is not None and listed_here < options else 0
        self._chosen.setdefault(place, []).append(value)
        return value

    def returned(self, start: int) -> None:
        """The state of pick ``start`` is back. If one lane has gone straight on, it always will."""
        if start >= self._straight:
            raise Stop(End.BOUND)

    def end(self, outcome: Outcome) -> None:
        """Close the last turn, as one that went on to the end."""
        if self._last is not None and self._count:
            last = self._last
            self._taken.append(Block(last.owner.label, last.key, None))
            self._count = 0

    def describe(self) -> str:
        """As little as a person needs to know."""
        return "minimize"

    def taken(self) -> Course:
        """The run that has ended, as a course: following that gives the same run."""
        return Course(tuple(self._taken), listed(self._chosen))

    @property
    def chosen(self) -> int:
        """The sum of all that was chosen: 0 is the plain run."""
        return sum(sum(values) for values in self._chosen.values())

    # -- whose turn it is --------------------------------------------------------------

    def _next(self, ready: Sequence[Lane]) -> Lane:
        """The lane of the block under way, of the first one after it that can go on, or any."""
        blocks = self.course.blocks
        while True:
            if self._left != 0:
                lane = self._deliverable(self._lane)
                if lane is not None:
                    if self._left is not None:
                        self._left -= 1
                    return lane
                self._left = 0
            if self._at == len(blocks):
                return self._calmly(ready)
            block = blocks[self._at]
            self._at += 1
            if isinstance(block, Pause):
                self._pause(block)
            else:
                self._lane, self._left = block.lane, block.length

    def _open_ended(self) -> bool:
        """Whether the turn under way ends only if its lane has to wait."""
        return self._left is None or (not self._left and self._at == len(self.course.blocks))

    def _calmly(self, ready: Sequence[Lane]) -> Lane:
        """Stay, or else give the turn to whoever had none for the longest time."""
        last = self._last
        if last is not None and last.slot >= 0:
            return last
        turns = self._turns
        return min(ready, key=lambda lane: (turns.get(lane, 0), lane.number))

    def _deliverable(self, name: LaneName) -> Lane | None:
        """The lane of that name, if something in it can be delivered now."""
        lanes = self.world.lanes
        while self._lanes_seen < len(lanes):
            lane = lanes[self._lanes_seen]
            self._lanes[lane.owner.label, lane.key] = lane
            self._lanes_seen += 1
        found = self._lanes.get(name)
        if found is None:
            return None
        clock = self.world.clock
        if found.slot < 0 and any(lane is found for _, _, lane, _ in clock.timers):
            clock.hurry()  # as a replay does: the timer is wanted to run out here
        return found if found.slot >= 0 else None

    def _pause(self, pause: Pause) -> None:
        """Let time pass. The turn is over, but nobody else has one yet."""
        if self._last is not None and self._count:
            self._close(self._last)
        self._taken.append(pause)
        self.world.clock.skip(pause.nanoseconds)
        self._straight = len(self.world.picks)

    def _close(self, last: Lane) -> None:
        """The turn of ``last`` is over: by itself, or because somebody else's begins."""
        if self._count:
            count = self._count if last.slot >= 0 else None
            self._taken.append(Block(last.owner.label, last.key, count))
            self._count = 0
