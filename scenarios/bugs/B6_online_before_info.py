"""B6: a memcg is seen online before its shrinker_info is (O9).

"mm: vmscan: guarantee shrinker_slab_memcg() sees valid shrinker_maps for online memcg", v2 3/9,
December 2020: a pair of barriers, dropped for a NULL check in the walk. CSS_ONLINE is a plain
store. The check is what the lockless walk still lives on; under shrinker_rwsem, which
alloc_shrinker_info() holds too since v5.13, the lock would do.

    mkdir B                                 walk of B
    rcu_assign_pointer(info)    (waits)
    css.flags |= CSS_ONLINE
                                            mem_cgroup_online(): yes
                                            info: NULL
    info                        (visible)

Memory models: pso shows it, sc and tso do not.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import linked
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import ReadUnit
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker_info import ShrinkerInfo, ShrinkerInfoUnit
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Memory
from slabrace.scenarios.small import PREEMPTION, UNIT_BITS

__all__ = ["B6_online_before_info", "B6_online_before_info_fixed"]


class NoNullCheck(RefcountRcu):
    """An online memcg is taken to have an info."""

    async def next_unit(
        self, cpu: Cpu, memcg: Memcg, nid: int, index: int
    ) -> ShrinkerInfoUnit | None:
        cpu.rcu_read_lock()
        pernode = memcg.nodeinfo[nid]
        info: ShrinkerInfo | None = await cpu.rcu_dereference(pernode, "shrinker_info")
        unit: ShrinkerInfoUnit | None = None
        if info is None:
            cpu.note("null_deref", cpu=cpu, where=pernode, what=f"{pernode.name}->shrinker_info")
        else:
            unit = await cpu.ask(info, ReadUnit(index))
        cpu.rcu_read_unlock()
        return unit


def online_under_a_walk(world: World, version: type[Version], memory: Memory) -> None:
    """B comes online while a walk of it begins."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS, memory=memory)
    memcg = linked(kernel, "B")

    async def online(cpu: Cpu) -> None:
        await kernel.lives.online_css(cpu, memcg)

    world.spawn(Script(kernel, online), SlabReclaimer(kernel, memcg))


REACH = ("shrinker_info_published", "function name=shrink_slab")


@scenario(
    verdict=SOMETIMES,
    bug="B6",
    law="null_deref",
    runs=1000,
    delays=PREEMPTION,
    fixed="B6_online_before_info_fixed",
    reach=REACH,
)
def B6_online_before_info(world: World, *, memory: Memory = "pso") -> None:
    """A walk of a memcg that has just come online finds no shrinker_info."""
    online_under_a_walk(world, NoNullCheck, memory)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def B6_online_before_info_fixed(world: World, *, memory: Memory = "pso") -> None:
    """The same with the NULL check."""
    online_under_a_walk(world, RefcountRcu, memory)
