"""Profile: which function the time of each actor went to, under which callers.

Three kinds of time, all in nanoseconds of virtual time:

    service   the actor did something, or an object served it
    stall     it stood in line at an object: to a profiler this looks like work
    sleep     it had been put to sleep: a profiler sees another task there, or none

A stack is the functions from the outermost to the innermost; what is booked to a stack is the
innermost one's own (``self``), and counts for all of them (``children``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

__all__ = ["UNKNOWN", "Line", "Profile", "Stack"]

UNKNOWN: Final = "[unknown]"


class Stack:
    """One call stack and what it cost: ``service``, ``stall`` and ``sleep`` by actor.

    ``places[symbol]`` is where ``symbol`` is, seen from here: in it, or called from its innermost
    one.
    """

    __slots__ = ("below", "frames", "outer", "places", "service", "sleep", "stall", "symbols")

    def __init__(self, symbols: tuple[str, ...] = (), outer: Stack | None = None) -> None:
        self.symbols = symbols
        self.outer = outer
        self.below: dict[str, Stack] = {}
        self.places = Places(self)
        self.frames: dict[str, Stack] = {}  # for whoever translates names of frames
        self.service: dict[str, int] = defaultdict(int)
        self.stall: dict[str, int] = defaultdict(int)
        self.sleep: dict[str, int] = defaultdict(int)

    @property
    def leaf(self) -> str:
        """The innermost function; of what no function did, the name that perf has for it."""
        return self.symbols[-1] if self.symbols else UNKNOWN

    def under(self, symbol: str) -> Stack:
        """``symbol`` called from here; made at its first use."""
        below = self.below.get(symbol)
        if below is None:
            below = self.below[symbol] = Stack((*self.symbols, symbol), self)
        return below

    def own(self, actor: str | None = None) -> int:
        """Nanoseconds of its leaf, stalls included; of ``actor`` or of all together."""
        return of(self.service, actor) + of(self.stall, actor)


class Places(dict[str, Stack]):
    """Where each symbol is, seen from ``stack``; found at its first use."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.stack = stack

    def __missing__(self, symbol: str) -> Stack:
        place = self.stack
        if symbol not in place.symbols:
            place = place.under(symbol)
        else:
            depth = place.symbols.index(symbol) + 1
            while len(place.symbols) > depth and place.outer is not None:
                place = place.outer
        self[symbol] = place
        return place


class Line(NamedTuple):
    """One line of a report: nanoseconds, ``own`` of which are the symbol's and not its callees'."""

    symbol: str
    own: int
    inclusive: int
    stall: int
    sleep: int


class Profile:
    """All stacks of a run."""

    def __init__(self) -> None:
        self.root = Stack()

    def stack(self, symbols: tuple[str, ...]) -> Stack:
        """The stack of these functions, made at its first use."""
        stack = self.root
        for symbol in symbols:
            stack = stack.under(symbol)
        return stack

    def clear(self) -> None:
        """Forget what was booked: what is measured begins here. The stacks stay."""
        for stack in self.stacks():
            stack.service.clear()
            stack.stall.clear()
            stack.sleep.clear()

    def stacks(self) -> Iterator[Stack]:
        """Every stack, callers first, in the order in which they were met."""
        todo = [self.root]
        while todo:
            stack = todo.pop()
            todo += reversed(stack.below.values())
            yield stack

    def actors(self) -> list[str]:
        """Everyone who was booked anything."""
        found: dict[str, None] = {}
        for stack in self.stacks():
            for kind in (stack.service, stack.stall, stack.sleep):
                found.update(dict.fromkeys(kind))
        return sorted(found)

    def total(self, actor: str | None = None) -> int:
        """Nanoseconds at work, stalls included, of ``actor`` or of all together."""
        return sum(stack.own(actor) for stack in self.stacks())

    def lines(self, actor: str | None = None) -> list[Line]:
        """One line for each symbol, the largest first; of ``actor`` or of all together."""
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for stack in self.stacks():
            stall = of(stack.stall, actor)
            own = stack.own(actor)
            sleep = of(stack.sleep, actor)
            if not own and not sleep:
                continue
            line = sums[stack.leaf]
            line[0] += own
            line[2] += stall
            line[3] += sleep
            for symbol in dict.fromkeys(stack.symbols or (UNKNOWN,)):
                sums[symbol][1] += own
        lines = [Line(symbol, *sums[symbol]) for symbol in sums]
        return sorted(lines, key=lambda line: (-line.own, -line.inclusive, line.symbol))


def of(times: Mapping[str, int], actor: str | None) -> int:
    """Nanoseconds of ``actor``, or of all together."""
    return sum(times.values()) if actor is None else times.get(actor, 0)
