"""A3: an object that finds its parent's list sets the bit of its dead memcg.

"mm: list_lru: fix set_shrinker_bit() call during race with cgroup deletion" (v5 1/9, 2026), fixes
fae91d6d8be5 (2018), so every version without the fix has it.

    list_lru_add for C                    rmdir C
      memcg = C
                                          kmemcg_id of C = A's
      lists of A: object linked, 0 -> 1
      set_shrinker_bit(C)                 A's bit stays clear: A's object is never reclaimed
"""

from __future__ import annotations

from slabrace.actors.initial import lists_of
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.tasks import MemcgRemover, Toucher
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["A3_bit_of_dead_memcg", "A3_bit_of_dead_memcg_fixed"]


def add_while_a_memcg_dies(world: World, version: type[Version]) -> None:
    """A/C is removed while an object of S is cached for it; its lists are there since long."""
    kernel, memcg, sb, _ = small(world, version, with_object=False)
    child = kernel.boot_memcg("C", memcg)
    lists_of(kernel, sb, child)
    world.spawn(MemcgRemover(kernel, child), Toucher(kernel, child, sb))


REACH = ("function name=memcg_reparent_list_lrus", "function name=set_shrinker_bit")


@scenario(
    verdict=SOMETIMES, bug="A3", law="lost_bit", runs=2000, delays=PREEMPTION,
    fixed="A3_bit_of_dead_memcg_fixed", reach=REACH,
)  # fmt: skip
def A3_bit_of_dead_memcg(world: World) -> None:
    """A parent's first object sets the bit of the child that died under it (as merged)."""
    add_while_a_memcg_dies(world, RefcountRcu)


@scenario(verdict=NEVER, runs=2000, delays=PREEMPTION, reach=REACH)
def A3_bit_of_dead_memcg_fixed(world: World) -> None:
    """The same with the bit set where the list is."""
    add_while_a_memcg_dies(world, RefcountRcuFixed)
