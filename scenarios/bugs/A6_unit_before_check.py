"""A6: set_shrinker_bit() reads the unit of an id, and only then asks whether there is one.

"mm/shrinker: avoid out-of-bounds read in set_shrinker_bit()", 62b21c6f1d88 (2026). An id that no
info has room for is a bug of the caller, and warned about; the read comes before the warning:

    set_shrinker_bit(A, id >= map_nr_max)
      unit = info->unit[id / 64]                  beyond the array
      WARN_ON_ONCE(id >= info->map_nr_max)
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import UNIT_BITS, small

__all__ = ["A6_unit_before_check", "A6_unit_before_check_fixed"]


def id_without_room(world: World, version: type[Version]) -> None:
    """A list_lru with an id that nobody made room for gets its first object of A."""
    kernel, memcg, _, _ = small(world, version, with_object=False)

    async def add(cpu: Cpu) -> None:
        await kernel.version.set_shrinker_bit(cpu, memcg, 0, UNIT_BITS)

    world.spawn(Script(kernel, add), name="adder")


@scenario(
    verdict=ALWAYS, bug="A6", law="unit_index", fixed="A6_unit_before_check_fixed",
    reach="function name=set_shrinker_bit",
)  # fmt: skip
def A6_unit_before_check(world: World) -> None:
    """An id beyond map_nr_max is looked up out of bounds (as merged)."""
    id_without_room(world, RefcountRcu)


@scenario(verdict=NEVER, reach=("function name=set_shrinker_bit", "warn_on_once"))
def A6_unit_before_check_fixed(world: World) -> None:
    """The same with the check first: a warning."""
    id_without_room(world, RefcountRcuFixed)
