"""History: one run as a partial order, and what could have been the other way round.

A delivery *needs* the one before it in its lane and the one during which its message came up, and
what those need. It happens after these and after every earlier one that it conflicts with, and so
on: causality.py. Two that conflict, of which the later does not need the earlier, may come in the
other order; if nothing happens after the one and before the other, they are a *race* and can do so
alone.

For one run that somebody wants explained. A search looks at races only (strategies/dpor.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slabrace.runtime.causality import Causality
from slabrace.runtime.dependence import Footprint, conflicting
from slabrace.runtime.observer import Observer

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Chronicler", "Happened", "History"]


@dataclass
class Happened:
    """One delivery: its lane, the ``place`` it has there (from 0), what it touched.

    ``cause`` is the number of the delivery during which its message came up; -1: before the first.
    ``past`` has a bit for each delivery that happens before it.
    """

    lane: Lane
    place: int
    envelope: Envelope
    cause: int = -1
    footprint: Footprint = ()
    past: int = 0


class Chronicler:
    """The strategy ``inner``, and what happened: ``happened`` is complete when the run is over."""

    def __init__(self, inner: Strategy) -> None:
        self.inner = inner
        self.happened: list[Happened] = []

    def begin(self, world: World) -> bool:
        """Nothing has happened."""
        self.happened.clear()
        self._observer = Observer()
        self._causality = Causality()
        self._observer.begin(world)
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """What the strategy inside picks; the delivery before is over, and time may have passed."""
        index = self.inner.pick(ready)
        self._settle()
        lane = ready[index]
        place = self._causality.delivered[self._observer.names[lane.number]]
        self.happened.append(Happened(lane, place, lane[0]))
        self._observer.deliver(lane)
        return index

    def choose(self, label: str, options: int, /) -> int:
        """What the strategy inside chooses."""
        return self.inner.choose(label, options)

    def end(self, outcome: Outcome) -> None:
        """The last delivery is over."""
        self._settle()
        self.inner.end(outcome)

    def describe(self) -> str:
        """Watching changes nothing."""
        return self.inner.describe()

    def _settle(self) -> None:
        """Say what the last delivery was. Event 0 is what comes before the first."""
        event, causality = self._observer.settle(()), self._causality
        causality.grow(event, heard=self._observer.heard)
        if self.happened:
            last = self.happened[-1]
            last.cause = causality.sent[event.lane][last.place] - 1
            last.footprint = event.footprint
            last.past = event.past >> 1 & ~(1 << len(self.happened) - 1)


class History:
    """The order of what ``happened``.

    ``past[j]`` has bit ``i`` set if ``i`` happens before ``j``; ``needs[j]``, if it must: by the
    order of lanes and of cause and effect alone.
    """

    def __init__(self, happened: Sequence[Happened]) -> None:
        self.happened = happened
        self.past = [event.past for event in happened]
        self.needs: list[int] = []
        last: dict[Lane, int] = {}
        for number, event in enumerate(happened):
            needs = 0
            for each in (last.get(event.lane, -1), event.cause):
                if each >= 0:
                    needs |= self.needs[each] | 1 << each
            last[event.lane] = number
            self.needs.append(needs)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Every two that conflict and do not need to come in that order, the last ones first."""
        happened = self.happened
        for second in range(len(happened) - 1, -1, -1):
            for first in range(second - 1, -1, -1):
                if not self.needs[second] >> first & 1 and conflicting(
                    happened[first].footprint, happened[second].footprint
                ):
                    yield first, second

    def race(self, first: int, second: int) -> bool:
        """Whether nothing stands between these two: they alone can be turned round."""
        past = self.past
        return not any(
            past[between] >> first & 1 and past[second] >> between & 1
            for between in range(first + 1, second)
        )

    def flipped(self, first: int, second: int) -> list[int]:
        """The deliveries with that pair the other way round, as far as they can be kept in order.

        All before ``first``, what does not happen after it, ``second``, ``first``, and the rest.
        """
        between = range(first + 1, second)
        after = [number for number in between if self.past[number] >> first & 1]
        before = [number for number in between if not self.past[number] >> first & 1]
        rest = range(second + 1, len(self.happened))
        return [*range(first), *before, second, first, *after, *rest]

    def hurried(self, second: int) -> list[int]:
        """The deliveries with ``second`` as early as it can be: only what it needs before it."""
        before = [number for number in range(second) if self.needs[second] >> number & 1]
        done = {*before, second}
        return [*before, second, *(n for n in range(len(self.happened)) if n not in done)]
