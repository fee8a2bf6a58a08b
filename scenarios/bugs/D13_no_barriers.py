"""D13: one of the two barriers around the bit is left out (O1).

Synthetic: the comments of set_shrinker_bit() and shrink_slab_memcg() name each other. The shape is
R: object, bit | bit, objects. set_bit() and clear_bit() are relaxed, so either half may be seen
late.

    D13_no_barrier_before_set_bit           D13_no_barrier_after_clear_bit
    add             walk of A               add             walk of A
    nr_items++ (waits)                                      clear_bit (waits)
    set_bit                                                 count: EMPTY
                    clear_bit               nr_items++
                    count: EMPTY            set_bit
    nr_items++ (visible)                                    clear_bit (visible)

Memory models: pso shows both. On tso both operations on the bit are locked, the barriers are
compiler barriers, and neither is there; nor is it under sc.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import set_bit
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.tasks import SlabReclaimer, Toucher
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Memory
from slabrace.scenarios.small import PREEMPTION, small

__all__ = [
    "D13_barriers_fixed", "D13_no_barrier_after_clear_bit", "D13_no_barrier_before_set_bit",
]  # fmt: skip


class NoBarrierBeforeSetBit(RefcountRcu):
    """set_shrinker_bit() without smp_mb__before_atomic()."""

    async def mb_before_set_bit(self, cpu: Cpu) -> None:
        return


class NoBarrierAfterClearBit(RefcountRcu):
    """shrink_slab_memcg() without smp_mb__after_atomic()."""

    async def mb_after_clear_bit(self, cpu: Cpu) -> None:
        return


def object_comes_under_a_walk(world: World, version: type[Version], memory: Memory) -> None:
    """A has the bit of S and nothing to show for it, until an object comes."""
    kernel, memcg, sb, _ = small(world, version, with_object=False, memory=memory)
    set_bit(kernel, sb, memcg)
    world.spawn(SlabReclaimer(kernel, memcg), Toucher(kernel, memcg, sb))


RUNS = 3000
REACH = ("function name=set_shrinker_bit", "function name=do_shrink_slab")


@scenario(
    verdict=SOMETIMES,
    bug="D13",
    law="lost_bit",
    runs=RUNS,
    delays=PREEMPTION,
    fixed="D13_barriers_fixed",
    reach=REACH,
)
def D13_no_barrier_before_set_bit(world: World, *, memory: Memory = "pso") -> None:
    """The bit of a new object is seen, and cleared, before the object is."""
    object_comes_under_a_walk(world, NoBarrierBeforeSetBit, memory)


@scenario(
    verdict=SOMETIMES,
    bug="D13",
    law="lost_bit",
    runs=RUNS,
    delays=PREEMPTION,
    fixed="D13_barriers_fixed",
    reach=REACH,
)
def D13_no_barrier_after_clear_bit(world: World, *, memory: Memory = "pso") -> None:
    """A clear_bit() is seen after the count, and undoes the set_bit() of an add."""
    object_comes_under_a_walk(world, NoBarrierAfterClearBit, memory)


@scenario(verdict=NEVER, runs=RUNS, delays=PREEMPTION, reach=REACH)
def D13_barriers_fixed(world: World, *, memory: Memory = "pso") -> None:
    """The same with both barriers."""
    object_comes_under_a_walk(world, RefcountRcu, memory)
