"""Random walk: every deliverable lane is as likely as any other, at every pick.

The plainest strategy and the yardstick of the others. Run ``n`` of seed ``s`` is drawn from a
generator of its own, so it can be repeated without the runs before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["RandomWalk"]


class RandomWalk:
    """Uniform picks. ``first`` is the number of the first run, for repeating a later one alone."""

    def __init__(self, seed: int = 0, first: int = 0) -> None:
        self.seed = seed
        self.next_run = first
        self._random = Random(seed).random

    def begin(self, world: World) -> bool:
        """Seed run number ``next_run``."""
        self._random = Random((self.seed << 40) + self.next_run).random
        self.next_run += 1
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """Any lane. A single one is not worth a number from the generator."""
        count = len(ready)
        return int(self._random() * count) if count > 1 else 0

    def choose(self, label: str, options: int, /) -> int:
        """Any value."""
        return int(self._random() * options)

    def end(self, outcome: Outcome) -> None:
        """Nothing is learnt."""

    def describe(self) -> str:
        """As a person would type it."""
        return f"random --seed {self.seed}"
