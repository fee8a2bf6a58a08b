"""Cache: the owner of a shrinker in the stories that need no file system: a driver's cache.

It is memory of its own, which its driver allocates and frees; its shrinker's callbacks reach it
through private_data. How many objects it holds decides how far a walk goes: none, and it is counted
and left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from slabrace.actors.arithmetic import SHRINK_STOP
from slabrace.actors.locks import RwSem
from slabrace.actors.object import KernelObject

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.shrinker import ShrinkControl

__all__ = ["Cache", "LockedCache", "TrylockedCache"]


class Cache(KernelObject):
    """``objects`` is how many could be freed; None stands for a pointer that is not set up yet."""

    __slots__ = ("lock", "objects")
    kind = "cache"

    def __init__(self, kernel: Kernel, name: str = "cache", objects: int | None = 0) -> None:
        self.objects = objects
        self.lock = RwSem("cache->lock")
        self.publish_in(kernel.world, name)
        self.lock.publish_in(kernel.world, f"{name}->lock")

    def parts(self) -> Iterator[KernelObject]:
        yield self.lock

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        objects: int | None = await cpu.read_once(self, "objects")
        if objects is None:
            cpu.note("null_deref", cpu=cpu, what=f"{self.name}->objects in count_objects()")
            return 0
        return objects

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        """One object goes."""
        await cpu.atomic_add_return(self, "objects", -1)
        return 1


class LockedCache(Cache):
    """Its objects are under its lock, and the scan waits for it."""

    __slots__ = ()

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        await cpu.down_read(self.lock)
        freed = await super().scan_objects(cpu, sc)
        cpu.up_read(self.lock)
        return freed


class TrylockedCache(Cache):
    """Its objects are under its lock, and the scan gives up if it cannot have it at once."""

    __slots__ = ()

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        if not await cpu.down_read_trylock(self.lock):
            return SHRINK_STOP
        freed = await super().scan_objects(cpu, sc)
        cpu.up_read(self.lock)
        return freed
