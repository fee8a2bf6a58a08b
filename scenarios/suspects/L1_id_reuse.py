"""L1: the lockless walk clears a bit after a failed lookup and does not look again.

kernel.md 6.F, an inference by reading: no upstream confirmation.

    reclaim of A, which has the bit of    mount T (the id of S is used again)
    S that is gone
    idr_find(id) = NULL
                                          idr_alloc = id, register, list_lru_add: set_bit(id)
    clear_bit(id)

Under the old rwsem lookup and clear_bit() excluded the allocation: the same story on rwsem stays
silent. ``Recheck`` is a candidate fix, of L2 as well.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import lists_of, mounted, set_bit, stale_bit
from slabrace.actors.kernel import Kernel
from slabrace.actors.messages import IdrFind
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcuFixed
from slabrace.actors.shrinker_info import ShrinkerInfoUnit
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version as VersionName
from slabrace.scenarios.small import PREEMPTION, UNIT_BITS

__all__ = ["L1_id_reuse", "L1_id_reuse_recheck", "Recheck"]

RUNS = 2000
REACH = ("shrinker_registered", "function name=set_shrinker_bit", "function name=shrink_slab")


class Recheck(RefcountRcuFixed):
    """A candidate fix: look the id up again after clear_bit(), as is done for SHRINK_EMPTY.

    Who comes after the second look sets the bit after it, and nobody clears it. What is found may
    be a shrinker that is going, and the bit set for nothing; the next walk clears it.
    """

    name = "refcount_rcu_recheck"

    async def forget(self, cpu: Cpu, unit: ShrinkerInfoUnit, offset: int) -> None:
        await super().forget(cpu, unit, offset)
        await cpu.smp_mb()  # pairs with the one in set_shrinker_bit()
        id_ = unit.index * self.kernel.unit_bits + offset
        if await cpu.ask(self.kernel.shrinker_idr, IdrFind(id_)) is not None:
            await self.set_shrinker_bit(cpu, unit.memcg, unit.nid, id_)


def id_is_used_again(world: World, version: type[Version], *, freed_first: bool = False) -> None:
    """T takes id 0, of which A still has a bit, and caches an object before it is born."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS)
    memcg = kernel.boot_memcg("A")
    old = None
    if freed_first:
        mount = mounted(kernel, "S")
        set_bit(kernel, mount, memcg)
        old, mount.s_shrink = mount.s_shrink, None
    else:
        stale_bit(kernel, memcg)
    sb = kernel.new_superblock("T")
    kernel.superblocks[sb] = None
    kernel.list_lrus.lrus[sb.inode_lru] = None
    lists_of(kernel, sb, memcg)
    item = kernel.new_item(memcg, 0)

    async def replace(cpu: Cpu) -> None:
        if old is not None:
            await kernel.version.shrinker_free(cpu, old)
        shrinker = await kernel.version.shrinker_alloc(
            cpu, "sb-T", sb, memcg_aware=True, numa_aware=True
        )
        if shrinker is None:
            return
        sb.s_shrink = sb.inode_lru.shrinker = shrinker
        sb.embedded = shrinker if kernel.version.embedded_shrinker else None
        await kernel.version.shrinker_register(cpu, shrinker)
        await kernel.list_lrus.list_lru_add(cpu, sb.inode_lru, item)

    world.spawn(Script(kernel, replace), SlabReclaimer(kernel, memcg))


@scenario(
    verdict=SOMETIMES, kind="suspect", bug="L1", law="lost_bit", runs=RUNS, delays=PREEMPTION,
    fixed="L1_id_reuse_recheck", reach=REACH,
)  # fmt: skip
def L1_id_reuse(
    world: World, *, version: VersionName = "refcount_rcu_fixed", freed_first: bool = False
) -> None:
    """An id is used again while a walk that missed its old owner clears the bit of the new one.

    ``freed_first``: the old owner goes in the same run, and not long before.
    """
    id_is_used_again(world, VERSIONS[version], freed_first=freed_first)


@scenario(verdict=NEVER, runs=RUNS, delays=PREEMPTION, reach=REACH)
def L1_id_reuse_recheck(world: World, *, freed_first: bool = False) -> None:
    """The same with a second look after clear_bit()."""
    id_is_used_again(world, Recheck, freed_first=freed_first)
