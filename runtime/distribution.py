"""Distribution: percentiles of numbers that come one by one, in memory that has a bound.

Times of a run are few different ones, so they are counted, and ranks are exact. If there are more
than ``DISTINCT`` (a long recording has as many as it has spans), only the first
``DIGITS`` binary digits of each are kept from then on, in what was counted before as well.

Source: G. Tene's HdrHistogram, which keeps the leading digits from the start.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, Final

__all__ = ["DIGITS", "DISTINCT", "Distribution"]

DISTINCT: Final = 1 << 17
"""Different numbers that are told apart, in about 100 bytes each."""
DIGITS: Final = 11
SHARES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


class Distribution:
    """See the head of this file."""

    def __init__(self) -> None:
        self.rounded = False
        self._counts: Counter[int] = Counter()
        self._most: int | None = None

    def add(self, value: int) -> None:
        """One more."""
        if self._most is None or value > self._most:
            self._most = value
        if self.rounded:
            value = leading(value)
        self._counts[value] += 1
        if len(self._counts) > DISTINCT and not self.rounded:
            self.rounded = True
            counts, self._counts = self._counts, Counter()
            for each, number in counts.items():
                self._counts[leading(each)] += number

    def document(self) -> dict[str, Any]:
        """How many there are, and the nearest ranks: each is one of the numbers.

        Rounded ranks are below what they stand for by less than one part in 1024, and that they
        are is said (``rounded``); the greatest is always exact.
        """
        count = self._counts.total()
        if not count:
            return {"count": 0}
        told: dict[str, Any] = {"count": count}
        values = iter(sorted(self._counts.items()))
        value, reached = next(values)
        for name, share in SHARES.items():
            while reached < math.ceil(share * count):
                value, number = next(values)
                reached += number
            told[name] = value
        told["max"] = self._most
        return {**told, "rounded": True} if self.rounded else told


def leading(value: int) -> int:
    """``value`` with its first ``DIGITS`` binary digits, and zeros after them."""
    spare = max(0, value.bit_length() - DIGITS)
    return value >> spare << spare
