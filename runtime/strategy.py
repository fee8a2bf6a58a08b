"""Strategy: the oracle that picks the next delivery and every data choice.

Three verbs, after Shuttle's scheduler trait: ``begin`` a run, ``pick`` a lane, ``choose`` a value.
All nondeterminism of a run goes through them, so a strategy *is* a run. A search that wants many
runs is one strategy that begins many times and returns False when it has seen them all; it learns
from ``end`` how the last one went. Strategies that look deeper find all they need at the lanes:
``lane[0]`` is the envelope that would be delivered.

A strategy may have more: ``trust()`` says what its runs amount to (trust.py), ``odds`` how likely
they missed (odds.py), ``estimate()`` how many there will be; ``state()`` and ``resume()`` are where
it stands in its tree, in builtins. What it is called on the command line: strategy_table.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["Strategy"]


@runtime_checkable
class Strategy(Protocol):
    """What a host asks of whoever decides."""

    def begin(self, world: World) -> bool:
        """A run of ``world`` begins; False if there is nothing left to try."""

    def pick(self, ready: Sequence[Lane], /) -> int:
        """The index of the lane whose head is delivered next; ``ready`` is not empty."""

    def choose(self, label: str, options: int, /) -> int:
        """One of ``range(options)``."""

    def end(self, outcome: Outcome) -> None:
        """The run is over."""

    def describe(self) -> str:
        """Name and parameters, as a person would type them."""
