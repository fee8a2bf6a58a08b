"""Traces: a wrapper that tells which runs were the same but for the order of what commutes.

Each run gets a number that is the same for all runs of its Mazurkiewicz trace: per addressee, the
chain of what wrote it, and between two writes the reads in no order. Parts of an addressee are not
told apart, so a trace may have several numbers; two traces do not share one but by the accident of
64 bits.

From the numbers follows what was not seen: of N runs, if n were the only one of their number, the
next run is new with a probability of about n/N. That is the share of what there is that is missing,
weighted by how likely it is to be drawn. (I. J. Good: The Population Frequencies of Species and
the Estimation of Population Parameters, Biometrika 1953; the idea is Turing's.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

from slabrace.runtime.strategies.wrapper import Wrapper

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Traces", "unseen"]


class Traces(Wrapper):
    """The strategy ``inner``. ``numbers`` has one entry for each run."""

    def __init__(self, inner: Strategy) -> None:
        super().__init__(inner)
        self.numbers: list[int] = []

    def begin(self, world: World) -> bool:
        """Nothing was delivered yet."""
        self._written: dict[Actor, int] = {}
        self._read: dict[Actor, int] = {}
        self._lanes: dict[int, int] = {}
        self._chosen = 0
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """What the strategy inside picks."""
        index = self.inner.pick(ready)
        lane = ready[index]
        head = lane[0]
        addressee = head.addressee
        name = self._lanes.get(lane.number) or self._name(lane)
        written = self._written.get(addressee, 1)
        if head.message.writes:
            self._written[addressee] = hash((written, self._read.pop(addressee, 0), name))
        else:
            self._read[addressee] = self._read.get(addressee, 0) + hash((written, name))
        return index

    def choose(self, label: str, options: int, /) -> int:
        """What the strategy inside chooses."""
        value = self.inner.choose(label, options)
        self._chosen += hash((crc32(label.encode()), value, len(self._written)))
        return value

    def end(self, outcome: Outcome) -> None:
        """The number of the run. Only numbers are hashed, so it is the same in any process."""
        total = self._chosen
        for addressee, written in self._written.items():
            name = crc32(addressee.label.encode())
            total += hash((name, written, self._read.pop(addressee, 0)))
        for addressee, read in self._read.items():
            total += hash((crc32(addressee.label.encode()), read))
        self.numbers.append(total % 2**64)
        self.inner.end(outcome)

    def _name(self, lane: Lane) -> int:
        name = self._lanes[lane.number] = crc32(lane.name.encode()) + 1
        return name


def unseen(numbers: Iterable[int]) -> float:
    """The share of runs that were the only one of their trace: what is likely not to be seen yet.

    >>> unseen([1, 1, 2, 3])
    0.5
    """
    count: dict[int, int] = {}
    for number in numbers:
        count[number] = count.get(number, 0) + 1
    total = sum(count.values())
    return sum(times == 1 for times in count.values()) / total if total else 1.0
