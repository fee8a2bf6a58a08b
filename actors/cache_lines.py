"""CacheLines: who has a line, and what an access to it costs. An actor is a cache line.

    it is in the CPU's own cache      a hit, and nobody has to wait
    another CPU has changed it        a transfer; the line serves one such request at a time
    several CPUs read it              each has a copy, until somebody writes
    it was pushed out meanwhile       a refill; ``capacity`` fills later it is gone

States are those of MESI, told by two sets of CPUs, as bits: ``owner`` (who has it modified) and
``sharers``. What pushes a line out is counted for all CPUs together: all that matter here walk
alike.

Source: Papamarcos and Patel, ISCA 1984 (MESI).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slabrace.actors.costs import Costs
    from slabrace.runtime.actor import Actor

__all__ = ["Cache", "Line"]


class Line:
    """One line: until when it is taken, who has it, and when it was last used."""

    __slots__ = ("age", "owner", "sharers", "taken")

    def __init__(self, taken: int, owner: int, sharers: int, age: int) -> None:
        self.taken = taken
        self.owner = owner
        self.sharers = sharers
        self.age = age


class Cache:
    """That of CPU ``number``, of all that use ``lines``. Times are integer nanoseconds."""

    def __init__(self, costs: Costs, lines: dict[Actor, Line], number: int) -> None:
        self.hit = round(costs.hit)
        self.refill = round(costs.refill)
        self.transfer = round(costs.transfer)
        self.rmw = round(costs.rmw)
        self.without = round(costs.store)
        self.trylock = costs.trylock
        self.again = round(costs.trylock * self.transfer)
        self.lines = lines
        self.bit = 1 << number
        self.filled = 0  # lines that it has fetched
        self.oldest = -round(costs.capacity)  # the age of what is next to be pushed out
        self.stalled = 0  # how long the last access stood in line

    def read(self, where: Actor, time: int) -> int:
        """When the CPU, which asks at ``time``, has read ``where``."""
        line = self.lines.get(where)
        if line is not None and line.sharers & self.bit and line.age >= self.oldest:
            self.stalled = 0
            line.age = self.filled
            return time + self.hit
        return self.fetch(where, line, time)

    def fetch(self, where: Actor, line: Line | None, time: int) -> int:
        """When it has read ``where``, of which it has no copy."""
        bit = self.bit
        filled = self.filled
        self.filled = filled + 1
        self.oldest += 1
        if line is None:
            self.stalled = 0
            self.lines[where] = Line(time, 0, bit, filled)
            return time + self.refill
        line.age = filled
        line.sharers |= bit
        start = line.taken
        if start > time:
            self.stalled = start - time
        else:
            self.stalled = 0
            start = time
        owner = line.owner
        line.owner = 0
        if owner and owner != bit:
            end = line.taken = start + self.transfer  # whoever has it must give it up
            return end
        return start + self.refill

    def write(self, where: Actor, time: int) -> int:
        """When the CPU, which asks at ``time``, has changed ``where`` (an atomic operation)."""
        self.stalled = 0
        bit = self.bit
        filled = self.filled
        line = self.lines.get(where)
        if line is not None and line.sharers == bit and line.age >= self.oldest:
            line.owner = bit
            line.age = filled
            return time + self.hit + self.rmw
        self.filled = filled + 1
        self.oldest += 1
        if line is None:
            end = time + self.refill + self.rmw
            self.lines[where] = Line(end, bit, bit, filled)
            return end
        if line.taken > time:
            self.stalled = line.taken - time
            time = line.taken
        end = time + (self.refill if line.sharers == bit else self.transfer) + self.rmw
        line.taken = end
        line.owner = line.sharers = bit
        line.age = filled
        return end

    def write_twice(self, where: Actor, time: int) -> int:
        """As write() of what reads first: in a ``trylock`` of cases the line has gone meanwhile.

        Then the CPU has to stand in line once more, and the line has to travel once more.
        """
        end = self.write(where, time)
        if self.stalled:
            again = self.again
            wait = round(self.trylock * self.stalled)
            self.lines[where].taken += again
            self.stalled += wait
            end += again + wait
        return end

    def store(self, where: Actor, time: int) -> int:
        """When a store to ``where`` has left the CPU, which does not wait until it is seen."""
        self.write(where, time)
        return self.spare(where, time)

    def spare(self, where: Actor, time: int) -> int:
        """When what needs no line that is shared is done."""
        self.stalled = 0
        return time + self.without
