"""D16: three ways to break the contract between lookup and free.

The walk looks a shrinker up and takes its reference in one RCU section; shrinker_free() takes the
id away and frees after a grace period that begins later. Each half relies on the other:

    D16_idr_find_without_rcu         the section is missing
    D16_kfree_instead_of_call_rcu    the grace period is missing
    D16_idr_remove_after_free        the id is taken away too late
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import registered, stale_bit
from slabrace.actors.kernel import Kernel
from slabrace.actors.messages import IdrFind, IdrRemove
from slabrace.actors.rculist import list_del_rcu
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.shrinker_info import ShrinkerInfoUnit
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.cache import Cache
from slabrace.scenarios.small import PREEMPTION, UNIT_BITS

__all__ = [
    "D16_idr_find_without_rcu", "D16_idr_remove_after_free", "D16_kfree_instead_of_call_rcu",
    "D16_lookup_fixed",
]  # fmt: skip


class NoSection(RefcountRcu):
    """idr_find() and shrinker_try_get() outside RCU."""

    async def shrinker_get(
        self, cpu: Cpu, unit: ShrinkerInfoUnit, offset: int, id_: int
    ) -> Shrinker | None:
        shrinker: Shrinker | None = await cpu.ask(self.kernel.shrinker_idr, IdrFind(id_))
        if shrinker is None or not await self.shrinker_try_get(cpu, shrinker):
            await self.forget(cpu, unit, offset)
            return None
        return shrinker


class NoGracePeriod(RefcountRcu):
    """kfree() at the end of shrinker_free()."""

    def free_shrinker_memory(self, cpu: Cpu, shrinker: Shrinker) -> None:
        cpu.kfree(shrinker)


class IdLast(RefcountRcu):
    """The id goes when a grace period for the memory is already under way."""

    async def shrinker_free(self, cpu: Cpu, shrinker: Shrinker) -> None:
        cpu.ftrace("shrinker_free")
        await self.shrinker_put(cpu, shrinker)
        await self.wait_for_users(cpu, shrinker)
        await self.lock_shrinkers(cpu)
        await list_del_rcu(cpu, shrinker)
        cpu.write_once(shrinker, "registered", False)
        self.unlock_shrinkers(cpu)
        cpu.note("shrinker_gone", shrinker=shrinker)
        self.free_shrinker_memory(cpu, shrinker)
        await cpu.ask(self.kernel.shrinker_idr, IdrRemove(shrinker.id))


def shrinker_goes_under_a_lookup(world: World, version: type[Version]) -> None:
    """S, whose bit A has and which counts nothing, goes while a walk of A looks its id up."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS)
    memcg = kernel.boot_memcg("A")
    shrinker = registered(kernel, "S", Cache(kernel), memcg_aware=True)
    stale_bit(kernel, memcg, shrinker.id)
    world.spawn(
        SlabReclaimer(kernel, memcg),
        Script(kernel, lambda cpu: kernel.version.shrinker_free(cpu, shrinker)),
    )


BUDGET = 1000
REACH = ("kfree kind=shrinker", "shrinker_called")


@scenario(
    verdict=SOMETIMES, bug="D16", law="use_after_free", runs=BUDGET, delays=PREEMPTION,
    fixed="D16_lookup_fixed", reach=REACH,
)  # fmt: skip
def D16_idr_find_without_rcu(world: World) -> None:
    """The shrinker is freed between idr_find() and shrinker_try_get()."""
    shrinker_goes_under_a_lookup(world, NoSection)


@scenario(
    verdict=SOMETIMES, bug="D16", law="use_after_free", runs=BUDGET, delays=PREEMPTION,
    fixed="D16_lookup_fixed", reach=REACH,
)  # fmt: skip
def D16_kfree_instead_of_call_rcu(world: World) -> None:
    """The shrinker is freed under the section of a walk that looked it up."""
    shrinker_goes_under_a_lookup(world, NoGracePeriod)


@scenario(
    verdict=SOMETIMES, bug="D16", law="use_after_free", runs=BUDGET, delays=PREEMPTION,
    fixed="D16_lookup_fixed", reach=REACH,
)  # fmt: skip
def D16_idr_remove_after_free(world: World) -> None:
    """A walk finds the id of a shrinker whose grace period has passed."""
    shrinker_goes_under_a_lookup(world, IdLast)


@scenario(verdict=NEVER, runs=BUDGET, delays=PREEMPTION, reach=REACH)
def D16_lookup_fixed(world: World) -> None:
    """The same with all three in their places."""
    shrinker_goes_under_a_lookup(world, RefcountRcu)
