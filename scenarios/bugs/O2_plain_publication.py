"""O2: a new shrinker_info is published by a plain store.

Synthetic: rcu_assign_pointer() is a store with release, because what it points to must be seen
first (kernel.md 2.B).

    expand                                  walk of A
    new->unit[] = old->unit[]   (waits)
    WRITE_ONCE(shrinker_info, new)
                                            info = new
                                            info->unit[0]: NULL
    new->unit[]                 (visible)

Memory models: pso shows it, sc and tso do not.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.memcg import MemcgPerNode
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker_info import ShrinkerInfoBase
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Memory
from slabrace.scenarios.small import PREEMPTION, UNIT_BITS, small

__all__ = ["O2_plain_publication", "O2_plain_publication_fixed"]


class PlainPublication(RefcountRcu):
    """WRITE_ONCE() instead of rcu_assign_pointer()."""

    def publish_info(self, cpu: Cpu, pernode: MemcgPerNode, info: ShrinkerInfoBase) -> None:
        cpu.note("shrinker_info_published", pernode=pernode, info=info)
        cpu.write_once(pernode, "shrinker_info", info)


def expansion_under_a_walk(world: World, version: type[Version], memory: Memory) -> None:
    """The info of A is replaced by a larger one while a walk of A begins."""
    kernel, memcg, _, _ = small(world, version, with_object=False, memory=memory)

    async def expand(cpu: Cpu) -> None:
        await kernel.version.lock_shrinkers(cpu)
        await kernel.version.expand_one_shrinker_info(cpu, memcg, 2 * UNIT_BITS)
        kernel.version.unlock_shrinkers(cpu)

    world.spawn(Script(kernel, expand), SlabReclaimer(kernel, memcg))


REACH = ("shrinker_info_published", "kfree kind=shrinker_info")


@scenario(
    verdict=SOMETIMES,
    bug="O2",
    law="null_deref",
    runs=1000,
    delays=PREEMPTION,
    fixed="O2_plain_publication_fixed",
    reach=REACH,
)
def O2_plain_publication(world: World, *, memory: Memory = "pso") -> None:
    """A walk finds a new info before the pointers to its units."""
    expansion_under_a_walk(world, PlainPublication, memory)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def O2_plain_publication_fixed(world: World, *, memory: Memory = "pso") -> None:
    """The same with rcu_assign_pointer()."""
    expansion_under_a_walk(world, RefcountRcu, memory)
