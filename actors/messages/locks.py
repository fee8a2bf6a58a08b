"""What is sent to locks, refcounts and completions."""

from __future__ import annotations

from slabrace.actors.messages.access import Access
from slabrace.actors.messages.memory import Kfree

__all__ = [
    "Complete",
    "DownRead",
    "DownReadTrylock",
    "DownWrite",
    "IsContended",
    "Lock",
    "MutexLock",
    "MutexUnlock",
    "RefcountDecAndTest",
    "RefcountIncNotZero",
    "RefcountSet",
    "ShrinkerFreeRcuCb",
    "Unlock",
    "UpRead",
    "UpWrite",
    "WaitForCompletion",
]

# ruff: noqa: D101 (the names are the kernel's own; the groups say what they are sent to)

# -- Mutex, RwSem, SpinLock ------------------------------------------------------------


class MutexLock(Access, frozen=True, gc=False):
    name = "mutex_lock"


class MutexUnlock(Access, frozen=True, gc=False):
    name = "mutex_unlock"


class DownRead(Access, frozen=True, gc=False):
    name = "down_read"


class DownReadTrylock(Access, frozen=True, gc=False):
    name = "down_read_trylock"


class UpRead(Access, frozen=True, gc=False):
    name = "up_read"


class DownWrite(Access, frozen=True, gc=False):
    name = "down_write"


class UpWrite(Access, frozen=True, gc=False):
    name = "up_write"


class IsContended(Access, frozen=True, gc=False):
    name = "rwsem_is_contended"
    writes = False


class Lock(Access, frozen=True, gc=False):
    name = "spin_lock"


class Unlock(Access, frozen=True, gc=False):
    name = "spin_unlock"


# -- Refcounted, Completion (parts of a Shrinker) --------------------------------------


class RefcountSet(Access, frozen=True, gc=False):
    count: int
    name = "refcount_set"
    shows = "refcount"

    def part(self) -> str:
        return "refcount"


class RefcountIncNotZero(Access, frozen=True, gc=False):
    name = "refcount_inc_not_zero"
    shows = "refcount"

    def part(self) -> str:
        return "refcount"


class RefcountDecAndTest(Access, frozen=True, gc=False):
    name = "refcount_dec_and_test"
    shows = "refcount"

    def part(self) -> str:
        return "refcount"


class Complete(Access, frozen=True, gc=False):
    name = "complete"

    def part(self) -> str:
        return "done"

    def told(self, addressee: str) -> str:
        return f"{self.name}(&{addressee}->done)"


class WaitForCompletion(Access, frozen=True, gc=False):
    name = "wait_for_completion"

    def part(self) -> str:
        return "done"

    def told(self, addressee: str) -> str:
        return f"{self.name}(&{addressee}->done)"


class ShrinkerFreeRcuCb(Kfree, frozen=True, gc=False):
    """The callback that frees a Shrinker and its counts after a grace period."""

    name = "shrinker_free_rcu_cb"
