"""L1: the lockless walk clears a bit after a failed lookup and does not look again.

kernel.md 6.F, an inference by reading: no upstream confirmation.

    reclaim of A                          umount S, mount T (the id of S is used again)
    idr_find(id) = NULL
                                          idr_alloc = id, register, list_lru_add: set_bit(id)
    clear_bit(id)

Under the old rwsem lookup and clear_bit() excluded the allocation: the same story on rwsem stays
silent.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.superblock import cache_object, mount, umount
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.runtime.scenario import SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["L1_id_reuse"]


@scenario(verdict=SOMETIMES, kind="suspect", bug="L1", law="lost_bit", runs=2000, delays=PREEMPTION)
def L1_id_reuse(world: World, *, version: Version = "refcount_rcu_fixed") -> None:
    """An id is used again while a walk that missed its old owner clears the bit of the new one."""
    kernel, memcg, sb, _ = small(world, VERSIONS[version])

    async def replace(cpu: Cpu) -> None:
        await umount(cpu, sb)
        fresh = await mount(cpu, "T")
        if fresh is not None:
            await cache_object(cpu, fresh, memcg)

    world.spawn(Script(kernel, replace), SlabReclaimer(kernel, memcg, passes=2))
