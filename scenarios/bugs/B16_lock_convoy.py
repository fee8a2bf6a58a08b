"""B16: a walk goes on although a writer waits for it.

"mm: do not stall register_shrinker()", e496612c5130 (v4.15): a mount waited for tens of seconds,
for a walk over all shrinkers to end. Since then a walk leaves as soon as it sees a writer wait.

    reclaim of A                            register T
    down_read_trylock
                                            down_write: waits
    S, S1, and all the others there are
    up_read

v4.14 walked all shrinkers for every memcg; here it is those of A's bits. What is broken is a bound:
a writer may have to wait for the visit that is under way, not for a second one.
"""

from __future__ import annotations

from typing import Final

from slabrace.actors.boot import Answers
from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, set_bit
from slabrace.actors.shrink_slab import RwsemFlat
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.monitor import Event, Monitor, watches
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["B16_lock_convoy", "B16_lock_convoy_fixed"]

VISITS: Final = 1
"""Shrinkers that may be visited while a writer waits: the one that is being visited."""


class NoBailOut(RwsemFlat):
    """No rwsem_is_contended()."""

    async def contended(self, cpu: Cpu) -> bool:
        return False


class WriterWaits(Monitor):
    """No more than ``VISITS`` shrinkers are visited while somebody waits for shrinker_rwsem."""

    law = "lock_convoy"

    def __init__(self) -> None:
        self.waiting = False
        self.visited: dict[Shrinker, None] = {}

    @watches("contention_begin", relates="")
    def begins(self, event: Event) -> None:
        if event.fields["lock"].name == "shrinker_rwsem":
            self.waiting = True

    @watches("contention_end", relates="")
    def ends(self, event: Event) -> None:
        if event.fields["lock"].name == "shrinker_rwsem":
            self.waiting = False
            self.visited = {}

    @watches("shrinker_called", relates="")
    def called(self, event: Event) -> None:
        if self.waiting:
            self.visited[event.fields["shrinker"]] = None
            if len(self.visited) > VISITS:
                names = ", ".join(shrinker.name for shrinker in self.visited)
                self.violated(
                    f"a writer waits for shrinker_rwsem while {event.fields['cpu'].name} visits "
                    f"{names}",
                    event.fields["cpu"],
                )


def register_under_a_walk(world: World, version: type[Version]) -> None:
    """A has the bits of two mounts and is reclaimed while a driver registers a shrinker."""
    kernel, memcg, sb, _ = small(world, version, with_object=False)
    for each in (sb, mounted(kernel, "S1")):
        set_bit(kernel, each, memcg)
    world.judge(WriterWaits())

    async def register(cpu: Cpu) -> None:
        shrinker = await kernel.version.shrinker_alloc(cpu, "T", Answers(0))
        if shrinker is not None:
            await kernel.version.shrinker_register(cpu, shrinker)

    world.spawn(SlabReclaimer(kernel, memcg), Script(kernel, register))


REACH = ("contention_begin", "shrinker_called", "shrinker_registered")


@scenario(
    verdict=SOMETIMES, bug="B16", law="lock_convoy", runs=200, fixed="B16_lock_convoy_fixed",
    reach=REACH,
)  # fmt: skip
def B16_lock_convoy(world: World) -> None:
    """A registration waits until a walk has visited every shrinker (v4.14)."""
    register_under_a_walk(world, NoBailOut)


@scenario(verdict=NEVER, runs=200, reach=REACH)
def B16_lock_convoy_fixed(world: World) -> None:
    """The same with a walk that leaves when a writer waits."""
    register_under_a_walk(world, RwsemFlat)
