"""srcu: the first lockless attempt, v6.4-rc1 to rc6 (f95bdb700bc6 global, caa05325c9126 memcg).

A walk is one section of the domain ``shrinker_srcu``, which may sleep, so callbacks run inside it
and need no refcount. Unregistering takes the shrinker away and waits for a grace period of that
domain: that wait is what made umount slow and the attempt be reverted (kernel.md 5.2). A generation
that it counts up tells walks to leave their section soon; the memcg walk enters another one and
goes on at the next id.

shrinker_info is still one map. Its bits are safe: set_shrinker_bit() reads it under SRCU, too, the
old info is freed by call_srcu(), and the new one starts full of ones. Its deferred counts are not:
they are copied while a walk takes and leaves them, and what it leaves in the old info is lost
(kernel.md D10). This is as it was; it is why units came (307bececcd12).

Source: mm/vmscan.c (v6.4-rc1): shrink_slab(), shrink_slab_memcg(), set_shrinker_bit(),
expand_one_shrinker_info(), unregister_shrinker().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.arithmetic import SHRINK_EMPTY
from slabrace.actors.flat_info import FlatInfo, FlatShrinkerInfo
from slabrace.actors.messages import FindNextBit, Kfree, SetBit
from slabrace.actors.object import Part
from slabrace.actors.shrink_slab.registered_visit import RegisteredVisit
from slabrace.actors.shrinker import ListHead, ShrinkControl, Shrinker
from slabrace.actors.shrinker_life import RwsemLife
from slabrace.actors.shrinker_mutex import ShrinkerMutex
from slabrace.actors.srcu import SrcuStruct

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.memcg import Memcg

__all__ = ["Srcu"]


class Generation(Part):
    """shrinker_srcu_generation."""

    __slots__ = ("counter",)
    kind = "atomic_t"

    def __init__(self) -> None:
        self.counter = 0


class Srcu(RegisteredVisit, FlatInfo, RwsemLife, ShrinkerMutex):
    """v6.4-rc1. The lock of the writers is shrinker_mutex (cf2e309ebca7)."""

    name = "srcu"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.shrinker_srcu = kernel.world.add(SrcuStruct(), "shrinker_srcu")
        self.generation = kernel.world.add(Generation(), "shrinker_srcu_generation")

    # -- the memcg walk ----------------------------------------------------------------

    async def shrink_slab_memcg(
        self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int
    ) -> int:
        """Objects freed: section after section, until one comes to the end of the map."""
        if not await cpu.read_once(memcg, "css_online"):
            return 0
        freed = 0
        start: int | None = 0
        while start is not None:
            section = await cpu.srcu_read_lock(self.shrinker_srcu)
            more, start = await self.walk_from(cpu, gfp, nid, memcg, priority, start)
            await cpu.srcu_read_unlock(self.shrinker_srcu, section)
            freed += more
        return freed

    async def walk_from(
        self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int, start: int
    ) -> tuple[int, int | None]:
        """Objects freed in one section, and where to go on if a shrinker went meanwhile."""
        freed = 0
        info: FlatShrinkerInfo | None = await self.info_of_walk(cpu, memcg, nid)
        if info is None:
            return freed, None
        generation: int = await cpu.read_once(self.generation, "counter")
        id_ = await self.next_id(cpu, info, start)
        while id_ >= 0:
            freed += await self.visit(cpu, gfp, nid, memcg, priority, info, id_, id_)
            if await cpu.read_once(self.generation, "counter") != generation:
                return freed, id_ + 1
            id_ = await self.next_id(cpu, info, id_ + 1)
        return freed, None

    async def next_id(self, cpu: Cpu, info: FlatShrinkerInfo, start: int) -> int:
        """The first set bit from ``start`` on, or -1 where the info's own map ends."""
        found: int = await cpu.ask(info, FindNextBit(start))
        return found

    # -- the global walk ---------------------------------------------------------------

    async def shrink_slab_global(self, cpu: Cpu, gfp: str, nid: int, priority: int) -> int:
        """All shrinkers in one section; left as soon as one of them goes."""
        domain = self.shrinker_srcu
        freed = 0
        section = await cpu.srcu_read_lock(domain)
        generation: int = await cpu.read_once(self.generation, "counter")
        shrinker: ListHead | Shrinker
        shrinker = await cpu.srcu_dereference(self.kernel.shrinker_list, "next", domain)
        while isinstance(shrinker, Shrinker):
            sc = ShrinkControl(gfp, nid, self.kernel.root_mem_cgroup)
            got = await self.do_shrink_slab(cpu, sc, shrinker, priority)
            freed += 0 if got == SHRINK_EMPTY else got
            if await cpu.read_once(self.generation, "counter") != generation:
                freed = freed or 1
                break
            shrinker = await cpu.srcu_dereference(shrinker, "next", domain)
        await cpu.srcu_read_unlock(domain, section)
        return freed

    # -- shrinker_info -----------------------------------------------------------------

    async def info_of_walk(self, cpu: Cpu, memcg: Memcg, nid: int) -> FlatShrinkerInfo:
        """shrinker_info_srcu(): as it is now, which is not what the walk began with."""
        info: FlatShrinkerInfo = await cpu.srcu_dereference(
            memcg.nodeinfo[nid], "shrinker_info", self.shrinker_srcu
        )
        return info

    async def set_shrinker_bit(self, cpu: Cpu, memcg: Memcg, nid: int, id_: int) -> None:
        """Mark shrinker ``id_`` as one that ``memcg`` has to visit, in a section of its own."""
        cpu.ftrace("set_shrinker_bit")
        if id_ < 0 or memcg.parent is None:
            return
        section = await cpu.srcu_read_lock(self.shrinker_srcu)
        await self.mark(cpu, await self.info_of_walk(cpu, memcg, nid), id_)
        await cpu.srcu_read_unlock(self.shrinker_srcu, section)

    async def mark(self, cpu: Cpu, info: FlatShrinkerInfo, id_: int) -> None:
        """WARN_ON_ONCE() for an id that the map does not have, or set its bit."""
        if id_ >= info.map_nr_max:
            cpu.note("warn_on_once", cpu=cpu, what=f"id {id_} beyond map_nr_max of {info.name}")
            return
        await self.mb_before_set_bit(cpu)
        await cpu.ask(info, SetBit(id_))

    def free_old_info(self, cpu: Cpu, old: FlatShrinkerInfo) -> None:
        """Whoever reads it does so in this domain."""
        cpu.call_srcu(self.shrinker_srcu, old, Kfree())

    # -- a shrinker goes ---------------------------------------------------------------

    async def wait_for_walks(self, cpu: Cpu) -> None:
        """Tell the walks to hurry up, and wait for them: umount pays for a grace period."""
        await cpu.atomic_add_return(self.generation, "counter", 1)
        await cpu.synchronize_srcu(self.shrinker_srcu)
