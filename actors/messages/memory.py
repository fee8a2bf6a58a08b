"""What is sent to plain memory, to an Idr, and to a work queue."""

from __future__ import annotations

from typing import Any

from slabrace.actors.messages.access import Access, show

__all__ = [
    "AddReturn",
    "IdrAlloc",
    "IdrFind",
    "IdrRemove",
    "IdrReplace",
    "Kfree",
    "Load",
    "NextWork",
    "QueueWork",
    "Store",
    "WaitEvent",
    "WakeUp",
]

# ruff: noqa: D101 (the names are the kernel's own; the groups say what they are sent to)

# -- any object: its words, and its end ------------------------------------------------


class Load(Access, frozen=True, gc=False):
    word: str
    name = "READ_ONCE"
    writes = False

    def part(self) -> str:
        return self.word

    def told(self, addressee: str) -> str:
        return f"{self.name}({addressee}->{self.word})"


class Store(Access, frozen=True, gc=False):
    word: str
    value: Any
    name = "WRITE_ONCE"

    def part(self) -> str:
        return self.word

    def told(self, addressee: str) -> str:
        value = "NULL" if self.value is None else show(self.value)
        return f"{self.name}({addressee}->{self.word}, {value})"


class AddReturn(Access, frozen=True, gc=False):
    word: str
    delta: int
    name = "atomic_long_add_return"

    def part(self) -> str:
        return self.word

    def told(self, addressee: str) -> str:
        return f"{self.name}({self.delta}, &{addressee}->{self.word})"


class Kfree(Access, frozen=True, gc=False):
    """The end of the object, and of what is embedded in it."""

    name = "kfree"


# -- Idr -------------------------------------------------------------------------------


class IdrAlloc(Access, frozen=True, gc=False):
    """Which id it takes, all the others decide."""

    pointer: Any
    name = "idr_alloc"


class IdrFind(Access, frozen=True, gc=False):
    id: int
    name = "idr_find"
    writes = False

    def part(self) -> int:
        return self.id


class IdrReplace(Access, frozen=True, gc=False):
    """Let ``id`` lead to ``pointer``; an id that nobody has is left alone."""

    id: int
    pointer: Any
    name = "idr_replace"

    def part(self) -> int:
        return self.id


class IdrRemove(Access, frozen=True, gc=False):
    id: int
    name = "idr_remove"

    def part(self) -> int:
        return self.id


# -- WorkQueue -------------------------------------------------------------------------


class QueueWork(Access, frozen=True, gc=False):
    """``function(cpu, *arguments)`` is to run on a kworker."""

    function: Any
    arguments: tuple[Any, ...]
    name = "queue_work"

    def __str__(self) -> str:
        return f"queue_work({self.function.__name__})"


class NextWork(Access, frozen=True, gc=False):
    name = "worker_thread"


# -- WaitQueue -------------------------------------------------------------------------


class WaitEvent(Access, frozen=True, gc=False):
    name = "wait_event"


class WakeUp(Access, frozen=True, gc=False):
    name = "wake_up"
