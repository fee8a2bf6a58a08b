"""D7: an expansion returns at the first node that is large enough already.

Review of SRCU v3 1/8: ``return 0`` for ``continue``. A node is large enough before its memcg is
when an earlier expansion failed between the two.

    mount T: id 2                    node 0 expanded, node 1: -ENOMEM
    mount U: id 2                    node 0 is large enough: done. shrinker_nr_max = 4

Node 1 stays small: a walk or a bit of id 2 there is out of bounds, or lost.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.flat_info import FlatShrinkerInfo
from slabrace.actors.initial import mounted
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import Srcu
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import UNIT_BITS, expand

__all__ = ["D7_first_node_only", "D7_first_node_only_fixed"]


class FirstNodeOnly(Srcu):
    """The loop over the nodes ends where it should go on."""

    async def expand_one_shrinker_info(self, cpu: Cpu, memcg: Memcg, new_nr_max: int) -> bool:
        for pernode in memcg.nodeinfo:
            old: FlatShrinkerInfo | None = await cpu.rcu_dereference_protected(
                pernode, "shrinker_info", self.lock
            )
            if old is None or new_nr_max <= await cpu.read_once(old, "map_nr_max"):
                return True
            if not await self.replace_info(cpu, pernode, old, new_nr_max):
                return False
        return True


def expansion_is_tried_twice(world: World, version: type[Version]) -> None:
    """Two nodes, one info that may fail to be allocated, and the root alone."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS, nodes=2, faults=1, failing="shrinker_info")
    mounted(kernel, "S")
    world.spawn(Script(kernel, expand, expand))


REACH = ("kmalloc_failed what=shrinker_info", "shrinker_info_published")


@scenario(
    verdict=SOMETIMES, bug="D7", law="info_covers_ids", runs=50,
    fixed="D7_first_node_only_fixed", reach=REACH,
)  # fmt: skip
def D7_first_node_only(world: World) -> None:
    """After an expansion that failed half way, the next one leaves the other node small."""
    expansion_is_tried_twice(world, FirstNodeOnly)


@scenario(verdict=NEVER, runs=50, reach=REACH)
def D7_first_node_only_fixed(world: World) -> None:
    """The same with all nodes looked at."""
    expansion_is_tried_twice(world, Srcu)
