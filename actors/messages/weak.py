"""How accesses travel where a CPU has a store buffer (memory.py): to whom, the addressee says.

Each stands for an access of the other files and is written as that access, so that a diagram of a
weak run reads like any other.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from slabrace.actors.messages.access import Access
from slabrace.actors.messages.memory import Load, Store
from slabrace.runtime.message import Message

__all__ = ["ForwardedLoad", "Issue", "Late", "SplitRmw", "StoreRelease"]


class ForwardedLoad(Load, frozen=True, gc=False):
    """A load that the sender's own latest undelivered store answers, if there is one."""


class StoreRelease(Store, frozen=True, gc=False):
    """smp_store_release(), rcu_assign_pointer(): not before the sender's earlier stores."""

    name = "smp_store_release"


class Wrapped(Access, frozen=True, gc=False):
    """``access``, and something that its sender has to do with it."""

    access: Message

    @property
    def name(self) -> str:
        name: str = getattr(self.access, "name", type(self.access).__name__)
        return name

    @property
    def writes(self) -> bool:  # type: ignore[override]  # it is the access that says
        return self.access.writes

    def part(self) -> Hashable | None:
        return self.access.part()

    @property
    def shows(self) -> str:  # type: ignore[override]  # likewise
        return self.access.shows

    def told(self, addressee: str) -> str:
        return self.access.told(addressee)

    def __str__(self) -> str:
        return str(self.access)


class Late(Wrapped, frozen=True, gc=False):
    """A store that leaves the store buffer: it is done, and the buffer is told."""


class SplitRmw(Wrapped, frozen=True, gc=False):
    """The first half of a plain ``word++`` or the like: read ``word``, buffer the store.

    The answer is what was read. ``access`` is the second half, delivered late.
    """

    word: str

    @property
    def writes(self) -> bool:  # type: ignore[override]  # it sends
        return True

    def told(self, addressee: str) -> str:
        return f"READ_ONCE({addressee}->{self.word})"

    def __str__(self) -> str:
        return f"READ_ONCE({self.word})"


class Issue(Access, frozen=True, gc=False):
    """To a store buffer: what the sender had to do before this store is done; take it."""

    envelope: Any
    where: Any
    word: str | None
    release: bool
    name = "issue"

    def __str__(self) -> str:
        return f"issue({self.envelope.message})"
