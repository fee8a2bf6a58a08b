"""B12: the deferred count is read and cleared by two plain accesses.

"vmscan: shrinker->nr updates race and go wrong", acf92b485ccc (v3.1). Two walks take the same work,
and both give it back: it is done twice, or, in another order, not at all.

    reclaim                       reclaim
    nr = shrinker->nr      4
                                  nr = shrinker->nr      4
    shrinker->nr = 0
                                  shrinker->nr = 0
    shrinker->nr += 4             shrinker->nr += 4      8

Told on the version of v4.19 to v5.12, where the count is the shrinker's own, too; v3.0 gave back
by a plain read and write as well, here that is atomic.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import deferred, object_of
from slabrace.actors.messages import DeferredRead, DeferredWrite
from slabrace.actors.shrink_slab import RwsemMap
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["B12_lost_update", "B12_lost_update_fixed"]


class PlainNr(RwsemMap):
    """``nr = shrinker->nr; shrinker->nr = 0``."""

    async def take_own_deferred(self, cpu: Cpu, shrinker: Shrinker, nid: int) -> int:
        taken: int = await cpu.ask(shrinker.own_nr_deferred, DeferredRead(nid))
        await cpu.ask(shrinker.own_nr_deferred, DeferredWrite(nid, 0))
        self.note_own_deferred(cpu, "own_nr_deferred_take", shrinker, nid, taken)
        return taken


def two_walks(world: World, version: type[Version]) -> None:
    """4 objects of S are deferred and one is cached: two walks of the root find too few to scan."""
    kernel, _, sb, _ = small(world, version, with_object=False)
    root = kernel.root_mem_cgroup
    object_of(kernel, sb, root)
    deferred(sb, 4)
    world.spawn(SlabReclaimer(kernel, root, priority=12), SlabReclaimer(kernel, root, priority=12))


REACH = "mm_shrink_slab_start nr_objects_to_shrink=4"


@scenario(
    verdict=SOMETIMES, bug="B12", law="deferred_conservation", runs=200,
    fixed="B12_lost_update_fixed", reach=REACH,
)  # fmt: skip
def B12_lost_update(world: World) -> None:
    """Deferred work is counted twice (up to v3.0)."""
    two_walks(world, PlainNr)


@scenario(verdict=NEVER, runs=200, reach=REACH)
def B12_lost_update_fixed(world: World) -> None:
    """The same with xchg()."""
    two_walks(world, RwsemMap)
