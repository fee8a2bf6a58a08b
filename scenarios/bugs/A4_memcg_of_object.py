"""A4: the memcg of an object is looked up outside of RCU and used inside.

"mm: list_lru: fix UAF for memory cgroup", 5161b48712dc (v6.11), CVE-2024-43888, fixes 0a97c01cd20b
(v6.8), which had moved the lookup out of list_lru_add() and into list_lru_add_obj().

    list_lru_add_obj                        rmdir C
      memcg = C   (of the object's objcg)
                                              objcgs to the parent, last css_put
                                              grace period, mem_cgroup_css_free(C)
      list_lru_add(memcg)
        spin_lock
        memcg->kmemcg_id                    C is freed

The spinlock keeps preemption off, which a grace period waits for as for any reader: what is open is
the stretch before it.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import lists_of
from slabrace.actors.list_lru import Item, ListLru
from slabrace.actors.list_lrus import ListLrus
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import RefcountRcuFixed
from slabrace.actors.shrink_slab.refcount_rcu_fixed import FixedListLrus
from slabrace.actors.tasks import Script
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["A4_memcg_of_object", "A4_memcg_of_object_fixed"]


class LookupWithoutRcu(FixedListLrus):
    """v6.8 to v6.10: mem_cgroup_from_slab_obj() with nothing held."""

    async def list_lru_add(self, cpu: Cpu, lru: ListLru, item: Item) -> bool:
        cpu.ftrace("list_lru_add")
        memcg: Memcg = await cpu.read_once(item.objcg, "memcg")
        cpu.rcu_read_lock()  # spin_lock(): preempt_disable()
        added = await self.list_lru_add_memcg(cpu, lru, item, memcg)
        cpu.rcu_read_unlock()
        return added


def add_while_a_memcg_is_freed(world: World, list_lrus: type[ListLrus]) -> None:
    """A/C, whose rmdir every CPU has seen, is taken offline and freed while an object is added."""
    kernel, memcg, sb, _ = small(world, RefcountRcuFixed, with_object=False, list_lrus=list_lrus)
    child = kernel.boot_memcg("C", memcg)
    lists_of(kernel, sb, child)
    item = kernel.new_item(child, 0)
    child.css_dying = True

    async def add(cpu: Cpu) -> None:
        await kernel.list_lrus.list_lru_add(cpu, sb.inode_lru, item)

    async def offline(cpu: Cpu) -> None:
        await kernel.lives.css_killed_work_fn(cpu, child)

    world.spawn(Script(kernel, offline), name="offliner")
    world.spawn(Script(kernel, add), name="adder")


PREEMPTED = ("from=adder for=20..100 p=0.3",)  # as PREEMPTION, of the one whom it takes
REACH = ("kfree kind=mem_cgroup", "function name=list_lru_add")


@scenario(
    verdict=SOMETIMES, bug="A4", law="use_after_free", runs=500, delays=PREEMPTED,
    fixed="A4_memcg_of_object_fixed", reach=REACH,
)  # fmt: skip
def A4_memcg_of_object(world: World) -> None:
    """A memcg is freed between the lookup for an object and its use (v6.10)."""
    add_while_a_memcg_is_freed(world, LookupWithoutRcu)


@scenario(verdict=NEVER, runs=500, delays=PREEMPTED, reach=REACH)
def A4_memcg_of_object_fixed(world: World) -> None:
    """The same with lookup and use in one section."""
    add_while_a_memcg_is_freed(world, FixedListLrus)
