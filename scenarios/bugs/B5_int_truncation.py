"""B5: what do_shrink_slab() returns is kept in an int, and SHRINK_EMPTY is not the only -2.

"mm: Fix int overflow in callers of do_shrink_slab()", b8e57efa2c6e (v4.20). SHRINK_EMPTY is
~0UL - 1: all that an int remembers of it, and of 0xfffffffe objects freed, is -2. The walk clears
the bit, looks again, is told the same, and leaves it clear.

One thread is enough, and a cache that frees 4 294 967 294 objects at a time, twice.
"""

from __future__ import annotations

from slabrace.actors.arithmetic import SHRINK_EMPTY, SHRINK_STOP
from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import RwsemMap
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.monitor import Monitor
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["B5_int_truncation", "B5_int_truncation_fixed"]

BATCH = 2**32 - 2
"""Objects freed by one call: the low 32 bits of SHRINK_EMPTY."""


class IntReturn(RwsemMap):
    """``int ret``: 32 bits, sign-extended for the comparison."""

    async def do_shrink_slab(
        self, cpu: Cpu, sc: ShrinkControl, shrinker: Shrinker, priority: int
    ) -> int:
        low = await super().do_shrink_slab(cpu, sc, shrinker, priority) % 2**32
        return low if low < 2**31 else low - 2**32 + 2**64


class HugeCache:
    """Frees one batch whenever it was counted, and has to wait then."""

    def __init__(self) -> None:
        self.left = 4 * BATCH
        self.counted = False

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        self.counted = True
        return self.left or SHRINK_EMPTY

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        if not self.counted:
            return SHRINK_STOP
        self.counted = False
        self.left -= sc.nr_to_scan
        return sc.nr_to_scan


class HugeCacheBit(Monitor):
    """I5 for a cache that is no list_lru: while it holds objects of A, A has its bit."""

    law = "lost_bit"

    def __init__(self, kernel: Kernel, memcg: Memcg, cache: HugeCache, id_: int) -> None:
        self.kernel = kernel
        self.memcg = memcg
        self.cache = cache
        self.id = id_

    def at_quiescence(self) -> None:
        info = self.memcg.nodeinfo[0].shrinker_info
        if self.cache.left and info is not None and not info.bit(self.id):
            self.violated(
                f"the cache holds {self.cache.left} objects and bit {self.id} of "
                f"{self.memcg.name} is clear: they will never be reclaimed",
                self.memcg, info,
            )  # fmt: skip


def huge_cache_is_reclaimed(world: World, version: type[Version]) -> None:
    """A has more objects in one cache than an int counts, and is reclaimed once."""
    kernel, memcg, _, _ = small(world, version, with_object=False)
    cache = HugeCache()
    world.judge(HugeCacheBit(kernel, memcg, cache, 1))

    async def register(cpu: Cpu) -> None:
        shrinker = await kernel.version.shrinker_alloc(
            cpu, "huge", cache, memcg_aware=True, batch=BATCH
        )
        if shrinker is not None:
            await kernel.version.shrinker_register(cpu, shrinker)
            await kernel.version.set_shrinker_bit(cpu, memcg, 0, shrinker.id)

    async def reclaim(cpu: Cpu) -> None:
        await kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, memcg, 0)

    world.spawn(Script(kernel, register, reclaim))


REACH = ("function name=set_shrinker_bit", f"mm_shrink_slab_end retval={BATCH}")


@scenario(verdict=ALWAYS, bug="B5", law="lost_bit", fixed="B5_int_truncation_fixed", reach=REACH)
def B5_int_truncation(world: World) -> None:
    """4294967294 objects freed are taken for "there are none": the bit stays clear (v4.19)."""
    huge_cache_is_reclaimed(world, IntReturn)


@scenario(verdict=NEVER, reach=REACH)
def B5_int_truncation_fixed(world: World) -> None:
    """The same with an unsigned long."""
    huge_cache_is_reclaimed(world, RwsemMap)
