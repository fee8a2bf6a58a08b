"""Draws: the random numbers of one run after another, each run from a stream of its own.

Run ``n`` of seed ``s`` can so be made without the runs before it.

To seed a Mersenne Twister costs as much as five deliveries, and most runs are short. So the first
numbers of a run are cut from hashes of seed and run (16 bits each: even to one part in 65,536), and
only a run that outlives them seeds the generator.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from random import Random
from typing import Final

__all__ = ["BITS", "Draws"]

CUT: Final = struct.Struct("<32H").unpack
BITS: Final = 16
BLOCKS: Final = 8
"""Hashes that a run uses before it seeds the generator: 256 numbers."""


class Draws:
    """The numbers of seed ``seed``. ``next_run`` is the number of the run that begins next."""

    _draw: Callable[[], int]

    def __init__(self, seed: int = 0, first: int = 0) -> None:
        self.seed = seed
        self.next_run = first
        self._begin(0)

    def turn(self) -> None:
        """Start the stream of run ``next_run``."""
        self._begin(self.next_run)
        self.next_run += 1

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

    def bits(self) -> int:
        """One of ``range(1 << BITS)``."""
        try:
            return self._draw()
        except StopIteration:
            self._cut()
            return self._draw()

    def below(self, options: int) -> int:
        """One of ``range(options)``. Meant for few options."""
        return self.bits() * options >> BITS

    def wide(self) -> int:
        """One of ``range(1 << 2 * BITS)``: for what must hardly ever be drawn twice."""
        return self.bits() << BITS | self.bits()
