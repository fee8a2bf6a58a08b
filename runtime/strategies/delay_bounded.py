"""Delay-bounded search: a scheduler that draws nothing, told to pass a lane over a few times.

M. Emmi, S. Qadeer, Z. Rakamaric: Delay-Bounded Scheduling, POPL 2011.

The scheduler underneath stays in a lane while it can be delivered from, and goes on to the next
number then. A *delay* at a pick passes the lane over that would go: the next one goes instead. With
``delays`` at most d there are only polynomially many schedules, and most bugs that were ever
studied need one or two.

``DelayBounded`` makes them all, cheapest first: it is depth-first search with that bound alone.
``DelaySampled`` puts d delays at random points of each run, for runs too long to be enumerated.
(Delaying *messages* by name or time, whatever the strategy, is another thing: delay.py.)

What differs from the paper: its scheduler dispatches tasks, this one single deliveries, whose lane
keeps its place after a delay instead of going to the end. Data choices are enumerated, or drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from slabrace.runtime.strategies.dfs import DFS, rotation
from slabrace.runtime.strategies.draws import BITS, Draws
from slabrace.runtime.strategies.run_length import RunLength
from slabrace.runtime.trust import Trust

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["DELAYS", "DelayBounded", "DelaySampled"]

DELAYS: Final = 2


class DelayBounded(DFS):
    """Every run with at most ``delays`` delays."""

    name = "delay"

    def __init__(self, delays: int = DELAYS, steps: int | None = None) -> None:
        super().__init__(delays=delays, steps=steps)


class DelaySampled:
    """Runs with ``delays`` delays at random points. ``length`` None learns the run's length."""

    def __init__(
        self, seed: int = 0, first: int = 0, delays: int = DELAYS, length: int | None = None
    ) -> None:
        self.draws = Draws(seed, first)
        self.delays = delays
        self.length = RunLength(length)
        self.runs = 0

    def begin(self, world: World) -> bool:
        """Draw the points."""
        self.draws.turn()
        draw, length = self.draws.wide, self.length.now
        self.points = Counter(1 + (draw() * length >> 2 * BITS) for _ in range(self.delays))
        self._at = 0
        self._last = -1
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """The lane that would go, or as many further as there are delays here."""
        self._at += 1
        if len(ready) == 1:
            index = 0
        else:
            delays = self.points.get(self._at, 0)
            index = rotation(ready, self._last)[min(delays, len(ready) - 1)]
        self._last = ready[index].number
        return index

    def choose(self, label: str, options: int, /) -> int:
        """Any value."""
        return self.draws.below(options)

    def end(self, outcome: Outcome) -> None:
        """Learn how long a run is."""
        self.runs += 1
        self.length.learn(outcome.deliveries)

    def trust(self) -> Trust:
        """No more than how many there were."""
        return Trust("sampled", f"{self.runs} runs of {self.delays} delays")

    def describe(self) -> str:
        """As a person would type it."""
        given = f" --length {self.length.given}" if self.length.given else ""
        return f"delay --sampled --delays {self.delays}{given} --seed {self.draws.seed}"
