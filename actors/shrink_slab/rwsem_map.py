"""rwsem_map: v4.19 to v5.12, when memcgs had a map of bits and nothing else.

What differs from rwsem_flat, which came after it:

    deferred counts     the shrinker's own, one per node, for all memcgs together
    their arithmetic    all of it counts at every priority and it is never capped: it winds up
    the idr             an id leads to SHRINKER_REGISTERING until its shrinker is registered

The last two are what 18bb473e5031 and 41ca668a71e7 (v5.13) did away with. Bugs of those years are
told on this version; nothing else runs on it, so it is none of VERSIONS. Carried over from v5.13:
the info with its bound and its NULL check.

Source: mm/vmscan.c (v5.12): prealloc_memcg_shrinker(), register_shrinker_prepared(),
do_shrink_slab().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.arithmetic import windup_next_deferred, windup_total_scan
from slabrace.actors.messages import IdrReplace
from slabrace.actors.object import KernelObject, Part
from slabrace.actors.shrink_slab.rwsem_flat import RwsemFlat
from slabrace.actors.shrinker import NrDeferred, ShrinkControl, Shrinker, ShrinkerOps

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.memcg import Memcg

__all__ = ["RwsemMap"]


class Registering(Part):
    """SHRINKER_REGISTERING: a pointer that is compared and never followed."""

    __slots__ = ()
    kind = "sentinel"


class RwsemMap(RwsemFlat):
    """v4.19 to v5.12."""

    name = "rwsem_map"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.registering = Registering()
        self.registering.publish_in(kernel.world, "SHRINKER_REGISTERING")

    # -- a shrinker comes --------------------------------------------------------------

    def idr_entry(self, shrinker: Shrinker) -> KernelObject:
        """SHRINKER_REGISTERING, until it is registered."""
        return self.registering

    async def publish_id(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """From here on the id leads to the shrinker; only a memcg aware one has an id."""
        if shrinker.memcg_aware:
            await cpu.ask(self.kernel.shrinker_idr, IdrReplace(shrinker.id, shrinker))

    async def may_run(self, cpu: Cpu, shrinker: KernelObject) -> bool:
        """``shrinker != SHRINKER_REGISTERING``: no access to anything."""
        return shrinker is not self.registering

    # -- what it defers ----------------------------------------------------------------

    def boot_deferred(self, shrinker: Shrinker) -> None:
        """Counts of its own, memcg aware or not."""
        shrinker.nr_deferred = NrDeferred(shrinker, self.kernel.nodes)
        shrinker.nr_deferred.publish_in(self.kernel.world)

    async def shrinker_alloc(
        self, cpu: Cpu, name: str, ops: ShrinkerOps, *, memcg_aware: bool = False,
        numa_aware: bool = False, nonslab: bool = False, seeks: int = 2, batch: int = 0,
    ) -> Shrinker | None:  # fmt: skip
        """As later; a memcg aware one gets counts of its own, too."""
        shrinker = await super().shrinker_alloc(
            cpu, name, ops, memcg_aware=memcg_aware, numa_aware=numa_aware, nonslab=nonslab,
            seeks=seeks, batch=batch,
        )  # fmt: skip
        if shrinker is None or not memcg_aware:
            return shrinker
        nodes = self.kernel.nodes if numa_aware else 1
        shrinker.nr_deferred = cpu.kzalloc(lambda: NrDeferred(shrinker, nodes), "nr_deferred")
        if shrinker.nr_deferred is None:
            await self.free_prealloced_shrinker(cpu, shrinker)
            cpu.kfree(shrinker)
            return None
        return shrinker

    async def xchg_nr_deferred(self, cpu: Cpu, shrinker: Shrinker, sc: ShrinkControl) -> int:
        """Of the shrinker, whoever's objects they were."""
        return await self.take_own_deferred(cpu, shrinker, sc.nid if shrinker.numa_aware else 0)

    async def add_nr_deferred(
        self, cpu: Cpu, nr: int, shrinker: Shrinker, sc: ShrinkControl
    ) -> int:
        """To the shrinker, whoever will have to pay for it."""
        return await self.add_own_deferred(cpu, nr, shrinker, sc.nid if shrinker.numa_aware else 0)

    async def reparent_shrinker_deferred(self, cpu: Cpu, memcg: Memcg) -> None:
        """A memcg has nothing of its own to hand over (a178015cde69 is v5.13)."""

    def total_scan(self, nr: int, delta: int, freeable: int, priority: int) -> int:
        """All that was deferred; half the cache if this pass asks for little."""
        return windup_total_scan(nr, delta, freeable)

    def next_deferred(self, nr: int, delta: int, scanned: int, freeable: int) -> int:
        """Whatever is left, without a cap."""
        return windup_next_deferred(nr, delta, scanned)
