"""B1: reparenting sets the parent's bit only if the parent's count was 0, and the count may be off.

"mm: list_lru: set shrinker map bit when child nr_items is not zero", 8199be001a47 (v5.10): 14
million negative dentries that only a reboot could free. The race of that commit:

    reclaim of P                rmdir C1, then C2                 delete the two objects of C2
    count: EMPTY
                                reparent C1: P 0 -> 1, set_bit
    clear_bit
                                kmemcg_id of C2 = P's
                                                                  counted on P: 1 -> 0 -> -1
    count again: none
                                reparent C2: P is not 0: no bit

    B1_lost_bit_reparent        that race
    B1_no_walk_needed           a shorter one: P, which never had the bit, is at -1 when C's objects
                                are handed over
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import object_of, set_bit
from slabrace.actors.list_lrus import ListLrus
from slabrace.actors.shrink_slab import RwsemFlat
from slabrace.actors.tasks import MemcgOffliner, Script, SlabReclaimer
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, small

__all__ = [
    "B1_lost_bit_reparent", "B1_lost_bit_reparent_fixed", "B1_no_walk_needed",
    "B1_no_walk_needed_fixed",
]  # fmt: skip


class BitIfEmpty(ListLrus):
    """mm/list_lru.c up to v5.9: memcg_drain_list_lru_node()."""

    def parent_needs_bit(self, before: int, moved: int) -> bool:
        return before == 0 and moved != 0


def two_children_go(world: World, list_lrus: type[ListLrus]) -> None:
    """P with a stale bit and children C1 (one object) and C2 (two, both are deleted)."""
    kernel, parent, sb, _ = small(world, RwsemFlat, with_object=False, list_lrus=list_lrus)
    set_bit(kernel, sb, parent)
    first, second = kernel.boot_memcg("C1", parent), kernel.boot_memcg("C2", parent)
    object_of(kernel, sb, first)
    doomed = [object_of(kernel, sb, second).hold() for _ in range(2)]

    async def delete(cpu: Cpu) -> None:
        for item in doomed:
            await kernel.list_lrus.list_lru_del(cpu, sb.inode_lru, item)

    world.spawn(
        SlabReclaimer(kernel, parent), MemcgOffliner(kernel, first, second), Script(kernel, delete)
    )


def one_child_goes(world: World, list_lrus: type[ListLrus]) -> None:
    """P without objects, and a child C with two, one of which is deleted."""
    kernel, parent, sb, _ = small(world, RwsemFlat, with_object=False, list_lrus=list_lrus)
    child = kernel.boot_memcg("C", parent)
    item, _ = (object_of(kernel, sb, child).hold() for _ in range(2))

    async def delete(cpu: Cpu) -> None:
        await kernel.list_lrus.list_lru_del(cpu, sb.inode_lru, item)

    world.spawn(MemcgOffliner(kernel, child), Script(kernel, delete))


REACH = ("function name=memcg_reparent_list_lrus", "function name=list_lru_del")
WALKED = (*REACH, "function name=super_cache_count", "function name=set_shrinker_bit")


@scenario(
    verdict=SOMETIMES, bug="B1", law="lost_bit", runs=4000, delays=PREEMPTION,
    fixed="B1_lost_bit_reparent_fixed", reach=WALKED,
)  # fmt: skip
def B1_lost_bit_reparent(world: World) -> None:
    """A parent's objects become invisible to reclaim: the bit is not set again (up to v5.9)."""
    two_children_go(world, BitIfEmpty)


@scenario(verdict=NEVER, runs=4000, delays=PREEMPTION, reach=WALKED)
def B1_lost_bit_reparent_fixed(world: World) -> None:
    """The same with the bit set whenever something was moved."""
    two_children_go(world, ListLrus)


@scenario(
    verdict=SOMETIMES, bug="B1", law="lost_bit", runs=500, delays=PREEMPTION,
    fixed="B1_no_walk_needed_fixed", reach=REACH,
)  # fmt: skip
def B1_no_walk_needed(world: World) -> None:
    """The same loss without a walk: the bit that was never set is not set (up to v5.9)."""
    one_child_goes(world, BitIfEmpty)


@scenario(verdict=NEVER, runs=500, delays=PREEMPTION, reach=REACH)
def B1_no_walk_needed_fixed(world: World) -> None:
    """The same with the bit set whenever something was moved."""
    one_child_goes(world, ListLrus)
