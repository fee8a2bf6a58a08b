"""Wakeup tree: the sequences that a node of the search has still to try, in order.

A branch is the delivery of the head of one lane, with the values chosen in it. A sequence is put
where it is covered by none that is there; what it shares with one that is, it shares.

What covers a sequence is a weak initial of it (suffix.py).

Data choices are ours. Deliveries of one lane with different values are different branches, and
neither is a weak initial of the other. Two are not told yet:

 - the last delivery of a sequence is the one that comes earlier than it did, so the values that it
   chose say nothing: any branch of its lane will do, if all other values are tried there as well;
 - an *open* branch stands for all values that begin with those that it has.

What a delivery touches beside its addressee (``touch()``) may be something else where it comes
earlier. So of the last one of a sequence, and of one with another value, nobody knows what it will
touch until it was tried. A sequence that it covers or not, depending on that, waits until then
(``waiting``). And a sequence that is covered or not, depending on what its own last one touches, is
*unsure*: that must be found out before it is inserted.

A branch that broke a law ended its run: nothing was tried after it. So it covers no sequence but
one that it is in, and there it comes last.

Source: Abdulla, Aronis, Jonsson, Sagonas, "Source Sets: A Foundation for Optimal Dynamic Partial
Order Reduction", J. ACM 64(4), 2017, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from slabrace.runtime.causality import Happening
from slabrace.runtime.dependence import Footprint, conflicting
from slabrace.runtime.suffix import Key, Suffix

__all__ = ["Branch", "Node", "Tried"]


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
    """A branch that was tried at the node ``home``, and commutes with all that came since.

    ``broke``: it broke a law, and nothing was tried after it.
    """

    footprint: Footprint
    home: Node
    broke: bool = False


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

    def __getstate__(self) -> tuple[Any, ...]:
        """With the tree laid flat: a pickle goes no deeper than Python's stack, and trees do."""
        return self.sleep, flat(self.todo), self.waiting, self.done, self.spare

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.sleep, listed, self.waiting, self.done, self.spare = state
        self.todo = raised(listed)

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

    def finish(self, key: Key, footprint: Footprint) -> list[Suffix]:
        """``key`` was tried: what it touches is known now. As insert() of what waited for that."""
        self.done.setdefault(key, Tried(footprint, self))
        waiting, self.waiting = self.waiting, []
        return [unsure for suffix in waiting for unsure in self.insert(suffix)]

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

    def insert(self, suffix: Suffix) -> list[Suffix]:
        """Put ``suffix`` into the tree, unless what covers it is there, or was tried.

        Those are returned of which that is unsure.
        """
        hanging = False
        for key, tried in self.asleep().items():
            if tried[2] and not suffix.first(key[0]):  # it broke a law
                continue  # "first this, then the sequence" is no run
            covered = suffix.weakly_begins_with(key, tried.footprint)
            if covered:
                return self._insert_values(suffix, key[0], tried)
            hanging |= covered is None
        if hanging:
            return [suffix.kept()]
        whole = suffix
        children, waiting = self.todo, self.waiting
        while True:
            for child in children:
                if child.guessed and suffix.beside and suffix.hangs_on(child.key[0]):
                    waiting.append(suffix.kept())
                    return []
                covered = suffix.weakly_begins_with(child.key, child.footprint, further=child.open)
                if covered is None:
                    return [whole.kept()]
                if covered:
                    break
            else:
                break
            lane, choices = child.key
            if suffix.first(lane) == suffix.last:
                child.spread |= len(suffix.values) < len(choices)
            if not child.children:
                return []
            if suffix is whole and whole.beside:  # which may be unsure further down
                suffix = whole.copy()
            suffix.without(lane)
            children, waiting = child.children, child.waiting
        for branch in branches(suffix):
            children.append(branch)
            children = branch.children
        return []

    def _insert_values(self, suffix: Suffix, lane: int, tried: Tried) -> list[Suffix]:
        """``lane`` was tried; of its values that nobody asked for, those that this asks for."""
        unsure: list[Suffix] = []
        if suffix.first(lane) == suffix.last:
            told = suffix.values
            for other in tried.home.spare.get(lane, ()):
                values = other.key[1]
                if len(values) > len(told) and values[: len(told)] == told:
                    unsure += self.insert(suffix.copy(values))
        return unsure


def flat(tree: Sequence[Branch]) -> list[tuple[Branch, int]]:
    """Every branch of ``tree``, childless, with its depth, each before those below it."""
    listed = []
    todo = [(branch, 0) for branch in reversed(tree)]
    while todo:
        branch, depth = todo.pop()
        alone = Branch(branch.key, branch.footprint, open=branch.open)
        alone.guessed, alone.spread, alone.waiting = branch.guessed, branch.spread, branch.waiting
        listed.append((alone, depth))
        todo += [(child, depth + 1) for child in reversed(branch.children)]
    return listed


def raised(listed: Sequence[tuple[Branch, int]]) -> list[Branch]:
    """The tree that flat() laid down."""
    levels: list[list[Branch]] = [[]]
    for branch, depth in listed:
        del levels[depth + 1 :]
        levels[depth].append(branch)
        levels.append(branch.children)
    return levels[0]


def branches(suffix: Suffix) -> Iterator[Branch]:
    """The sequence as branches, one below the other."""
    for index in suffix.indices:
        event = suffix.events[index]
        if index == suffix.last:
            branch = Branch((event.lane, suffix.values), suffix.touches, open=True)
            branch.guessed = not suffix.sure or bool(event.choices)
            yield branch
        else:
            yield Branch((event.lane, event.choices), event.footprint)
