"""Suffix: a sequence of deliveries that should be tried from a node of the search on.

    weak initial    a delivery that some linearisation of a sequence begins with, or that
                    commutes with all of it: whoever tries it first tries the sequence too

It is taken from an execution in which its last delivery came later, after what it raced with. All
others are as they were there. Of the last one that is known which does not depend on what came
before it: its lane, and what its message touches; what it touches beside (``touch()``) and chooses
may differ. If whether something covers the sequence depends on that, it is not said.

Where sequences are put is wakeup_tree.py. Source: as there.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from slabrace.runtime.causality import Happening
from slabrace.runtime.dependence import Footprint, conflicting

__all__ = ["Key", "Suffix"]


Key = tuple[int, tuple[int, ...]]
"""A delivery by lane, and the values that were chosen in it."""


class Suffix:
    """A sequence of events of one execution, as the numbers that they have in it.

    ``values`` are all that is told of the last one's choices. ``instead``: the last one is heard
    instead of what it races with, and needs less before it. ``beside``: what deliveries of each
    lane have ever touched that no message tells of. ``touches`` is what the last one touches, and
    ``sure`` whether that was seen here.
    """

    def __init__(
        self,
        events: Sequence[Happening] | Mapping[int, Happening],
        indices: list[int],
        values: tuple[int, ...] = (),
        *,
        instead: bool = False,
        beside: Mapping[int, AbstractSet[Hashable]] | None = None,
    ) -> None:
        self.events = events
        self.indices = indices
        self.values = values
        self.last = indices[-1]
        self.instead = instead
        self.beside = beside
        last = events[self.last]
        self.touches = last.footprint
        self.sure = not beside
        self._needs = last.early if instead else last.needs

    def first(self, lane: int) -> int:
        """The first event of ``lane``; 0 if it has none."""
        events = self.events
        for index in self.indices:
            if events[index].lane == lane:
                return index
        return 0

    def weakly_begins_with(
        self, key: Key, footprint: Footprint, *, further: bool = False
    ) -> bool | None:
        """Whether ``key`` is a weak initial; None if it depends on what the last one touches.

        ``further``: also if its values are not all.
        """
        lane, values = key
        events = self.events
        for index in self.indices:
            event = events[index]
            if event.lane == lane:
                break
        else:
            if not self.beside:
                return self._commutes_with_all(footprint)
            return self._commutes(footprint) and self._commutes_with_last(footprint)
        if index == self.last:
            if not self._may_come_first(footprint):
                return False
            shared = min(len(values), len(self.values)) if further else len(self.values)
            return values[:shared] == self.values[:shared]
        if self._comes_after(event.past, index):
            return False
        chosen = event.choices
        return chosen == values or (further and chosen[: len(values)] == values)

    def _may_come_first(self, footprint: Footprint) -> bool:
        """Whether nothing of the sequence comes before its last event, if that touches this."""
        last = self.last
        if self._comes_after(self._needs, last):
            return False
        if not self.beside:
            return self.instead or not self._comes_after(self.events[last].past, last)
        return self._commutes(footprint)

    def _comes_after(self, past: int, index: int) -> bool:
        """Whether event ``index``, which has this ``past``, has any of the sequence before it."""
        for each in self.indices:
            if each == index:
                return False
            if past >> each & 1:
                return True
        return False

    def _commutes_with_all(self, footprint: Footprint) -> bool:
        """The same of all events, where each touches what it did."""
        events = self.events
        for each in self.indices:  # noqa: SIM110  # a generator takes twice as long
            if conflicting(footprint, events[each].footprint):
                return False
        return True

    def _commutes(self, footprint: Footprint) -> bool:
        """Whether a delivery that touches this commutes with all events but the last."""
        events, last = self.events, self.last
        for each in self.indices:
            if each != last and conflicting(footprint, events[each].footprint):
                return False
        return True

    def _commutes_with_last(self, footprint: Footprint) -> bool | None:
        """Whether a delivery that touches this commutes with the last event; None: who knows."""
        if self.last not in self.indices[-1:]:
            return True
        if self.sure or not self.beside:
            return not conflicting(footprint, self.touches)
        if conflicting(footprint, self.touches[:1]):
            return False
        known = self.beside.get(self.events[self.last].lane)
        if known and any(touch[0] in known for touch in footprint):
            return None
        return not conflicting(footprint, self.touches)

    def hangs_on(self, lane: int) -> bool:
        """Whether it depends on what a delivery of ``lane`` touches if that is a weak initial."""
        index = self.first(lane)
        return not index or (index == self.last and not self._comes_after(self._needs, index))

    def copy(self, values: tuple[int, ...] | None = None) -> Suffix:
        """The same, or with ``values`` chosen in the last event."""
        copy = Suffix(
            self.events,
            list(self.indices),
            self.values if values is None else values,
            instead=self.instead,
            beside=self.beside,
        )
        if values is None:
            copy.touches, copy.sure = self.touches, self.sure
        return copy

    def kept(self) -> Suffix:
        """Itself, for when the execution that it is of will be gone."""
        self.events = {index: self.events[index] for index in (*self.indices, self.last)}
        return self

    def found(self, touches: Footprint) -> Suffix:
        """Itself, now that somebody has seen what the last event touches."""
        self.touches = touches
        self.sure = True
        return self

    def without(self, lane: int) -> None:
        """Take the first event of ``lane`` out, if there is one."""
        index = self.first(lane)
        if index:
            self.indices.remove(index)
