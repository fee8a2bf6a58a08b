"""Ring buffer: the pages of one CPU in a trace.dat, as the kernel's tracer fills them.

A page begins with the time of its first event and how many bytes are used. An event is 32 bits,
``type_len:5, time_delta:27``, and its data, in words: up to 28 words are counted by ``type_len``;
of more it is 0, and the first word counts the bytes. Time that does not fit 27 bits is an event of
its own (TIME_EXTEND). Nobody may go beyond a page. What was lost is marked on the page after the
gap: a bit, and after the events how many there were, if somebody counted.

This file knows bytes and times, and no event. Source: include/linux/ring_buffer.h.
"""

from __future__ import annotations

import struct
from typing import Final

__all__ = ["LARGEST", "PAGE", "RingBuffer"]

PAGE: Final = 4096
HEAD: Final = 16
LARGEST: Final = PAGE - HEAD - 16
"""Bytes of an event that fits on any page."""
WORDS: Final = 28
EXTEND: Final = 30
DELTA_BITS: Final = 27
DELTA: Final = (1 << DELTA_BITS) - 1
MISSED, COUNTED = 1 << 31, 1 << 30
"""Beside the bytes used: events are missing before this page, and their number is stored."""
COUNT: Final = 8


class RingBuffer:
    """The pages, filled one by one; times must not go back."""

    def __init__(self) -> None:
        self._full: list[bytes] = []
        self._page = bytearray()
        self._began = 0
        self._last = 0
        self._missed: int | None = None

    def lose(self, amount: int) -> None:
        """So many are missing between what was put and what will be; 0 if nobody counted."""
        self._turn(self._last)
        self._missed = amount + (self._missed or 0)

    def put(self, at: int, data: bytes) -> None:
        """One event."""
        data += bytes(-len(data) % 4)
        words = len(data) // 4
        size = 4 + len(data) + (4 if words > WORDS else 0)
        room = PAGE - HEAD - 8 - (0 if self._missed is None else COUNT)
        if not self._page or len(self._page) + size > room:
            self._turn(at)
        delta = at - self._last
        self._last = at
        if delta > DELTA:
            self._page += struct.pack("<II", (delta & DELTA) << 5 | EXTEND, delta >> DELTA_BITS)
            delta = 0
        if words > WORDS:
            self._page += struct.pack("<II", delta << 5, len(data) + 4)
        else:
            self._page += struct.pack("<I", delta << 5 | words)
        self._page += data

    def pages(self) -> bytes:
        """All of them."""
        self._turn(self._last)
        made = b"".join(self._full)
        self._full.clear()
        return made

    def _turn(self, at: int) -> None:
        """A new page, which begins at ``at``."""
        if self._page:
            used = len(self._page)
            if self._missed is not None:
                used |= MISSED | (COUNTED if self._missed else 0)
                self._page += struct.pack("<Q", self._missed)
                self._missed = None
            self._full.append(
                (struct.pack("<Qq", self._began, used) + self._page).ljust(PAGE, b"\0")
            )
            self._page = bytearray()
        self._began = self._last = at
