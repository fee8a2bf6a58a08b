"""Wakeup tree: the sequences that a node of the search has still to try, in order.

A branch is the delivery of the head of one lane, with the values chosen in it. A sequence is put
where it is covered by none that is there; what it shares with one that is, it shares.

    weak initial    a delivery that some linearisation of a sequence begins with, or that
                    commutes with all of it: whoever tries it first tries the sequence too

Data choices are ours. Deliveries of one lane with different values are different branches, and
neither is a weak initial of the other. Two are not told yet:

 - the last delivery of a sequence is the one that comes earlier than it did, so the values that it
   chose say nothing: any branch of its lane will do, if all other values are tried there as well;
 - an *open* branch stands for all values that begin with those that it has.

What a delivery touches beside its addressee (``touch()``) may be something else where it comes
earlier. So of the last one of a sequence, and of one with another value, nobody knows what it will
touch until it was tried. A sequence that it covers or not, depending on that, waits until then
(``waiting``).

Source: Abdulla, Aronis, Jonsson, Sagonas, "Source Sets: A Foundation for Optimal Dynamic Partial
Order Reduction", J. ACM 64(4), 2017, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from slabrace.runtime.causality import Happening
from slabrace.runtime.dependence import Footprint, conflicting

__all__ = ["Branch", "Key", "Node", "Suffix", "Tried"]


Key = tuple[int, tuple[int, ...]]
"""A delivery by lane, and the values that were chosen in it."""


class Branch:
    """``key`` and then ``children``.

    ``open``: values beyond those of ``key`` are this branch's too. ``spread``: so is every other
    value, once it is known which there are. ``guessed``: nobody has seen what it touches here.
    """

    __slots__ = ("children", "footprint", "guessed", "key", "open", "spread", "waiting")

    def __init__(self, key: Key, footprint: Footprint, *, open: bool = False) -> None:  # noqa: A002
        self.key = key
        self.footprint = footprint
        self.open = self.guessed = open
        self.spread = False
        self.children: list[Branch] = []
        self.waiting: list[Suffix] = []


class Tried(NamedTuple):
    """A branch that was tried at the node ``home``, and commutes with all that came since."""

    footprint: Footprint
    home: Node


class Node:
    """A state of the present run, before one of its events.

    ``done`` are the branches that were tried here, ``sleep`` those of nodes above that still
    commute, ``todo`` the wakeup tree, ``spare`` values that nobody has asked for yet, by lane,
    ``waiting`` sequences of which it will be known later whether they must be tried.
    """

    __slots__ = ("done", "sleep", "spare", "todo", "waiting")

    def __init__(self, sleep: dict[Key, Tried], branch: Branch | None = None) -> None:
        self.sleep = sleep
        self.todo = branch.children if branch is not None else []
        self.waiting = branch.waiting if branch is not None else []
        self.done: dict[Key, Tried] = {}
        self.spare: dict[int, list[Branch]] = {}

    def asleep(self) -> dict[Key, Tried]:
        """What need not be tried from here on. Not to be changed."""
        if not self.done:
            return self.sleep
        return {**self.sleep, **self.done} if self.sleep else self.done

    def after(self, event: Happening) -> dict[Key, Tried]:
        """What need not be tried after ``event`` either: it commutes with it."""
        lane, footprint = event.lane, event.footprint
        return {
            key: tried
            for key, tried in self.asleep().items()
            if key[0] != lane and not conflicting(tried[0], footprint)
        }

    def finish(self, key: Key, footprint: Footprint) -> None:
        """``key`` was tried: what it touches is known now."""
        self.done[key] = Tried(footprint, self)
        waiting, self.waiting = self.waiting, []
        for suffix in waiting:
            self.insert(suffix)

    def add_values(self, branches: Sequence[Branch]) -> None:
        """Other values of a delivery that is tried here, unless they are, too.

        They come first: what is tried after them finds all values of that delivery asleep.
        """
        known = [*self.done, *(each.key for each in self.todo)]
        self.todo[:0] = [
            branch
            for branch in branches
            if not any(
                lane == branch.key[0] and choices[: len(branch.key[1])] == branch.key[1]
                for lane, choices in known
            )
        ]

    def insert(self, suffix: Suffix) -> None:
        """Put ``suffix`` into the tree, unless what covers it is there, or was tried."""
        for key, tried in self.asleep().items():
            if suffix.weakly_begins_with(key, tried.footprint):
                lane = key[0]
                if suffix.first(lane) == suffix.last:
                    told = suffix.values
                    for other in tried.home.spare.get(lane, ()):
                        values = other.key[1]
                        if len(values) > len(told) and values[: len(told)] == told:
                            self.insert(suffix.ending_with(values))
                return
        children, waiting = self.todo, self.waiting
        while True:
            for child in children:
                if child.guessed and suffix.doubts and suffix.hangs_on(child):
                    waiting.append(suffix.kept())
                    return
                if suffix.weakly_begins_with(child.key, child.footprint, further=child.open):
                    break
            else:
                break
            lane, choices = child.key
            if suffix.first(lane) == suffix.last:
                child.spread |= len(suffix.values) < len(choices)
            if not child.children:
                return
            suffix.without(lane)
            children, waiting = child.children, child.waiting
        for branch in suffix.branches():
            children.append(branch)
            children = branch.children


class Suffix:
    """A sequence of events of one execution, as the numbers that they have in it.

    ``values`` are all that is told of the last one's choices. ``instead``: the last one is heard
    instead of what it races with, and needs less before it. ``doubts``: what a delivery touches is
    not known from its message.
    """

    def __init__(
        self,
        events: Sequence[Happening] | Mapping[int, Happening],
        indices: list[int],
        values: tuple[int, ...] = (),
        *,
        instead: bool = False,
        doubts: bool = False,
    ) -> None:
        self.events = events
        self.indices = indices
        self.values = values
        self.last = indices[-1]
        self.instead = instead
        self.doubts = doubts
        last = events[self.last]
        self._needs = last.early if instead else last.needs

    def first(self, lane: int) -> int:
        """The first event of ``lane``; 0 if it has none."""
        events = self.events
        for index in self.indices:
            if events[index].lane == lane:
                return index
        return 0

    def weakly_begins_with(self, key: Key, footprint: Footprint, *, further: bool = False) -> bool:
        """Whether ``key`` is a weak initial; ``further``: also if its values are not all."""
        lane, values = key
        events = self.events
        for index in self.indices:
            event = events[index]
            if event.lane == lane:
                break
        else:
            return self._commutes(footprint, self.indices)
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
        if not self.doubts:
            return self.instead or not self._comes_after(self.events[last].past, last)
        return self._commutes(footprint, self.indices[:-1])

    def _comes_after(self, past: int, index: int) -> bool:
        """Whether event ``index``, which has this ``past``, has any of the sequence before it."""
        for each in self.indices:
            if each == index:
                return False
            if past >> each & 1:
                return True
        return False

    def _commutes(self, footprint: Footprint, indices: Sequence[int]) -> bool:
        """Whether a delivery that touches this commutes with all those."""
        events = self.events
        for each in indices:  # noqa: SIM110  # a generator takes twice as long
            if conflicting(footprint, events[each].footprint):
                return False
        return True

    def hangs_on(self, branch: Branch) -> bool:
        """Whether it depends on what ``branch`` touches if that is a weak initial."""
        index = self.first(branch.key[0])
        return not index or (index == self.last and not self._comes_after(self._needs, index))

    def ending_with(self, values: tuple[int, ...]) -> Suffix:
        """The same, with ``values`` chosen in the last event."""
        return Suffix(
            self.events, list(self.indices), values, instead=self.instead, doubts=self.doubts
        )

    def kept(self) -> Suffix:
        """The same, for when the execution that it is of will be gone."""
        self.events = {index: self.events[index] for index in self.indices}
        return self

    def without(self, lane: int) -> None:
        """Take the first event of ``lane`` out, if there is one."""
        index = self.first(lane)
        if index:
            self.indices.remove(index)

    def branches(self) -> Iterator[Branch]:
        """The sequence as branches, one below the other."""
        for index in self.indices:
            event = self.events[index]
            if index == self.last:
                yield Branch((event.lane, self.values), event.footprint, open=True)
            else:
                yield Branch((event.lane, event.choices), event.footprint)
