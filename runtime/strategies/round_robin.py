"""Round robin: the lanes take turns in the order of their numbers. One run, always the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.trust import Trust

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["RoundRobin"]


class RoundRobin:
    """The first lane after the last one picked; every data choice is the plain case, 0."""

    def __init__(self) -> None:
        self._last = -1

    def begin(self, world: World) -> bool:
        """Start again at the first lane."""
        self._last = -1
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """The lowest number above the last one, or else the lowest."""
        if len(ready) == 1:
            self._last = ready[0].number
            return 0
        last = self._last
        best = min(range(len(ready)), key=lambda i: (ready[i].number <= last, ready[i].number))
        self._last = ready[best].number
        return best

    def choose(self, label: str, options: int, /) -> int:
        """The plain case."""
        return 0

    def end(self, outcome: Outcome) -> None:
        """Nothing is learnt."""

    def trust(self) -> Trust:
        """One run, however often it is made."""
        return Trust("bounded", "1 run")

    def describe(self) -> str:
        """As a person would type it."""
        return "round_robin"
