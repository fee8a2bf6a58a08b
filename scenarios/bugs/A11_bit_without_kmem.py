"""A11: with kmem accounting off a slab shrinker gets an id, and memcgs get its bit.

"mm/shrinker: fix bogus set_shrinker_bit() with cgroup.memory=nokmem" (2026). There are no lists of
memcgs then: the object goes to the root's list, and the bit is set in the memcg that it is told of.
The walk may not run the shrinker for it, and that is where A1 loses a reference. One thread is
enough:

    shrinker_memcg_alloc(S)     an id, though S is not NONSLAB
    list_lru_add(for A)         root's list: 0 -> 1
      set_shrinker_bit(A)       for nothing

The fix answers -ENOSYS, and S is a shrinker that knows no memcgs.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.superblock import cache_object, mount
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import UNIT_BITS

__all__ = ["A11_bit_without_kmem", "A11_bit_without_kmem_fixed"]


def mount_and_touch(world: World, version: type[Version]) -> None:
    """cgroup.memory=nokmem: S is mounted and has an object for A."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS, kmem=False)
    memcg = kernel.boot_memcg("A")

    async def shell(cpu: Cpu) -> None:
        sb = await mount(cpu, "S")
        if sb is not None:
            await cache_object(cpu, sb, memcg)

    world.spawn(Script(kernel, shell), name="shell")


@scenario(
    verdict=ALWAYS, bug="A11", law="kmem_off_bit", fixed="A11_bit_without_kmem_fixed",
    reach="function name=set_shrinker_bit",
)  # fmt: skip
def A11_bit_without_kmem(world: World) -> None:
    """A memcg has the bit of a slab shrinker though kmem accounting is off (as merged)."""
    mount_and_touch(world, RefcountRcu)


@scenario(verdict=NEVER, reach="function name=set_shrinker_bit")
def A11_bit_without_kmem_fixed(world: World) -> None:
    """The same with a shrinker that knows no memcgs."""
    mount_and_touch(world, RefcountRcuFixed)
