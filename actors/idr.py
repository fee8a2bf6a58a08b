"""Idr: id -> pointer. The lowest free id is handed out; a lookup is one load under RCU.

Source: lib/idr.c (v6.6). A pointer is visible to idr_find() from the moment idr_alloc() returns,
long before its owner is registered: that window is what refcount == 0 has to close.
"""

from __future__ import annotations

import heapq

from slabrace.actors.messages import IdrAlloc, IdrFind, IdrRemove, IdrReplace
from slabrace.actors.object import KernelObject, Part
from slabrace.runtime.actor import handles

__all__ = ["Idr"]


class Idr(Part):
    """An id allocator with its table."""

    __slots__ = ("entries", "free")
    kind = "idr"

    def __init__(self) -> None:
        self.entries: dict[int, KernelObject] = {}
        self.free: list[int] = []  # ids below the highest ever used, smallest first

    @handles(IdrAlloc)
    def idr_alloc(self, message: IdrAlloc) -> int:
        id_ = heapq.heappop(self.free) if self.free else len(self.entries)
        self.entries[id_] = message.pointer
        return id_

    @handles(IdrFind)
    def idr_find(self, message: IdrFind) -> KernelObject | None:
        return self.entries.get(message.id)

    @handles(IdrReplace)
    def idr_replace(self, message: IdrReplace) -> None:
        if message.id in self.entries:
            self.entries[message.id] = message.pointer

    @handles(IdrRemove)
    def idr_remove(self, message: IdrRemove) -> None:
        if self.entries.pop(message.id, None) is not None:
            heapq.heappush(self.free, message.id)
