"""A8: the larger info comes uninitialised, and its garbage is freed when there are no units for it.

"mm: shrinker: use kvzalloc_node() from expand_one_shrinker_info()", 7fba9420b726 (v6.7). The series
took kvmalloc_node() there, since every word is written later. It is not if a unit cannot be had.
One mount is enough:

    expand_one_shrinker_info
      new = kvmalloc_node()               unit[]: what was there before
      memcpy(new->unit, old->unit)        the first words only
      shrinker_unit_alloc: -ENOMEM
        shrinker_unit_free(new, start)    kfree(garbage)
"""

from __future__ import annotations

from typing import Any

from slabrace.actors.cpu import Cpu
from slabrace.actors.memcg import MemcgPerNode
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker_info import ShrinkerInfo
from slabrace.actors.tasks import Mounter
from slabrace.actors.version import Version
from slabrace.actors.wild import Wild
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["A8_garbage_units", "A8_garbage_units_fixed"]


class Kvmalloc(RefcountRcu):
    """kvmalloc_node(): every pointer to a unit is garbage until it is written."""

    def alloc_larger_info(
        self, cpu: Cpu, pernode: MemcgPerNode, new_nr_max: int
    ) -> ShrinkerInfo | None:
        new = super().alloc_larger_info(cpu, pernode, new_nr_max)
        if new is not None:
            unit: list[Any] = new.unit
            for index in range(len(unit)):
                unit[index] = Wild(self.kernel.world, f"{new.name}.unit[{index}]")
        return new


def expansion_fails(world: World, version: type[Version]) -> None:
    """A mount needs room, and there may be no memory for one unit."""
    kernel, *_ = small(
        world, version, mounts=2, with_object=False, faults=1, failing="shrinker_info_unit"
    )
    world.spawn(Mounter(kernel, "T"))


REACH = "kmalloc_failed what=shrinker_info_unit"


@scenario(
    verdict=SOMETIMES, bug="A8", law="wild_pointer", runs=50, fixed="A8_garbage_units_fixed",
    reach=REACH,
)  # fmt: skip
def A8_garbage_units(world: World) -> None:
    """A failed expansion frees pointers that were never stored (the series before v6.7)."""
    expansion_fails(world, Kvmalloc)


@scenario(verdict=NEVER, runs=50, reach=REACH)
def A8_garbage_units_fixed(world: World) -> None:
    """The same with zeroed memory: what is NULL is not freed."""
    expansion_fails(world, RefcountRcu)
