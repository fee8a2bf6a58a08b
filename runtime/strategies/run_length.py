"""Run length: how many deliveries a run is expected to have.

Strategies that place something at random points of a run must know how long it will be. They learn
it from the runs before: the longest one counts, rounded up to three binary digits, so that the
estimate is settled after a few runs and a later one can be made alone (``length`` given).
"""

from __future__ import annotations

from typing import Final

__all__ = ["RunLength"]

START: Final = 64
"""What the first run is taken to have, if nobody says."""


class RunLength:
    """``now`` is the estimate for the next run; one that is ``given`` stays."""

    def __init__(self, given: int | None = None) -> None:
        self.given = given
        self.now = given or START
        self.longest = 0

    def learn(self, deliveries: int) -> None:
        """A run of so many deliveries has ended."""
        if deliveries <= self.longest:
            return
        self.longest = deliveries
        if self.given is None:
            self.now = rounded(deliveries)


def rounded(length: int) -> int:
    """The next number of at most three binary digits and zeros after them.

    >>> [rounded(n) for n in (1, 7, 9, 20, 100)]
    [1, 7, 10, 20, 112]
    """
    step = max(0, length.bit_length() - 3)
    return -(-length >> step) << step
