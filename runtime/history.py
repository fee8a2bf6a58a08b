"""History: one run as a partial order, and what could have been the other way round.

A delivery *needs* the one before it in its lane and the one during which its message came up. It
happens after these and after every earlier one that it conflicts with (dependence.py); and so on.
Two that conflict, of which the later does not need the earlier, may come in the other order; if
nothing happens after the one and before the other, they are a *race* and can do so alone.

For one run that somebody wants explained; a search that asks this of every run must be quicker.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from slabrace.runtime.dependence import Access, access, conflicting

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.monitor import Event
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Chronicler", "Happened", "History"]


@dataclass
class Happened:
    """One delivery: its lane, the ``place`` it has there (from 0), what it touched.

    ``cause`` is the number of the delivery during which its message came up; -1: before the first.
    """

    lane: Lane
    place: int
    envelope: Envelope
    cause: int
    footprint: list[Access] = field(default_factory=list)


class Chronicler:
    """The strategy ``inner``, and what happened: ``happened`` is complete when the run is over."""

    def __init__(self, inner: Strategy) -> None:
        self.inner = inner

    def begin(self, world: World) -> bool:
        """Nothing has happened."""
        self.world = world
        self.happened: list[Happened] = []
        self._causes: dict[Lane, list[int]] = {}  # of every message that was ever in the lane
        self._places: dict[Lane, int] = {}
        self._touched: list[tuple[Hashable, bool]] = []
        world.footprint = self._touched
        for event in world.relations:
            world.foresee(event, self._relate)
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """What the strategy inside picks; the delivery before is over."""
        self._settle()
        index = self.inner.pick(ready)
        self._look()  # a strategy may let time pass
        lane = ready[index]
        place = self._places.get(lane, 0)
        self._places[lane] = place + 1
        head = lane[0]
        cause = self._causes[lane][place]
        self.happened.append(Happened(lane, place, head, cause, [access(head)]))
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
        """Add what was touched to the last delivery, and find what was sent during it."""
        if self.happened:
            footprint = self.happened[-1].footprint
            footprint += [Access(what, None, writes) for what, writes in self._touched]
        self._touched.clear()
        self._look()

    def _look(self) -> None:
        now = len(self.happened) - 1
        for lane in self.world.lanes:
            causes = self._causes.setdefault(lane, [])
            new = self._places.get(lane, 0) + len(lane) - len(causes)
            causes.extend([now] * new)

    def _relate(self, event: Event) -> None:
        """A monitor sees ``event`` and compares it with others."""
        for law, name, writes in self.world.relations[event.name]:
            what = event.fields.get(name)
            self._touched.append(((law, str(getattr(what, "name", what))), writes))


class History:
    """The order of what ``happened``.

    ``past[j]`` has bit ``i`` set if ``i`` happens before ``j``; ``needs[j]``, if it must: by the
    order of lanes and of cause and effect alone.
    """

    def __init__(self, happened: Sequence[Happened]) -> None:
        self.happened = happened
        self.past: list[int] = []
        self.needs: list[int] = []
        last: dict[Lane, int] = {}
        by_key: dict[Hashable, list[int]] = {}
        for number, event in enumerate(happened):
            before = [each for each in (last.get(event.lane, -1), event.cause) if each >= 0]
            past, needs = (sum_of(sets, before) for sets in (self.past, self.needs))
            found = {other for each in event.footprint for other in by_key.get(each.key, ())}
            for other in sorted(found, reverse=True):
                if not past >> other & 1 and conflicting(
                    event.footprint, happened[other].footprint
                ):
                    past |= self.past[other] | 1 << other
            last[event.lane] = number
            for each in event.footprint:
                by_key.setdefault(each.key, []).append(number)
            self.past.append(past)
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


def sum_of(sets: Sequence[int], members: Sequence[int]) -> int:
    """The union of the sets of ``members``, and they themselves."""
    union = 0
    for each in members:
        union |= sets[each] | 1 << each
    return union
