"""B11: list_lru_count_one() answers the unsigned of a negative count.

"mm: list_lru: fix the return value of list_lru_count_one()", 41d17431df4a (v5.18). While a memcg is
reparented its parent's count may be below zero for a moment: that is benign, and the answer was
close to 2**64.

    rmdir C                       delete C's object         reclaim of A
    kmemcg_id of C = A's
                                  A's nr_items 0 -> -1
                                                            count: 18446744073709551615
    splice: A's nr_items -1 -> 0
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

__all__ = ["B11_negative_count", "B11_negative_count_fixed"]


class Unsigned(ListLrus):
    """``unsigned long count = READ_ONCE(l->nr_items)``."""

    def as_count(self, nr_items: int) -> int:
        return nr_items % 2**64


def count_in_the_middle(world: World, list_lrus: type[ListLrus]) -> None:
    """A/C goes, its only object is deleted, and A, which has none, is reclaimed."""
    kernel, memcg, sb, _ = small(world, RwsemFlat, with_object=False, list_lrus=list_lrus)
    child = kernel.boot_memcg("C", memcg)
    item = object_of(kernel, sb, child).hold()
    set_bit(kernel, sb, memcg)

    async def delete(cpu: Cpu) -> None:
        await kernel.list_lrus.list_lru_del(cpu, sb.inode_lru, item)

    world.spawn(MemcgOffliner(kernel, child), Script(kernel, delete), SlabReclaimer(kernel, memcg))


REACH = (
    "function name=memcg_reparent_list_lrus", "function name=list_lru_del", "shrinker_called",
)  # fmt: skip


@scenario(
    verdict=SOMETIMES, bug="B11", law="count_range", runs=1000, delays=PREEMPTION,
    fixed="B11_negative_count_fixed", reach=REACH,
)  # fmt: skip
def B11_negative_count(world: World) -> None:
    """A count in the middle of reparenting is 2**64 - 1 (up to v5.17)."""
    count_in_the_middle(world, Unsigned)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def B11_negative_count_fixed(world: World) -> None:
    """The same with 0 for what is negative."""
    count_in_the_middle(world, ListLrus)
