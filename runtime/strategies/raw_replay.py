"""Raw replay: follow the numbers that hosts record, lane numbers and ``-1 - value`` for a choice.

They mean something only to the same code, and are cheap: a search keeps nothing else of its runs,
and has the few that matter described from them (``describe()`` in replaying.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.clock import TIMER
from slabrace.runtime.errors import Divergence
from slabrace.runtime.outcome import End, Stop
from slabrace.runtime.strategies.replay import RecordedDoor, deliverable

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["RawReplay"]


class RawReplay:
    """Follows the raw picks of a run of the same world, and stops where they stop."""

    def __init__(self, raw: Sequence[int]) -> None:
        self.raw = raw

    def begin(self, world: World) -> bool:
        """Stand before the first pick."""
        self.world = world
        self._picks = world.picks
        self._lanes = world.lanes
        world.door = RecordedDoor(world, self.arrive)
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """The lane of that number. A negative number is what the clock skipped."""
        try:
            number = self.raw[len(self._picks)]
            slot = self._lanes[number].slot
        except IndexError:
            pass
        else:
            if slot >= 0 <= number:
                return slot
        return self._arranged()

    def _arranged(self) -> int:
        """The same where something has to be done before it: time passes, a timer runs out."""
        lanes = self._lanes
        while (number := self._next()) < 0:
            self.world.clock.skip(-1 - number)
        if number >= len(lanes) or lanes[number].slot < 0:
            self.world.clock.fire()
        if number < len(lanes) and lanes[number].slot < 0 and lanes[number].key == TIMER:
            self.world.clock.hurry()
        if number >= len(lanes) or lanes[number].slot < 0:
            name = f" ({lanes[number].name})" if number < len(lanes) else ""
            raise Divergence(
                len(self._picks),
                f"lane number {number}{name}",
                f"that {deliverable(self.world)}",
            )
        return lanes[number].slot

    def choose(self, label: str, options: int, /) -> int:
        """That value."""
        value = -1 - self._next()
        if not 0 <= value < options:
            raise Divergence(
                len(self._picks),
                f"the value {value}" if value >= 0 else f"lane number {-1 - value}",
                f"the choice {label} of 0..{options - 1}",
            )
        return value

    def _next(self) -> int:
        at = len(self._picks)
        if at >= len(self.raw):
            raise Stop(End.BOUND)
        return self.raw[at]

    def arrive(self) -> bool:
        """Nobody can move: what comes in from outside is not in the raw numbers."""
        return False

    def end(self, outcome: Outcome) -> None:
        """Nothing is learnt."""

    def describe(self) -> str:
        """As little as is known."""
        return "replay"
