"""CacheLines: who has a line, and what an access to it costs. An actor is a cache line.

    it is in the CPU's own cache      a hit, and nobody has to wait
    another CPU has changed it        a transfer; the line serves one such request at a time
    several CPUs read it              each has a copy, until somebody writes
    it was pushed out meanwhile       a refill; ``capacity`` fills later it is gone

States are those of MESI, told by two numbers: ``owner`` (who has it modified) and ``sharers``.
What pushes a line out is counted for all CPUs together: all that matter here walk alike.

Source: Papamarcos and Patel, ISCA 1984 (MESI).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slabrace.actors.costs import Costs
    from slabrace.runtime.actor import Actor

__all__ = ["CacheLines"]

NOBODY = -1


class CacheLines:
    """All lines of a run. Times are integer nanoseconds."""

    def __init__(self, costs: Costs) -> None:
        self.hit = round(costs.hit)
        self.refill = round(costs.refill)
        self.transfer = round(costs.transfer)
        self.rmw = round(costs.rmw)
        self.capacity = round(costs.capacity)
        self.filled: dict[int, int] = defaultdict(int)  # CPU -> lines that it has fetched
        self.lines: dict[Actor, list[int]] = {}  # taken until, owner, sharers, age
        self.stalled = 0  # how long the last access stood in line

    def read(self, line: Actor, cpu: int, time: int) -> int:
        """When ``cpu``, which asks at ``time``, has read ``line``."""
        self.stalled = 0
        state = self.lines.get(line)
        bit = 1 << cpu
        filled = self.filled[cpu]
        if state is None:
            self.filled[cpu] = filled + 1
            self.lines[line] = [time, NOBODY, bit, filled]
            return time + self.refill
        if state[2] & bit and filled - state[3] <= self.capacity:
            state[3] = filled
            return time + self.hit
        self.filled[cpu] = filled + 1
        start = max(time, state[0])
        self.stalled = start - time
        owner = state[1]
        if owner not in (NOBODY, cpu):
            end = state[0] = start + self.transfer  # whoever has it must give it up
        else:
            end = start + self.refill
        state[1] = NOBODY
        state[2] |= bit
        state[3] = filled
        return end

    def write(self, line: Actor, cpu: int, time: int) -> int:
        """When ``cpu``, which asks at ``time``, has changed ``line`` (an atomic operation)."""
        self.stalled = 0
        state = self.lines.get(line)
        bit = 1 << cpu
        filled = self.filled[cpu]
        if state is None:
            self.filled[cpu] = filled + 1
            end = time + self.refill + self.rmw
            self.lines[line] = [end, cpu, bit, filled]
            return end
        if state[2] == bit and filled - state[3] <= self.capacity:
            state[1] = cpu
            state[3] = filled
            return time + self.hit + self.rmw
        self.filled[cpu] = filled + 1
        start = max(time, state[0])
        self.stalled = start - time
        mine = state[2] == bit
        end = start + (self.refill if mine else self.transfer) + self.rmw
        state[0] = end
        state[1] = cpu
        state[2] = bit
        state[3] = filled
        return end

    def write_twice(self, line: Actor, cpu: int, time: int, share: float) -> int:
        """As write() of what reads first: in a ``share`` of cases the line has gone meanwhile.

        Then the CPU has to stand in line once more, and the line has to travel once more.
        """
        end = self.write(line, cpu, time)
        if self.stalled:
            again = round(share * self.transfer)
            wait = round(share * self.stalled)
            self.lines[line][0] += again
            self.stalled += wait
            end += again + wait
        return end
