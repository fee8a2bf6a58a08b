"""D11: the map is copied like the counts, instead of being filled with ones.

The same remark as D10's, of the bits; the fill is older than the lockless walks, since
set_shrinker_bit() never took the lock.

    list_lru_add for A                  expand
    info = old
                                        memcpy: S's bit is clear
                                        publish new
    set_bit in old                      A's object is never reclaimed
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.flat_info import FlatShrinkerInfo
from slabrace.actors.initial import lists_of
from slabrace.actors.shrink_slab import Srcu
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import PREEMPTION, expand, small

__all__ = ["D11_copied_map", "D11_copied_map_fixed"]


class CopiedMap(Srcu):
    """memcpy() for memset(0xff)."""

    async def copy_info(self, cpu: Cpu, new: FlatShrinkerInfo, old: FlatShrinkerInfo) -> None:
        bits: int = await cpu.read_once(old, "map")
        await super().copy_info(cpu, new, old)
        new.map = bits


def expansion_under_an_add(world: World, version: type[Version]) -> None:
    """A's first object in S comes while A's info is replaced; its lists are there since long."""
    kernel, memcg, sb, _ = small(world, version, with_object=False)
    lists_of(kernel, sb, memcg)
    item = kernel.new_item(memcg, 0)

    async def add(cpu: Cpu) -> None:
        await kernel.list_lrus.list_lru_add(cpu, sb.inode_lru, item)

    world.spawn(Script(kernel, add), Script(kernel, expand))


REACH = ("kfree kind=shrinker_info", "function name=set_shrinker_bit")


@scenario(
    verdict=SOMETIMES, bug="D11", law="lost_bit", runs=1000, delays=PREEMPTION,
    fixed="D11_copied_map_fixed", reach=REACH,
)  # fmt: skip
def D11_copied_map(world: World) -> None:
    """A bit that is set while the map is copied is not in the copy."""
    expansion_under_an_add(world, CopiedMap)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def D11_copied_map_fixed(world: World) -> None:
    """The same with all old bits set in the new map."""
    expansion_under_an_add(world, Srcu)
