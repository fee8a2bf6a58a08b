"""ShrinkerMutex: what writers of shrinkers hold where no walk takes a lock: shrinker_mutex.

In v6.4-rc1 and since v6.7; between and before it is shrinker_rwsem (shrink_slab/locked_walk.py).
Reparenting takes it like any writer: there is no reader left to share it with.

Source: mm/shrinker.c (v6.7), mm/vmscan.c (v6.4-rc1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.version import Version

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.locks import Mutex, RwSem

__all__ = ["ShrinkerMutex"]


class ShrinkerMutex(Version):
    """The lock of the writers is a mutex."""

    @property
    def lock(self) -> Mutex | RwSem:
        return self.kernel.shrinker_mutex

    async def lock_shrinkers(self, cpu: Cpu) -> None:
        await cpu.mutex_lock(self.kernel.shrinker_mutex)

    def unlock_shrinkers(self, cpu: Cpu) -> None:
        cpu.mutex_unlock(self.kernel.shrinker_mutex)

    async def lock_reparent(self, cpu: Cpu) -> None:
        await self.lock_shrinkers(cpu)

    def unlock_reparent(self, cpu: Cpu) -> None:
        self.unlock_shrinkers(cpu)
