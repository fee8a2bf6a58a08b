"""O8: the refcount of a new shrinker is seen before its callbacks are.

The pair is fields, refcount_set() | refcount_inc_not_zero(), fields (kernel.md 2.B). Dave Chinner
asked in review for a write barrier before refcount_set(); v6.7 has none. shrinker_mutex, taken and
given between the two, does not help: what comes before a lock may move into it, what comes after an
unlock may be seen before it.

    shrinker_alloc, register                walk of A, an old bit
    count_objects = f      (waits)
    mutex_lock, list_add, mutex_unlock
    refcount_set(1)
                                            idr_find, refcount_inc_not_zero: 1
                                            count_objects: NULL
    count_objects = f      (visible)

Memory models: pso shows it, sc and tso do not. suspects/L3_refcount_set.py is the same in a mount.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker import Shrinker
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Memory
from slabrace.scenarios.publication import registered_under_a_walk
from slabrace.scenarios.small import PREEMPTION

__all__ = ["O8_refcount_before_fields", "O8_refcount_before_fields_fixed"]


class ReleasedRefcount(RefcountRcu):
    """The refcount is set with release: a refcount_set_release()."""

    async def open_gate(self, cpu: Cpu, shrinker: Shrinker) -> None:
        cpu.smp_store_release(shrinker, "refcount", 1)


REACH = ("function name=do_shrink_slab", "shrinker_registered")


@scenario(
    verdict=SOMETIMES,
    bug="O8",
    law="null_deref",
    runs=1000,
    delays=PREEMPTION,
    fixed="O8_refcount_before_fields_fixed",
    reach=REACH,
)
def O8_refcount_before_fields(world: World, *, memory: Memory = "pso") -> None:
    """A walk takes a reference on a shrinker whose callbacks are not visible yet (as merged)."""
    registered_under_a_walk(world, RefcountRcu, memory)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def O8_refcount_before_fields_fixed(world: World, *, memory: Memory = "pso") -> None:
    """The same with a refcount that is set with release."""
    registered_under_a_walk(world, ReleasedRefcount, memory)
