"""Coverage: a wrapper that counts which pairs of conflicting deliveries were seen in both orders.

A race is two deliveries that do not commute (dependence.py), of two lanes, met in either order. A
search that has seen every pair both ways round has at least looked at each race; one whose count
still grows has not looked enough. (After the def-use and interleaving coverage of concurrent
programs: S. Lu, W. Jiang, Y. Zhou: A Study of Interleaving Coverage Criteria, FSE 2007.)

A delivery is known by lane, class of message and addressee, all by name, so that runs can be
compared. It makes a pair with the *last* conflicting one from another lane, and no other: that is
the one whose order to it was decided here. The search for it goes back at least
``LEAST`` deliveries to the addressee, those of one lane in a row that touch the same being one.

It must see what is really delivered, so it is the outermost wrapper. In the hot loop: about a
microsecond a delivery.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final

from slabrace.runtime.dependence import Access, access, overlap
from slabrace.runtime.message import Message
from slabrace.runtime.strategies.wrapper import Wrapper

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Coverage"]

LEAST: Final = 16
MOST: Final = 2 * LEAST

Made = tuple[int, Access, int]
"""A delivery: number of its lane, what it touched, number of its name."""


class Coverage(Wrapper):
    """The strategy ``inner``, watched. ``pairs`` of two, ``both`` of them in both orders."""

    def __init__(self, inner: Strategy) -> None:
        super().__init__(inner)
        self.runs = 0
        self.pairs = 0
        self.both = 0
        self.curve: list[tuple[int, int, int]] = []
        self._names: dict[tuple[str, ...], int] = {}
        self._orders: set[tuple[int, int]] = set()

    def begin(self, world: World) -> bool:
        """Nothing was delivered yet."""
        self._past: dict[Actor, list[Made]] = {}
        self._made: dict[Hashable, Made] = {}  # by lane, class and addressee, if they tell all
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """What the strategy inside picks."""
        index = self.inner.pick(ready)
        lane = ready[index]
        head = lane[0]
        addressee = head.addressee
        number = lane.number
        made = self._made.get((number, type(head.message), addressee)) or self._meet(lane)
        past = self._past.get(addressee)
        if past is None:
            self._past[addressee] = [made]
            return index
        _, touched, name = made
        for other, before, which in reversed(past):
            if other != number and overlap(before, touched):
                if (which, name) not in self._orders:
                    self._add(which, name)
                break
        last = past[-1]
        if last[0] == number and last[1] == touched:
            past[-1] = made
        else:
            past.append(made)
            if len(past) == MOST:
                del past[: MOST - LEAST]
        return index

    def end(self, outcome: Outcome) -> None:
        """Draw the curve on, where it rises."""
        self.runs += 1
        if not self.curve or self.curve[-1][1:] != (self.pairs, self.both):
            self.curve.append((self.runs, self.pairs, self.both))
        self.inner.end(outcome)

    @property
    def flat_since(self) -> int:
        """The run (from 1) that was the last to show something new; 0 before the first."""
        return self.curve[-1][0] if self.curve else 0

    def orders(self) -> list[tuple[str, str]]:
        """Every pair in the order in which it was seen, by name: first this, then that."""
        names = [" ".join(name) for name in self._names]
        return sorted((names[one], names[other]) for one, other in self._orders)

    def missing(self) -> list[tuple[str, str]]:
        """The pairs seen in one order only: first this, then that."""
        names = [" ".join(name) for name in self._names]
        return sorted(
            (names[one], names[other])
            for one, other in self._orders
            if (other, one) not in self._orders
        )

    def __str__(self) -> str:
        return (
            f"{self.both} of {self.pairs} pairs of conflicting deliveries in both orders, "
            f"nothing new since run {self.flat_since} of {self.runs}"
        )

    def _meet(self, lane: Lane) -> Made:
        """The head of ``lane``. Its name is the same in every run; what it touches may vary."""
        head = lane[0]
        kind = type(head.message)
        name = (lane.name, "->", head.addressee.label, kind.__name__)
        number = self._names.setdefault(name, len(self._names))
        made = (lane.number, access(head), number)
        if kind.part is Message.part or head.addressee.run is not None:
            self._made[lane.number, kind, head.addressee] = made
        return made

    def _add(self, one: int, other: int) -> None:
        """Count an order that was not seen before."""
        self._orders.add((one, other))
        if (other, one) in self._orders:
            self.both += 1
        else:
            self.pairs += 1
