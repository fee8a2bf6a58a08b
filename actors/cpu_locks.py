"""LockVerbs: how a CPU takes and gives locks. What is held, and in which order, is known here.

Sources: include/linux/mutex.h, rwsem.h, spinlock.h; v6.6. Who waits for whom is in locks.py.
"""

from __future__ import annotations

from typing import Final

from slabrace.actors.cpu_memory import MemoryVerbs
from slabrace.actors.locks import Mutex, RwSem
from slabrace.actors.messages import (
    DownRead,
    DownReadTrylock,
    DownWrite,
    IsContended,
    Lock,
    MutexLock,
    MutexUnlock,
    Unlock,
    UpRead,
    UpWrite,
)
from slabrace.runtime.message import Envelope

__all__ = ["LockVerbs"]

MUTEX_LOCK: Final = MutexLock()
MUTEX_UNLOCK: Final = MutexUnlock()
SPIN_LOCK: Final = Lock()
SPIN_UNLOCK: Final = Unlock()


class LockVerbs(MemoryVerbs):
    """Mutexes, rwsems, spinlocks."""

    # -- locks -------------------------------------------------------------------------

    async def mutex_lock(self, lock: Mutex) -> None:
        """Sleep until ``lock`` is ours."""
        self.might_sleep(f"mutex_lock({lock.name})")
        self.note("lock_acquire", lock=lock, cpu=self, held=self.held)
        await self.ask(lock, MUTEX_LOCK)
        self.held.append(lock)

    def mutex_unlock(self, lock: Mutex) -> None:
        """Give ``lock`` back."""
        self._release(lock)
        self.ask(lock, MUTEX_UNLOCK)

    async def spin_lock(self, lock: Mutex) -> None:
        """Spin until ``lock`` is ours; nothing may sleep from here on."""
        self.note("lock_acquire", lock=lock, cpu=self, held=self.held)
        await self.ask(lock, SPIN_LOCK)
        self.held.append(lock)
        self.irq_safe += 1

    async def spin_lock_nested(self, lock: Mutex) -> None:
        """The same under a lock of its class: that the order is right, lockdep is told, not shown.

        spin_lock_nested(lock, SINGLE_DEPTH_NESTING).
        """
        await self.ask(lock, SPIN_LOCK)
        self.held.append(lock)
        self.irq_safe += 1

    def spin_unlock(self, lock: Mutex) -> None:
        """Give ``lock`` back."""
        self._release(lock)
        self.irq_safe -= 1
        self.ask(lock, SPIN_UNLOCK)

    async def down_read(self, lock: RwSem) -> None:
        """Sleep until ``lock`` is ours for reading."""
        self.might_sleep(f"down_read({lock.name})")
        self.note("lock_acquire", lock=lock, cpu=self, held=self.held)
        await self.ask(lock, DownRead())
        self.held.append(lock)

    async def down_read_trylock(self, lock: RwSem) -> bool:
        """Take ``lock`` for reading if nobody writes or waits. No cycle can come of a trylock."""
        self.ftrace("down_read_trylock")
        taken: bool = await self.ask(lock, DownReadTrylock())
        if taken:
            self.held.append(lock)
        return taken

    def up_read(self, lock: RwSem) -> None:
        """Give ``lock`` back."""
        self.ftrace("up_read")
        self._release(lock)
        self.ask(lock, UpRead())

    async def down_write(self, lock: RwSem) -> None:
        """Sleep until ``lock`` is ours alone."""
        self.might_sleep(f"down_write({lock.name})")
        self.note("lock_acquire", lock=lock, cpu=self, held=self.held)
        await self.ask(lock, DownWrite())
        self.held.append(lock)

    def up_write(self, lock: RwSem) -> None:
        """Give ``lock`` back."""
        self._release(lock)
        self.ask(lock, UpWrite())

    def rwsem_is_contended(self, lock: RwSem) -> Envelope:
        """Whether somebody waits for ``lock``."""
        return self.ask(lock, IsContended())

    def _release(self, lock: Mutex | RwSem) -> None:
        if lock in self.held:
            self.held.remove(lock)
