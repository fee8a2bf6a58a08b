"""B15: what one memcg's GFP_NOFS reclaim deferred, another one pays for with half its cache.

"mm: shrink deferred objects proportional to priority", 18bb473e5031, and per-memcg counts,
3c6f17e6c5d0 (both v5.13). GFP_NOFS cannot scan a file system's cache, so each pass defers all that
it should have scanned, without end. The count is the shrinker's, and whoever may scan next takes
all of it: half of a cache of which priority 12 would have asked for a 4096th.

    reclaim of A, GFP_NOFS, priority 0      reclaim of B, GFP_KERNEL, priority 12
    SHRINK_STOP: deferred 2
                                            total_scan 2, of 4 objects: 2 are gone

One thread is enough. The batch is 2 instead of 1024, so that 4 objects stand for 2048. The bug is
the version's own: RwsemMap is v4.19 to v5.12, RwsemFlat is v5.13.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import object_of
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import RwsemFlat, RwsemMap
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.monitor import Event, Monitor, watches
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["B15_windup", "B15_windup_fixed"]


class OwnShare(Monitor):
    """A memcg loses no more than its own passes have asked for (delta), then or earlier."""

    law = "fairness"

    def __init__(self) -> None:
        self.asked: dict[Memcg, int] = {}

    @watches("mm_shrink_slab_start")
    def pass_begins(self, event: Event) -> None:
        memcg = event.fields["memcg"]
        self.asked[memcg] = self.asked.get(memcg, 0) + event.fields["delta"]

    @watches("mm_shrink_slab_end")
    def pass_ends(self, event: Event) -> None:
        memcg, freed = event.fields["memcg"], event.fields["retval"]
        if freed > self.asked[memcg]:
            self.violated(
                f"{memcg.name} loses {freed} objects, its own passes asked for "
                f"{self.asked[memcg]}: others deferred {event.fields['unused_scan']}",
                memcg, event.fields["shr"],
            )  # fmt: skip
        self.asked[memcg] -= freed


def one_defers_another_pays(world: World, version: type[Version]) -> None:
    """A has one object and is reclaimed with GFP_NOFS; then B, with four, is reclaimed lightly."""
    kernel, memcg, sb, _ = small(world, version)
    other = kernel.boot_memcg("B")
    for _ in range(4):
        object_of(kernel, sb, other)
    if sb.s_shrink is not None:
        sb.s_shrink.batch = 2
    world.judge(OwnShare())

    async def reclaim(cpu: Cpu) -> None:
        await kernel.version.shrink_slab(cpu, "GFP_NOFS", 0, memcg, 0)
        await kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, other, 12)

    world.spawn(Script(kernel, reclaim))


REACH = ("mm_shrink_slab_end memcg=A new_scan=2", "mm_shrink_slab_start memcg=B")


@scenario(verdict=ALWAYS, bug="B15", law="fairness", fixed="B15_windup_fixed", reach=REACH)
def B15_windup(world: World) -> None:
    """B loses half its cache for what A deferred (up to v5.12)."""
    one_defers_another_pays(world, RwsemMap)


@scenario(verdict=NEVER, reach=REACH)
def B15_windup_fixed(world: World) -> None:
    """The same with a count for each memcg, in proportion to the priority (v5.13)."""
    one_defers_another_pays(world, RwsemFlat)
