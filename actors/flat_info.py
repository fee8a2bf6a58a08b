"""FlatInfo: shrinker_info as one long map, v5.13 to v6.6.

Expansion copies. A bit set in the old map while it is copied would be lost, so the new one is
filled with ones instead, and every memcg pays a pointless visit to every shrinker for it (kernel.md
10, first loop of drop_caches). A deferred count cannot be filled: it is copied, which is right only
because whoever changes one holds shrinker_rwsem for reading and expansion holds it for writing.

Source: mm/vmscan.c (v6.1): alloc_shrinker_info(), expand_one_shrinker_info(), set_shrinker_bit(),
reparent_shrinker_deferred().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.memcg import Memcg, MemcgPerNode
from slabrace.actors.messages import DeferredAdd, DeferredRead, DeferredXchg, SetBit
from slabrace.actors.object import KernelObject
from slabrace.actors.shrinker_info import Bits, ShrinkerInfoBase
from slabrace.actors.version import Version

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu

__all__ = ["FlatInfo", "FlatShrinkerInfo"]


class FlatShrinkerInfo(ShrinkerInfoBase, Bits):
    """struct shrinker_info up to v6.6: header, nr_deferred[] and map[] in one allocation."""

    __slots__ = ("map", "nr_deferred")

    def __init__(self, pernode: MemcgPerNode, map_nr_max: int, version: int) -> None:
        self.pernode = pernode
        self.map_nr_max = map_nr_max
        self.version = version
        self.map = 0
        self.nr_deferred: dict[int, int] | None = None

    def bit(self, id_: int) -> bool:
        return bool(self.map >> id_ & 1)

    def deferred(self, id_: int) -> int:
        return self.nr_deferred.get(id_, 0) if self.nr_deferred else 0

    def line_of(self, id_: int) -> KernelObject:
        return self

    def boot_set_bit(self, id_: int) -> None:
        self.map |= 1 << id_

    def boot_defer(self, id_: int, nr: int) -> None:
        self.nr_deferred = {**(self.nr_deferred or {}), id_: nr}


class FlatInfo(Version):
    """shrinker_info as one map."""

    def boot_info(self, pernode: MemcgPerNode) -> FlatShrinkerInfo:
        """The info of a memcg that was there before the run."""
        nr_max = self.kernel.globals.shrinker_nr_max
        info = FlatShrinkerInfo(pernode, nr_max, pernode.next_info())
        info.publish_in(self.kernel.world)
        return info

    def boot_grow(self, pernode: MemcgPerNode) -> None:
        """Make room for every id, in place."""
        info = pernode.shrinker_info
        if info is not None:
            info.map_nr_max = self.kernel.globals.shrinker_nr_max

    async def alloc_shrinker_info(self, cpu: Cpu, memcg: Memcg) -> bool:
        """Allocate and publish the info of every node; False for -ENOMEM."""
        cpu.ftrace("alloc_shrinker_info")
        await self.lock_shrinkers(cpu)
        nr_max: int = await cpu.read_once(self.kernel.globals, "shrinker_nr_max")
        for pernode in memcg.nodeinfo:
            info = self.kvzalloc_info(cpu, pernode, nr_max)
            if info is None:
                await self.free_shrinker_info(cpu, memcg)
                self.unlock_shrinkers(cpu)
                return False
            self.publish_info(cpu, pernode, info)
        self.unlock_shrinkers(cpu)
        return True

    def kvzalloc_info(
        self, cpu: Cpu, pernode: MemcgPerNode, nr_max: int
    ) -> FlatShrinkerInfo | None:
        """An info for ``nr_max`` ids, all zero."""
        number = pernode.next_info()
        return cpu.kzalloc(lambda: FlatShrinkerInfo(pernode, nr_max, number), "shrinker_info")

    async def free_shrinker_info(self, cpu: Cpu, memcg: Memcg) -> None:
        """Free the info of every node."""
        cpu.ftrace("free_shrinker_info")
        for pernode in memcg.nodeinfo:
            info: FlatShrinkerInfo | None = await cpu.read_once(pernode, "shrinker_info")
            cpu.kvfree(info)
            cpu.write_once(pernode, "shrinker_info", None)

    async def expand_one_shrinker_info(self, cpu: Cpu, memcg: Memcg, new_nr_max: int) -> bool:
        """Replace the info of every node by a larger copy."""
        lock = self.lock
        for pernode in memcg.nodeinfo:
            old: FlatShrinkerInfo | None = await cpu.rcu_dereference_protected(
                pernode, "shrinker_info", lock
            )
            if old is None:
                return True
            if new_nr_max <= await cpu.read_once(old, "map_nr_max"):
                continue
            if not await self.replace_info(cpu, pernode, old, new_nr_max):
                return False
        return True

    async def replace_info(
        self, cpu: Cpu, pernode: MemcgPerNode, old: FlatShrinkerInfo, new_nr_max: int
    ) -> bool:
        """Publish a larger info in the place of ``old``; False for -ENOMEM."""
        new = self.kvzalloc_info(cpu, pernode, new_nr_max)
        if new is None:
            return False
        await self.copy_info(cpu, new, old)
        self.publish_info(cpu, pernode, new)
        self.free_old_info(cpu, old)
        return True

    def free_old_info(self, cpu: Cpu, old: FlatShrinkerInfo) -> None:
        """Once set_shrinker_bit() is through with it: walks are excluded by the lock."""
        cpu.kvfree_rcu(old)

    async def copy_info(self, cpu: Cpu, new: FlatShrinkerInfo, old: FlatShrinkerInfo) -> None:
        """All old bits set, lest one set meanwhile is lost; the counts copied."""
        new.map = (1 << old.map_nr_max) - 1
        counts: dict[int, int] | None = await cpu.read_once(old, "nr_deferred")
        new.nr_deferred = dict(counts) if counts else None

    async def set_shrinker_bit(self, cpu: Cpu, memcg: Memcg, nid: int, id_: int) -> None:
        """Mark shrinker ``id_`` as one that ``memcg`` has to visit."""
        cpu.ftrace("set_shrinker_bit")
        if id_ < 0 or memcg.parent is None:
            return
        cpu.rcu_read_lock()
        info: FlatShrinkerInfo = await cpu.rcu_dereference(memcg.nodeinfo[nid], "shrinker_info")
        if id_ >= info.map_nr_max:  # no check in the kernel: it would write past the map
            cpu.note("unit_out_of_range", cpu=cpu, info=info, index=id_)
        await self.mb_before_set_bit(cpu)
        await cpu.ask(info, SetBit(id_))
        cpu.rcu_read_unlock()

    async def info_protected(self, cpu: Cpu, memcg: Memcg, nid: int) -> FlatShrinkerInfo:
        """shrinker_info_protected(): under shrinker_rwsem, which excludes expansion."""
        info: FlatShrinkerInfo = await cpu.rcu_dereference_protected(
            memcg.nodeinfo[nid], "shrinker_info", self.lock
        )
        return info

    async def info_of_walk(self, cpu: Cpu, memcg: Memcg, nid: int) -> FlatShrinkerInfo:
        """The info in which a walk takes and leaves deferred counts."""
        return await self.info_protected(cpu, memcg, nid)

    async def xchg_nr_deferred_memcg(self, cpu: Cpu, memcg: Memcg, nid: int, id_: int) -> int:
        """Take the deferred count of shrinker ``id_`` in ``memcg``."""
        taken: int = await cpu.ask(await self.info_of_walk(cpu, memcg, nid), DeferredXchg(id_))
        return taken

    async def add_nr_deferred_memcg(
        self, cpu: Cpu, nr: int, memcg: Memcg, nid: int, id_: int
    ) -> int:
        """Give ``nr`` back; the new count."""
        count: int = await cpu.ask(await self.info_of_walk(cpu, memcg, nid), DeferredAdd(id_, nr))
        return count

    async def reparent_shrinker_deferred(self, cpu: Cpu, memcg: Memcg) -> None:
        """Add the deferred counts of a dying memcg to its parent's."""
        cpu.ftrace("reparent_shrinker_deferred")
        parent = memcg.parent or self.kernel.root_mem_cgroup
        await self.lock_reparent(cpu)
        for pernode in memcg.nodeinfo:
            child = await self.info_protected(cpu, memcg, pernode.nid)
            above = await self.info_protected(cpu, parent, pernode.nid)
            for id_ in sorted(await cpu.read_once(child, "nr_deferred") or ()):
                nr: int = await cpu.ask(child, DeferredRead(id_))
                self.note_deferred(cpu, "nr_deferred_reparent", parent, pernode.nid, id_, nr)
                await cpu.ask(above, DeferredAdd(id_, nr))
        self.unlock_reparent(cpu)
