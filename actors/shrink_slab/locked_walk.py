"""LockedMemcgWalk: what the two walks under shrinker_rwsem share.

A trylock, because a shrinker may be entered by the very allocation that a writer makes; and a way
out as soon as a writer waits (e496612c5130), for which the walk returns at least 1.

Source: mm/vmscan.c:shrink_slab_memcg() (v6.1).
"""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from slabrace.actors.shrink_slab.registered_visit import RegisteredVisit

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.locks import Mutex, RwSem
    from slabrace.actors.memcg import Memcg

__all__ = ["LockedMemcgWalk"]


class LockedMemcgWalk(RegisteredVisit):
    """The memcg walk under shrinker_rwsem."""

    @property
    def lock(self) -> Mutex | RwSem:
        return self.kernel.shrinker_rwsem

    async def lock_shrinkers(self, cpu: Cpu) -> None:
        await cpu.down_write(self.kernel.shrinker_rwsem)

    def unlock_shrinkers(self, cpu: Cpu) -> None:
        cpu.up_write(self.kernel.shrinker_rwsem)

    async def lock_reparent(self, cpu: Cpu) -> None:
        """For reading: expansion is excluded, walks are not."""
        await cpu.down_read(self.kernel.shrinker_rwsem)

    def unlock_reparent(self, cpu: Cpu) -> None:
        cpu.up_read(self.kernel.shrinker_rwsem)

    @abc.abstractmethod
    async def walk_bits(self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int) -> int:
        """Visit the set bits of ``memcg`` on ``nid``, the lock held."""

    async def shrink_slab_memcg(
        self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int
    ) -> int:
        """Objects freed; 0 if the lock could not be had at once."""
        if not await cpu.read_once(memcg, "css_online"):
            return 0
        if not await self.down_read_trylock(cpu):
            return 0
        freed = await self.walk_bits(cpu, gfp, nid, memcg, priority)
        cpu.up_read(self.kernel.shrinker_rwsem)
        return freed

    async def down_read_trylock(self, cpu: Cpu) -> bool:
        """Take shrinker_rwsem for reading, or count the failure."""
        taken = await cpu.down_read_trylock(self.kernel.shrinker_rwsem)
        if not taken:
            self.kernel.stats["trylock_failures"] += 1
        return taken

    async def contended(self, cpu: Cpu) -> bool:
        """Whether a writer waits; then the walk ends."""
        waits: bool = await cpu.rwsem_is_contended(self.kernel.shrinker_rwsem)
        if waits:
            self.kernel.stats["contention_bailouts"] += 1
        return waits
