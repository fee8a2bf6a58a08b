"""Trust: how far the runs of a strategy bear out what they did not find.

A strategy that can say so has a method ``trust()``, to be called after its last run. It speaks of
its own runs alone: whether a law was put to the test, or somebody pressed Ctrl-C, others know.

Nothing here says more than was shown: a search that a bound cut is ``bounded``, one that has not
ended is ``inconclusive``, and a probability is rounded to the side that promises less.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from slabrace.runtime.result import How

__all__ = ["Trust", "about", "at_most"]

LARGE: Final = 1e9
ROUND_UP: Final = Context(prec=2, rounding=ROUND_CEILING)


@dataclass(frozen=True)
class Trust:
    """``how`` in one honest word and ``why`` in a few: ``bounded``, ``preemptions <= 2``."""

    how: How
    why: str

    def __str__(self) -> str:
        return f"{self.how} ({self.why})"


def at_most(probability: float) -> str:
    """``probability`` in two digits, never less than it is.

    >>> at_most(0.02101), at_most(0.9999), at_most(0.5)
    ('0.022', '1', '0.5')
    """
    return f"{float(ROUND_UP.create_decimal_from_float(probability)):g}"


def about(number: float) -> str:
    """An estimate, in as many digits as can be read.

    >>> about(41_324.4), about(2.03e28), about(float("inf"))
    ('41,324', '2e+28', 'inf')
    """
    return f"{number:,.0f}" if number < LARGE else f"{number:.0e}"
