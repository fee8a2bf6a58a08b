"""The beginning that the bugs of publication share: a bit that leads a walk to a new shrinker.

shrinker_free() takes a shrinker's id away and leaves its bits. Whoever gets the id next is found by
a walk as soon as idr_alloc() has returned; what keeps the walk from running it is its refcount
alone. What the refcount must not be seen before is what the owner stored: here, the callbacks.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import stale_bit
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrinker import ShrinkControl
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Memory
from slabrace.scenarios.small import UNIT_BITS

__all__ = ["registered_under_a_walk"]


class NothingToFree:
    """Callbacks of a cache that is empty."""

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        return 0

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        return 0


def registered_under_a_walk(world: World, version: type[Version], memory: Memory) -> None:
    """A shrinker takes id 0 and is registered, while a walk of A finds the bit of its forebear."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS, memory=memory)
    memcg = kernel.boot_memcg("A")
    stale_bit(kernel, memcg)

    async def register(cpu: Cpu) -> None:
        shrinker = await kernel.version.shrinker_alloc(cpu, "T", NothingToFree(), memcg_aware=True)
        if shrinker is not None:
            await kernel.version.shrinker_register(cpu, shrinker)

    world.spawn(Script(kernel, register), SlabReclaimer(kernel, memcg))
