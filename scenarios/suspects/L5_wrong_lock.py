"""L5: an item is deleted under the lock of the parent's list while it is on the child's.

kernel.md 6.F, an inference by reading fb56fdf8b9a2 (v6.13, one lock per list): no upstream
confirmation. Reparenting empties the memcg's slot in the xarray before it takes the list's lock, so
two lookups of one list can lock two.

    list_lru_add(X)         reparent C              list_lru_del(Y), Y is X's neighbour
    lookup: list of C
    locks it
                            xas_store(C, NULL)
                                                    lookup: nothing for C, so list of A
                                                    locks that
    links X behind Y                                unlinks Y: the same two pointers

Up to v6.12 both held the lock of the node, whichever list they found.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import lists_of, set_bit
from slabrace.actors.list_links import ListCorruption, NamedItem
from slabrace.actors.list_lru import ListLru, ListLruOne
from slabrace.actors.list_lrus_percg import FixedPercgListLrus, PercgMemcgLife
from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import XaErase, XaLoad
from slabrace.actors.shrink_slab import RefcountRcuFixed
from slabrace.actors.tasks import Script
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, small

__all__ = ["L5_wrong_lock", "L5_wrong_lock_emptied_last"]

RUNS = 2000
REACH = (
    "function name=list_lru_add", "function name=list_lru_del",
    "function name=memcg_reparent_list_lrus", "kfree kind=list_lru_one",
)  # fmt: skip


class EmptiedLast(FixedPercgListLrus):
    """A candidate fix: the slot is emptied when every list in it is marked dead.

    Until then a lookup finds the child's list: alive, and then its lock is the right one, or dead,
    and then it goes on with the parent. No list can be stored meanwhile, since the memcg is dying.
    """

    async def memcg_reparent_list_lru(
        self, cpu: Cpu, lru: ListLru, source: int, parent: Memcg
    ) -> None:
        lists: list[ListLruOne] | None = await cpu.ask(lru, XaLoad(source))
        if lists is None:
            return
        for nid in range(self.kernel.nodes):
            await self.memcg_reparent_list_lru_node(cpu, lru, nid, lists[nid], parent)
        await cpu.ask(lru, XaErase(source))
        for one in lists:
            cpu.kvfree_rcu(one)


def edits_under_reparenting(world: World, list_lrus: type[FixedPercgListLrus]) -> None:
    """Y is on the list of A/C, which is dying: X is added, Y deleted, the list reparented."""
    kernel, memcg, sb, _ = small(
        world, RefcountRcuFixed, with_object=False, list_lrus=list_lrus, lives=PercgMemcgLife
    )
    child = kernel.boot_memcg("C", memcg)
    child.css_dying = True  # kill_css() was long ago
    objcg = child.objcg
    x, y = (NamedItem(objcg, 0, name) for name in ("X", "Y"))
    kernel.list_lrus.boot_add(lists_of(kernel, sb, child)[0], y)
    set_bit(kernel, sb, child)
    lru = sb.inode_lru
    kernel.list_lrus.lrus.pop(sb.dentry_lru)  # nothing is ever on it
    world.judge(ListCorruption(kernel))

    async def add(cpu: Cpu) -> None:
        await kernel.list_lrus.list_lru_add(cpu, lru, x)

    async def delete(cpu: Cpu) -> None:
        await kernel.list_lrus.list_lru_del(cpu, lru, y)

    async def reparent(cpu: Cpu) -> None:
        """memcg_offline_kmem(), which css_offline() begins with."""
        await kernel.list_lrus.memcg_reparent_list_lrus(cpu, child)

    world.spawn(Script(kernel, add), Script(kernel, reparent), Script(kernel, delete))


@scenario(
    verdict=SOMETIMES, kind="suspect", bug="L5", law="list_corruption", runs=RUNS,
    delays=PREEMPTION, fixed="L5_wrong_lock_emptied_last", reach=REACH,
)  # fmt: skip
def L5_wrong_lock(world: World) -> None:
    """Two CPUs edit one list under two locks while its memcg is reparented."""
    edits_under_reparenting(world, FixedPercgListLrus)


@scenario(verdict=NEVER, runs=RUNS, delays=PREEMPTION, reach=REACH)
def L5_wrong_lock_emptied_last(world: World) -> None:
    """The same where the slot is emptied after the lists are dead."""
    edits_under_reparenting(world, EmptiedLast)
