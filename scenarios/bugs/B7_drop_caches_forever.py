"""B7: drop_caches goes on while a round frees more than 10 objects, and a round always does.

"mm/vmscan: fix infinite loop in drop_slab_node", 069c411de40a (v5.10). On a machine with 10,000
memcgs somebody always caches as much as one round frees; a process had been in the loop for weeks.
Since then each round has to free twice as much as the one before to be followed by another.

One thread is enough, beside the users, who are the cache's own doing here.
"""

from __future__ import annotations

from typing import Final

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted
from slabrace.actors.kernel import Kernel
from slabrace.actors.reclaim import drop_slab_node
from slabrace.actors.shrink_slab import RwsemMap
from slabrace.actors.shrinker import ShrinkControl
from slabrace.actors.superblock import SuperBlock
from slabrace.actors.tasks import DropCaches
from slabrace.runtime.monitor import Event, Monitor, watches
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import UNIT_BITS

__all__ = ["B7_drop_caches_forever", "B7_drop_caches_forever_fixed"]

CACHED: Final = 11
"""Objects that the users have cached again by the time of each round: one more than 10."""

ROUNDS: Final = 65
"""No count of 64 bits is above 1 after so many shifts: more rounds there cannot be."""


class MoreThanTen(DropCaches):
    """drop_slab() with the loop of drop_slab_node(), up to v5.9."""

    async def main(self) -> None:
        for nid in range(self.kernel.nodes):
            freed = CACHED
            while freed > 10:
                freed = await drop_slab_node(self, nid)


class BusyFileSystem(SuperBlock):
    """Whatever is dropped is cached again at once."""

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        return CACHED

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        return CACHED


class EndOfDropCaches(Monitor):
    """A write to drop_caches returns after at most ``ROUNDS`` rounds."""

    law = "liveness"

    def __init__(self) -> None:
        self.rounds = 0

    @watches("drop_slab_node")
    def round_made(self, event: Event) -> None:
        self.rounds += 1
        if self.rounds > ROUNDS:
            self.violated(
                f"{event.actor.name} makes round {self.rounds} of drop_caches; the last one freed "
                f"{event.fields['freed']} objects",
                event.actor,
            )


def busy_machine(world: World, task: type[DropCaches]) -> None:
    """A busy file system S, and drop_caches."""
    kernel = Kernel(world, RwsemMap, unit_bits=UNIT_BITS)
    mounted(kernel, "S", BusyFileSystem)
    world.judge(EndOfDropCaches())
    world.spawn(task(kernel))


REACH = f"drop_slab_node freed={CACHED}"


@scenario(
    verdict=ALWAYS, bug="B7", law="liveness", fixed="B7_drop_caches_forever_fixed", reach=REACH
)
def B7_drop_caches_forever(world: World) -> None:
    """drop_caches never ends while others cache as fast as it drops (up to v5.9)."""
    busy_machine(world, MoreThanTen)


@scenario(verdict=NEVER, reach=REACH)
def B7_drop_caches_forever_fixed(world: World) -> None:
    """The same with ``(freed >> shift++) > 1``."""
    busy_machine(world, DropCaches)
