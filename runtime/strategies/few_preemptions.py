"""Few preemptions: every run with at most so many preemptions, one after the other.

What it costs to leave a lane that could go on is bounded; what costs nothing is not: whenever a
lane has to wait, each other one may be next, and each data choice takes each of its values. A
search that ends has shown that no run with so few preemptions is any different from what it saw.
(M. Musuvathi, S. Qadeer: Iterative Context Bounding for Systematic Testing of Multithreaded
Programs, PLDI 2007.)

Each run begins anew; what is kept is the list of its branchings. Where one has come to a state that
was met before (trace_number.py), with the same lane having its turn and no more preemptions left,
it ends as ``REDUNDANT``: all that could follow was seen, or will be. One whose state is back while
a lane goes straight on, with no preemption left to end that, is cut off. Time is left out, as by
every search through all orders: a timer may run out as soon as it is set.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.outcome import End, Stop
from slabrace.runtime.trace_number import TraceNumber

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["FewPreemptions"]


class FewPreemptions:
    """Begins once for each run with at most ``most`` preemptions; ``over`` when all were made."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._path: list[list[int]] = []  # branch taken, and how many there are
        self.over = False
        self._met: dict[Hashable, int] = {}  # state -> the most preemptions that were left there

    def begin(self, world: World) -> bool:
        """False when all were seen."""
        self._world = world
        self._depth = 0
        self._left = self.most
        self._last: Lane | None = None
        self._straight = 0  # since which pick one lane goes on and nothing else is tried
        world.clock.eager = True
        self._number = TraceNumber(world)
        return not self.over

    def pick(self, ready: Sequence[Lane], /) -> int:
        """Stay, or as long as that may be: each other lane, by number."""
        lane = ready[0] if len(ready) == 1 else self._among(ready)
        if lane is not self._last or self._left:
            self._straight = len(self._world.picks) + 1
        self._last = lane
        self._number.deliver(lane)
        return lane.slot

    def _among(self, ready: Sequence[Lane]) -> Lane:
        """One of several."""
        last = self._last
        stays = last is not None and last.slot >= 0
        if last is not None and stays and not self._left:
            return last
        if self._depth == len(self._path):
            self._meet(last if stays else None)
        lanes = sorted(ready, key=lambda lane: (lane is not last, lane.number))
        branch = self._branch(len(lanes))
        self._left -= bool(stays and branch)
        return lanes[branch]

    def _meet(self, present: Lane | None) -> None:
        """End the run here if it has come to a state that was met before."""
        state = (self._number.now(), present and (present.owner.label, present.key))
        if self._met.get(state, -1) >= self._left:
            raise Stop(End.REDUNDANT)
        self._met[state] = self._left

    def choose(self, label: str, options: int, /) -> int:
        """Each value."""
        value = self._branch(options)
        self._straight = len(self._world.picks) + 1
        self._number.choose(value)
        return value

    def returned(self, start: int) -> None:
        """The state of pick ``start`` is back. If one lane has gone straight on, it always will."""
        if start >= self._straight:
            raise Stop(End.BOUND)

    def end(self, outcome: Outcome) -> None:
        """On to the next: the last branching that has a branch left takes it."""
        del self._path[self._depth :]
        while self._path and self._path[-1][0] + 1 == self._path[-1][1]:
            self._path.pop()
        if self._path:
            self._path[-1][0] += 1
        self.over = not self._path

    def describe(self) -> str:
        """As a person would type it."""
        return f"dfs --preemptions {self.most}"

    def _branch(self, count: int) -> int:
        if self._depth == len(self._path):
            self._path.append([0, count])
        branch = self._path[self._depth][0]
        self._depth += 1
        return branch
