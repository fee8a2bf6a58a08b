"""B10: reparenting skips a list whose count it reads as 0, without the lock.

"mm/list_lru: optimize memcg_reparent_list_lru_node()", 405cc51fc104, reverted by b33e1044475a (both
v5.18-rc1).

    list_lru_add for C                      rmdir C
    spin_lock(nlru), C's list
                                            kmemcg_id of C = A's
                                            nr_items is 0: nothing to move
    list_add_tail, nr_items 0 -> 1
                                            C's lists go: freed with the object on one of them

The kernel reads the sum of the node's lists, nlru->nr_items; here it is the count of the list,
which is the same where no other has an object.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import lists_of
from slabrace.actors.list_lru import ListLru, ListLruOne
from slabrace.actors.list_lrus import ListLrus
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import RwsemFlat
from slabrace.actors.tasks import MemcgOffliner, Script
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["B10_skipped_list", "B10_skipped_list_fixed"]


class SkipEmpty(ListLrus):
    """``if (!READ_ONCE(nr_items)) return``, before the lock."""

    async def memcg_reparent_list_lru_node(
        self, cpu: Cpu, lru: ListLru, nid: int, child: ListLruOne, parent: Memcg
    ) -> None:
        if await cpu.read_once(child, "nr_items"):
            await super().memcg_reparent_list_lru_node(cpu, lru, nid, child, parent)


def object_comes_while_a_memcg_goes(world: World, list_lrus: type[ListLrus]) -> None:
    """A/C goes offline while its first object comes; A has one, so no bit is in question (A3)."""
    kernel, memcg, sb, _ = small(world, RwsemFlat, list_lrus=list_lrus)
    child = kernel.boot_memcg("C", memcg)
    lists_of(kernel, sb, child)
    item = kernel.new_item(child, 0)

    async def add(cpu: Cpu) -> None:
        await kernel.list_lrus.list_lru_add(cpu, sb.inode_lru, item)

    world.spawn(MemcgOffliner(kernel, child), Script(kernel, add))


REACH = ("kfree kind=list_lru_one", "function name=list_lru_add")


@scenario(
    verdict=SOMETIMES, bug="B10", law="stranded_object", runs=500, delays=PREEMPTION,
    fixed="B10_skipped_list_fixed", reach=REACH,
)  # fmt: skip
def B10_skipped_list(world: World) -> None:
    """An object stays on the list of a memcg that went while it came (v5.18-rc1)."""
    object_comes_while_a_memcg_goes(world, SkipEmpty)


@scenario(verdict=NEVER, runs=500, delays=PREEMPTION, reach=REACH)
def B10_skipped_list_fixed(world: World) -> None:
    """The same with the count read under the lock."""
    object_comes_while_a_memcg_goes(world, ListLrus)
