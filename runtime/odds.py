"""Odds: how likely it is that runs drawn at random all missed a bug of some depth.

For strategies that state, for a run of k deliveries among n chains, the least chance to hit a given
bug of depth d: 1 / (n * k^(d-1)), divided by the ways in which data choices could have gone
(strategies/pct.py). Runs are independent draws, so the chances of missing are multiplied, and the
odds of two sets of runs can be added: what is known of n, k and the ways is then the larger of the
two, for all of them.

A run made with a k that is less than the longest run promises nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from slabrace.runtime.trust import at_most

__all__ = ["Odds"]


@dataclass(frozen=True)
class Odds:
    """See the head of this file. ``width`` is n, ``runs`` is how many were made with each k."""

    depth: int
    width: int = 1
    ways: int = 1
    longest: int = 0
    runs: dict[int, int] = field(default_factory=dict)

    def chance(self, length: int) -> float:
        """The least chance of a run with k = ``length`` to hit a given bug of this depth."""
        return 1 / (self.width * math.pow(length, self.depth - 1) * self.ways)

    def missed(self) -> float:
        """The most likely that all runs missed."""
        counted = {k: runs for k, runs in self.runs.items() if k >= self.longest}
        return math.prod((1 - self.chance(k)) ** runs for k, runs in counted.items())

    def __add__(self, other: Odds) -> Odds:
        """Of the runs of both, which aim at the same depth."""
        together = dict(self.runs)
        for k, runs in other.runs.items():
            together[k] = together.get(k, 0) + runs
        return Odds(
            self.depth,
            max(self.width, other.width),
            max(self.ways, other.ways),
            max(self.longest, other.longest),
            together,
        )

    def __str__(self) -> str:
        return f"chance of missing a depth-{self.depth} bug <= {at_most(self.missed())}"
