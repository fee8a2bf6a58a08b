"""D6: an info is told the highest id it was made for, and is not replaced for the next ones.

Review of SRCU v2 1/7 ("add a map_nr_max field to shrinker_info"): map_nr_max = new_id + 1, but
expansion happens only where a new word of the map begins. Ids 1 to 63 are beyond the bound of every
info: their shrinkers are never called. Nothing crashes, and one CPU is enough.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import Srcu
from slabrace.actors.tasks import Mounter
from slabrace.actors.version import Version
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import UNIT_BITS

__all__ = ["D6_invisible_ids", "D6_invisible_ids_fixed"]


class ExactBound(Srcu):
    """need_expand() of v2: a bound that is not rounded up, and words that are."""

    async def expand_shrinker_info(self, cpu: Cpu, new_id: int) -> bool:
        if new_id % self.kernel.unit_bits:  # the word is there
            cpu.write_once(self.kernel.globals, "shrinker_nr_max", new_id + 1)
            return True
        return await self.expand_all(cpu, new_id + 1)


def two_mounts(world: World, version: type[Version]) -> None:
    """The first two mounts of all: ids 0 and 1, one word."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS)
    world.spawn(Mounter(kernel, "S", "T"))


REACH = ("shrinker_registered shrinker=sb-T",)


@scenario(
    verdict=ALWAYS, bug="D6", law="info_covers_ids", fixed="D6_invisible_ids_fixed", reach=REACH
)
def D6_invisible_ids(world: World) -> None:
    """The second shrinker has an id that no info covers: no walk will ever find it."""
    two_mounts(world, ExactBound)


@scenario(verdict=NEVER, reach=REACH)
def D6_invisible_ids_fixed(world: World) -> None:
    """The same with the bound rounded up to the word."""
    two_mounts(world, Srcu)
