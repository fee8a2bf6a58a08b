"""Random walk: every deliverable lane is as likely as any other, at every pick.

The plainest strategy and the yardstick of the others. Run ``n`` of seed ``s`` is drawn from a
stream of its own, so it can be repeated without the runs before it.

To seed a Mersenne Twister costs as much as five deliveries, and most runs are short. So the first
numbers of a run are cut from hashes of seed and run (16 bits each: even to one part in 65,536), and
only a run that outlives them seeds the generator.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["RandomWalk"]

CUT: Final = struct.Struct("<32H").unpack
BITS: Final = 16
BLOCKS: Final = 8
"""Hashes that a run uses before it seeds the generator: 256 numbers."""


class RandomWalk:
    """Uniform picks. ``first`` is the number of the first run, for repeating a later one alone."""

    _draw: Callable[[], int]

    def __init__(self, seed: int = 0, first: int = 0) -> None:
        self.seed = seed
        self.next_run = first
        self._begin(0)

    def _begin(self, run: int) -> None:
        """Start the stream of ``run``."""
        self._run = run
        self._block = -1
        self._cut()

    def _cut(self) -> None:
        """Cut the next hash into numbers; after a few, seed the generator and draw from it."""
        self._block += 1
        if self._block < BLOCKS:
            text = b"%d:%d:%d" % (self.seed, self._run, self._block)
            self._draw = iter(CUT(blake2b(text).digest())).__next__
        else:
            self._draw = partial(Random((self.seed << 40) + self._run).getrandbits, BITS)

    def begin(self, world: World) -> bool:
        """Start run number ``next_run``."""
        self._begin(self.next_run)
        self.next_run += 1
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """Any lane. A single one is not worth a number."""
        count = len(ready)
        if count == 1:
            return 0
        try:
            return self._draw() * count >> BITS
        except StopIteration:
            self._cut()
            return self._draw() * count >> BITS

    def choose(self, label: str, options: int, /) -> int:
        """Any value."""
        try:
            return self._draw() * options >> BITS
        except StopIteration:
            self._cut()
            return self._draw() * options >> BITS

    def end(self, outcome: Outcome) -> None:
        """Nothing is learnt."""

    def describe(self) -> str:
        """As a person would type it."""
        return f"random --seed {self.seed}"
