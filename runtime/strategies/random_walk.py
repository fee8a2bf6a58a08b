"""Random walk: every deliverable lane is as likely as any other, at every pick.

The plainest strategy and the yardstick of the others. Where its numbers come from: draws.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.strategies.draws import BITS, Draws
from slabrace.runtime.trust import Trust

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["RandomWalk"]


class RandomWalk(Draws):
    """Uniform picks. ``first`` is the number of the first run, for repeating a later one alone."""

    runs = 0

    def begin(self, world: World) -> bool:
        """Start run number ``next_run``."""
        self.turn()
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """Any lane. A single one is not worth a number."""
        count = len(ready)
        if count == 1:
            return 0
        try:
            return self._draw() * count >> BITS
        except StopIteration:
            self._cut()
            return self._draw() * count >> BITS

    def choose(self, label: str, options: int, /) -> int:
        """Any value."""
        try:
            return self._draw() * options >> BITS
        except StopIteration:
            self._cut()
            return self._draw() * options >> BITS

    def end(self, outcome: Outcome) -> None:
        """Nothing is learnt."""
        self.runs += 1

    def trust(self) -> Trust:
        """No bound is known: a depth-d bug may be as rare as one run in (actors ** deliveries)."""
        return Trust("sampled", f"{self.runs} runs")

    def describe(self) -> str:
        """As a person would type it."""
        return f"random --seed {self.seed}"
