"""L3: a walk runs a shrinker whose refcount it sees and whose callbacks it does not.

kernel.md 6.F, an inference by reading: no upstream confirmation. shrinker_register() opens the gate
with a relaxed refcount_set(); that shrinker_mutex was taken and given before it orders nothing.

    shrinker_alloc                          reclaim of A, which has an old bit of this id
    count_objects = f           (waits)
    shrinker_register:
      mutex_lock, list_add, mutex_unlock
      refcount_set(1)
                                            idr_find, refcount_inc_not_zero: 1
                                            count_objects: NULL

It takes a machine that delays stores past one another (pso). Two sections of locks between the
callbacks and the refcount_set() are enough to order them (LKMM: an unlock and a later lock), and
alloc_super() has them: ``L3_in_a_mount`` stays silent.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import stale_bit
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.shrink_slab.refcount_rcu_fixed import RefcountRcuFixed
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.superblock import mount
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Memory, Version
from slabrace.scenarios.publication import registered_under_a_walk
from slabrace.scenarios.small import PREEMPTION, UNIT_BITS

__all__ = ["L3_in_a_mount", "L3_refcount_set", "L3_refcount_set_release"]


class ReleasedRefcount(RefcountRcuFixed):
    """A candidate fix: refcount_set_release()."""

    name = "refcount_set_release"

    async def open_gate(self, cpu: Cpu, shrinker: Shrinker) -> None:
        cpu.smp_store_release(shrinker, "refcount", 1)


REACH = ("shrinker_registered", "function name=do_shrink_slab")


@scenario(
    verdict=SOMETIMES,
    kind="suspect",
    bug="L3",
    law="null_deref",
    runs=1000,
    delays=PREEMPTION,
    fixed="L3_refcount_set_release",
    reach=REACH,
)
def L3_refcount_set(
    world: World, *, memory: Memory = "pso", version: Version = "refcount_rcu_fixed"
) -> None:
    """A walk that finds a new shrinker by an old bit calls a callback that is not visible yet."""
    registered_under_a_walk(world, VERSIONS[version], memory)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def L3_refcount_set_release(world: World, *, memory: Memory = "pso") -> None:
    """The same with a refcount that is set with release."""
    registered_under_a_walk(world, ReleasedRefcount, memory)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def L3_in_a_mount(world: World, *, memory: Memory = "pso") -> None:
    """The shrinker of a superblock: list_lru_init_memcg() comes between, and orders the stores."""
    kernel = Kernel(world, RefcountRcuFixed, unit_bits=UNIT_BITS, memory=memory)
    memcg = kernel.boot_memcg("A")
    stale_bit(kernel, memcg)

    async def mount_it(cpu: Cpu) -> None:
        await mount(cpu, "T")

    world.spawn(Script(kernel, mount_it), SlabReclaimer(kernel, memcg))
