"""Mutex, rwsem, spinlock, completion, refcount: who waits, and who may go on.

Each is an object that answers now or keeps the envelope and answers later; a CPU that waits is
simply a CPU that was not answered yet. Who holds what, and in which order locks are taken, is noted
by the CPU that takes them (cpu.py); the law about cycles is in sanitizers.py.

Sources: kernel/locking/mutex.c, kernel/locking/rwsem.c (a trylock fails as soon as somebody waits:
RWSEM_READ_FAILED_MASK contains RWSEM_FLAG_WAITERS), kernel/sched/completion.c, lib/refcount.c;
v6.6.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from slabrace.actors.messages import (
    Complete,
    DownRead,
    DownReadTrylock,
    DownWrite,
    IsContended,
    Lock,
    MutexLock,
    MutexUnlock,
    RefcountDecAndTest,
    RefcountIncNotZero,
    RefcountSet,
    Unlock,
    UpRead,
    UpWrite,
    WaitForCompletion,
)
from slabrace.actors.object import KernelObject, Part
from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.message import DEFERRED, Envelope

__all__ = ["REFCOUNT_SATURATED", "Completion", "Done", "Mutex", "Refcounted", "RwSem", "SpinLock"]

REFCOUNT_SATURATED: Final = -(2**30) * 3
"""include/linux/refcount.h: INT_MIN / 2 in 32 bits, far from both ends."""

REFCOUNT_MAX: Final = 2**31 - 1


class Mutex(Part):
    """FIFO mutex. ``lock_class`` names its class for lockdep."""

    __slots__ = ("lock_class", "owner", "queue")
    kind = "mutex"

    def __init__(self, lock_class: str) -> None:
        self.lock_class = lock_class
        self.owner: Actor | None = None
        self.queue: deque[Envelope] | None = None  # made when first waited for: spinlocks abound

    @handles(MutexLock, Lock)
    def lock(self, message: MutexLock) -> object:
        if self.owner is None:
            self.owner = self.sender
            return None
        if self.queue is None:
            self.queue = deque()
        self.queue.append(self.defer())
        return DEFERRED

    @handles(MutexUnlock, Unlock)
    def unlock(self, message: MutexUnlock) -> None:
        if self.owner is not self.sender:
            self.note("lock_imbalance", lock=self, by=self.sender)
        self.owner = None
        if self.queue:
            next_one = self.queue.popleft()
            self.owner = next_one.sender
            self.answer(next_one)

    def explain_wait(self, envelope: Envelope) -> str:
        return f"{self.name}, held by {self.owner.name if self.owner else 'nobody'}"


class SpinLock(Mutex):
    """A waiter spins instead of sleeping; in the model both are an answer that comes later."""

    __slots__ = ()
    kind = "spinlock"


class RwSem(Part):
    """Readers together or one writer; waiters are served in the order they came."""

    __slots__ = ("lock_class", "queue", "readers", "writer")
    kind = "rwsem"

    def __init__(self, lock_class: str) -> None:
        self.lock_class = lock_class
        self.readers: list[Actor] = []
        self.writer: Actor | None = None
        self.queue: deque[Envelope] | None = None

    @handles(DownReadTrylock)
    def down_read_trylock(self, message: DownReadTrylock) -> bool:
        if self.writer is not None or self.queue:
            return False
        self.readers.append(self.sender)
        return True

    @handles(DownRead)
    def down_read(self, message: DownRead) -> object:
        if self.writer is None and not self.queue:
            self.readers.append(self.sender)
            return None
        return self._wait()

    @handles(DownWrite)
    def down_write(self, message: DownWrite) -> object:
        if self.writer is None and not self.readers and not self.queue:
            self.writer = self.sender
            return None
        return self._wait()

    @handles(UpRead)
    def up_read(self, message: UpRead) -> None:
        if self.sender in self.readers:
            self.readers.remove(self.sender)
        else:
            self.note("lock_imbalance", lock=self, by=self.sender)
        self._grant()

    @handles(UpWrite)
    def up_write(self, message: UpWrite) -> None:
        if self.writer is not self.sender:
            self.note("lock_imbalance", lock=self, by=self.sender)
        self.writer = None
        self._grant()

    @handles(IsContended)
    def is_contended(self, message: IsContended) -> bool:
        return bool(self.queue)

    def _wait(self) -> object:
        if self.queue is None:
            self.queue = deque()
        self.queue.append(self.defer())
        self.note("contention_begin", lock=self, waiter=self.sender)
        return DEFERRED

    def _grant(self) -> None:
        """Let in the first waiter, or all readers up to the next writer."""
        while self.queue and self.writer is None:
            first = self.queue[0]
            if isinstance(first.message, DownWrite):
                if self.readers:
                    return
                self.writer = first.sender
            else:
                self.readers.append(first.sender)
            self.queue.popleft()
            self.note("contention_end", lock=self, waiter=first.sender)
            self.answer(first)

    def explain_wait(self, envelope: Envelope) -> str:
        holders = [self.writer] if self.writer else self.readers
        return f"{self.name}, held by {', '.join(h.name for h in holders) or 'nobody'}"


class Completion(KernelObject):
    """Handlers of a struct completion, to be mixed into the object that contains it."""

    __slots__ = ()
    done: int
    completion_waiters: list[Envelope]

    @handles(Complete)
    def complete(self, message: Complete) -> None:
        if self.completion_waiters:
            self.answer(self.completion_waiters.pop(0))
        else:
            self.done += 1

    @handles(WaitForCompletion)
    def wait_for_completion(self, message: WaitForCompletion) -> object:
        if self.done:
            self.done -= 1
            return None
        self.completion_waiters.append(self.defer())
        return DEFERRED


class Refcounted(KernelObject):
    """Handlers of a refcount_t: saturates instead of wrapping, and warns (lib/refcount.c)."""

    __slots__ = ()
    refcount: int

    @handles(RefcountSet)
    def refcount_set(self, message: RefcountSet) -> None:
        self.refcount = message.count

    @handles(RefcountIncNotZero)
    def refcount_inc_not_zero(self, message: RefcountIncNotZero) -> bool:
        if self.refcount == 0:
            return False
        if not 0 < self.refcount < REFCOUNT_MAX:
            self._saturate("refcount_t: saturated; leaking memory")
        else:
            self.refcount += 1
        return True

    @handles(RefcountDecAndTest)
    def refcount_dec_and_test(self, message: RefcountDecAndTest) -> bool:
        if self.refcount <= 0:
            self._saturate("refcount_t: underflow; use-after-free")
            return False
        self.refcount -= 1
        return self.refcount == 0

    def _saturate(self, warning: str) -> None:
        self.refcount = REFCOUNT_SATURATED
        self.note("refcount_warning", object=self, warning=warning, by=self.sender)


class Done(Completion):
    """A struct completion on its own."""

    __slots__ = ("completion_waiters", "done")
    kind = "completion"

    def __init__(self) -> None:
        self.done = 0
        self.completion_waiters = []

    def explain_wait(self, envelope: Envelope) -> str:
        return f"{self.name} to be completed"
