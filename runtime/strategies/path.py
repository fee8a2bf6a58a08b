"""Path: where a depth-first search stands, as the branches taken and how many there were.

The tree is never kept. Each run follows the path, goes on to the first branch wherever it comes to
something new, and afterwards the path is moved on to the next leaf.

``estimate()`` guesses the leaves of the whole tree. D. E. Knuth (Estimating the Efficiency of
Backtrack Programs, 1975) descends at random: a leaf is met with the probability 1 / (product of the
branching degrees on its way), so the mean of the products is the number of leaves. A search that
goes in order meets leaves that are alike, and the plain mean would be wrong up to the end. So each
leaf counts with the probability that Knuth would have met it (P. Kilby, J. Slaney, S. Thiebaux,
T. Walsh: Estimating Search Tree Size, AAAI 2006): leaves seen / sum of their probabilities. At the
end of the search that sum is 1 and the estimate is the number.
"""

from __future__ import annotations

import math

from slabrace.runtime.errors import MachineError

__all__ = ["Path"]


class Path:
    """The way to the leaf of the present run. Branching points with one branch are not kept."""

    def __init__(self) -> None:
        self.chosen: list[int] = []
        self.options: list[int] = []
        self.weights: list[float] = []  # the probability to come past each point at random
        self.at = 0
        self.leaves = 0
        self.seen = 0.0  # the sum of the leaves' probabilities
        self.exhausted = False

    def start(self) -> bool:
        """Stand at the root; False if the whole tree was seen."""
        self.at = 0
        return not self.exhausted

    def branch(self, options: int) -> int:
        """The branch to take where there are ``options``."""
        if options == 1:
            return 0
        at = self.at
        self.at = at + 1
        if at == len(self.chosen):
            self.chosen.append(0)
            self.options.append(options)
            self.weights.append((self.weights[-1] if at else 1.0) / options)
        elif self.options[at] != options:
            raise MachineError(
                f"the same picks were made, and at branching point {at} there are {options} ways "
                f"to go on, where there were {self.options[at]} before. Does an actor or the "
                "scenario draw from what is not the machine's (a clock, random, id(), the order "
                "of a set, what an earlier run left behind), or are delays injected? Let it use "
                "choose() and sleep()."
            )
        return self.chosen[at]

    def leaf(self) -> None:
        """The run is over: count it and move on to the next leaf."""
        if self.at < len(self.chosen):
            raise MachineError(
                f"the same picks were made, and the run ended at branching point {self.at} of "
                f"{len(self.chosen)}: it depends on what is not the machine's."
            )
        self.leaves += 1
        self.seen += self.weights[-1] if self.weights else 1.0
        chosen, options = self.chosen, self.options
        while chosen and chosen[-1] + 1 == options[-1]:
            chosen.pop()
            options.pop()
            self.weights.pop()
        if chosen:
            chosen[-1] += 1
        else:
            self.exhausted = True

    def estimate(self) -> float:
        """The leaves of the whole tree, exact when it is exhausted; infinite if none tells."""
        if self.exhausted:
            return float(self.leaves)
        return self.leaves / self.seen if self.seen else math.inf

    def state(self) -> dict[str, object]:
        """All there is to know, in builtins."""
        return {
            "path": [list(each) for each in zip(self.chosen, self.options, strict=True)],
            "leaves": self.leaves,
            "seen": self.seen,
            "exhausted": self.exhausted,
        }

    @classmethod
    def of(cls, state: dict[str, object]) -> Path:
        """The path of which ``state`` was taken."""
        path = cls()
        match state:
            case {
                "path": [*points],
                "leaves": int(leaves),
                "seen": float(seen),
                "exhausted": bool(exhausted),
            }:
                path.leaves, path.seen, path.exhausted = leaves, seen, exhausted
            case _:
                raise MachineError(f"no state of a depth-first search: {state!r}")
        weight = 1.0
        for point in points:
            match point:
                case [int(chosen), int(options)] if 0 <= chosen < options:
                    weight /= options
                    path.chosen.append(chosen)
                    path.options.append(options)
                    path.weights.append(weight)
                case _:
                    raise MachineError(f"no point of a path: {point!r}")
        return path
