"""B1: reparenting sets the parent's bit only if the parent's count was 0, and the count may be off.

"mm: list_lru: set shrinker map bit when child nr_items is not zero", 8199be001a47 (v5.10): 14
million negative dentries that only a reboot could free.

    reclaim of P                rmdir C1, then C2                 delete two objects of C2
    count: EMPTY
                                reparent C1: P 0 -> 1, set_bit
    clear_bit
                                kmemcg_id of C2 = P's
                                                                  counted on P: 1 -> 0 -> -1
    count again: none
                                reparent C2: P is not 0: no bit
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import object_of, set_bit
from slabrace.actors.list_lrus import ListLrus
from slabrace.actors.shrink_slab import RwsemFlat
from slabrace.actors.tasks import MemcgRemover, Script, SlabReclaimer
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["B1_lost_bit_reparent", "B1_lost_bit_reparent_fixed"]


class BitIfEmpty(ListLrus):
    """mm/list_lru.c up to v5.9: memcg_drain_list_lru_node()."""

    def parent_needs_bit(self, before: int, moved: int) -> bool:
        return before == 0 and moved != 0


def two_children_die(world: World, list_lrus: type[ListLrus]) -> None:
    """P with a stale bit and children C1 (one object) and C2 (three, two of which are deleted)."""
    kernel, parent, sb, _ = small(world, RwsemFlat, with_object=False, list_lrus=list_lrus)
    set_bit(kernel, sb, parent)
    first, second = kernel.boot_memcg("C1", parent), kernel.boot_memcg("C2", parent)
    object_of(kernel, sb, first)
    doomed = [object_of(kernel, sb, second).hold() for _ in range(3)][:2]

    async def delete(cpu: Cpu) -> None:
        await cpu.sleep(20_000 * cpu.choose("when the user deletes", 12))
        for item in doomed:
            await kernel.list_lrus.list_lru_del(cpu, sb.inode_lru, item)

    world.spawn(
        SlabReclaimer(kernel, parent), MemcgRemover(kernel, first, second), Script(kernel, delete)
    )


PREEMPTED = (
    "from=slabreclaimer* message=ClearBit for=20..80",
    "from=slabreclaimer* to=S.s_inode_lru* message=XaLoad for=20..120 p=0.5",
    "from=kworker to=S.s_inode_lru* message=Lock for=20..80",
)
"""Held up: the walk before it clears the bit and before it looks, the kworker at the lock."""


@scenario(
    verdict=SOMETIMES, bug="B1", law="lost_bit", runs=1000, delays=PREEMPTED,
    fixed="B1_lost_bit_reparent_fixed",
)  # fmt: skip
def B1_lost_bit_reparent(world: World) -> None:
    """A parent's objects become invisible to reclaim: the bit is not set again (up to v5.9)."""
    two_children_die(world, BitIfEmpty)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTED)
def B1_lost_bit_reparent_fixed(world: World) -> None:
    """The same with the bit set whenever something was moved."""
    two_children_die(world, ListLrus)
