"""D4: a ``registered`` flag, stored and loaded once, is the gate to a new shrinker.

Review of v2 44/47 of the series, 2023: READ_ONCE() and WRITE_ONCE() keep the compiler from tearing,
and order nothing.

    shrinker_alloc, register                walk of A, an old bit
    count_objects = f          (waits)
    WRITE_ONCE(registered, 1)
                                            idr_find, READ_ONCE(registered): 1
                                            count_objects: NULL
    count_objects = f          (visible)

Memory models: pso shows it, sc and tso do not.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.messages import RefcountSet
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker import Shrinker, ShrinkerOps
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Memory
from slabrace.scenarios.publication import registered_under_a_walk
from slabrace.scenarios.small import PREEMPTION

__all__ = ["D4_registered_flag", "D4_registered_flag_fixed"]


class FlagIsTheGate(RefcountRcu):
    """The refcount is 1 from the beginning; the flag says who may take a reference.

    A gate has two ends and stands in the place of another: more than one verb.
    """

    async def shrinker_alloc(
        self, cpu: Cpu, name: str, ops: ShrinkerOps, *, memcg_aware: bool = False,
        numa_aware: bool = False, nonslab: bool = False, seeks: int = 2, batch: int = 0,
    ) -> Shrinker | None:  # fmt: skip
        shrinker = await super().shrinker_alloc(
            cpu, name, ops, memcg_aware=memcg_aware, numa_aware=numa_aware, nonslab=nonslab,
            seeks=seeks, batch=batch,
        )  # fmt: skip
        if shrinker is not None:
            await cpu.ask(shrinker, RefcountSet(1))
        return shrinker

    async def open_gate(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """``registered`` was the gate: mark_registered()."""

    async def shrinker_try_get(self, cpu: Cpu, shrinker: Shrinker) -> bool:
        registered: bool = await cpu.read_once(shrinker, "registered")
        return registered and await super().shrinker_try_get(cpu, shrinker)


class ReleasedFlag(FlagIsTheGate):
    """The flag is stored with release; that loads stay in order is the other half."""

    def mark_registered(self, cpu: Cpu, shrinker: Shrinker) -> None:
        cpu.smp_store_release(shrinker, "registered", True)  # pairs with shrinker_try_get()


REACH = ("function name=do_shrink_slab", "shrinker_registered")


@scenario(
    verdict=SOMETIMES,
    bug="D4",
    law="null_deref",
    runs=1000,
    delays=PREEMPTION,
    fixed="D4_registered_flag_fixed",
    reach=REACH,
)
def D4_registered_flag(world: World, *, memory: Memory = "pso") -> None:
    """A walk sees a shrinker registered before it sees its callbacks."""
    registered_under_a_walk(world, FlagIsTheGate, memory)


@scenario(verdict=NEVER, runs=1000, delays=PREEMPTION, reach=REACH)
def D4_registered_flag_fixed(world: World, *, memory: Memory = "pso") -> None:
    """The same with a flag that is stored with release."""
    registered_under_a_walk(world, ReleasedFlag, memory)
