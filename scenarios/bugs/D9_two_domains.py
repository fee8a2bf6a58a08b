"""D9: the old info is freed after a grace period of SRCU, and one of its readers is under RCU.

Sultan Alsawaf in review (2021): shrinker_info was "used under both SRCU and RCU". A grace period of
one domain says nothing of readers in the other.

    set_shrinker_bit(A)                expand
    rcu_read_lock(), info = old
                                       publish new, call_srcu(old)
                                       grace period of shrinker_srcu: no reader. kvfree(old)
    set_bit in old: freed
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.flat_info import FlatShrinkerInfo
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import Srcu
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, expand, small

__all__ = ["D9_two_domains", "D9_two_domains_fixed"]


class MarkUnderRcu(Srcu):
    """set_shrinker_bit() as it was before the walks left RCU for SRCU."""

    async def set_shrinker_bit(self, cpu: Cpu, memcg: Memcg, nid: int, id_: int) -> None:
        cpu.ftrace("set_shrinker_bit")
        cpu.rcu_read_lock()
        info: FlatShrinkerInfo = await cpu.rcu_dereference(memcg.nodeinfo[nid], "shrinker_info")
        await self.mark(cpu, info, id_)
        cpu.rcu_read_unlock()


def expansion_under_set_shrinker_bit(world: World, version: type[Version]) -> None:
    """A's bit of S is set while A's info is replaced."""
    kernel, memcg, _, _ = small(world, version, with_object=False)

    async def mark(cpu: Cpu) -> None:
        await kernel.version.set_shrinker_bit(cpu, memcg, 0, 0)

    world.spawn(Script(kernel, mark), Script(kernel, expand))


REACH = ("kfree kind=shrinker_info", "function name=set_shrinker_bit")


@scenario(
    verdict=SOMETIMES, bug="D9", law="use_after_free", runs=1000, delays=PREEMPTION,
    fixed="D9_two_domains_fixed", reach=REACH,
)  # fmt: skip
def D9_two_domains(world: World) -> None:
    """A bit is set in an info that was freed after the other domain's grace period."""
    expansion_under_set_shrinker_bit(world, MarkUnderRcu)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def D9_two_domains_fixed(world: World) -> None:
    """The same with set_shrinker_bit() under SRCU, too, as merged."""
    expansion_under_set_shrinker_bit(world, Srcu)
