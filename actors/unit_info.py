"""UnitInfo: alloc, expand, free and reparent shrinker_info, as an array of pointers to units.

Expansion copies pointers and shares the units, so what a reader writes through the old info is not
lost. Units live exactly as long as their memcg; the info array in between is replaced under RCU.

As merged in v6.7 two error paths are wrong, and stay so here: the teardown after a failed
allocation runs outside the lock (kernel.md A2), and the info whose units could not be allocated is
forgotten (A7). refcount_rcu_fixed.py overrides both.

Source: mm/shrinker.c (v6.7), functions of the same names.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from slabrace.actors.memcg import Memcg, MemcgPerNode
from slabrace.actors.messages import DeferredAdd, DeferredRead, DeferredXchg, ReadUnit, TakeUnits
from slabrace.actors.shrinker_info import SET_BIT, ShrinkerInfo, ShrinkerInfoUnit
from slabrace.actors.version import Version

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu

__all__ = ["UnitInfo"]


class UnitInfo(Version):
    """shrinker_info in two levels, v6.7."""

    # -- alloc -------------------------------------------------------------------------

    def boot_info(self, pernode: MemcgPerNode) -> ShrinkerInfo:
        """The info of a memcg that was there before the run: every unit that is needed by now."""
        nr_max = self.kernel.globals.shrinker_nr_max
        info = ShrinkerInfo(pernode, nr_max, self.kernel.unit_bits, pernode.next_info())
        info.publish_in(self.kernel.world)
        info.unit = []
        self.boot_fill(info)
        return info

    def boot_grow(self, pernode: MemcgPerNode) -> None:
        """Make room for every id, in place."""
        info = pernode.shrinker_info
        if isinstance(info, ShrinkerInfo):
            info.map_nr_max = self.kernel.globals.shrinker_nr_max
            self.boot_fill(info)

    def boot_fill(self, info: ShrinkerInfo) -> None:
        """Append the units that ``map_nr_max`` asks for."""
        for index in range(len(info.unit), info.map_nr_max // info.unit_bits):
            unit = ShrinkerInfoUnit(info.pernode, index)
            unit.publish_in(self.kernel.world)
            info.unit.append(unit)

    async def alloc_shrinker_info(self, cpu: Cpu, memcg: Memcg) -> bool:
        """Allocate and publish the info of every node; False for -ENOMEM."""
        cpu.ftrace("alloc_shrinker_info")
        await self.lock_shrinkers(cpu)
        nr_max: int = await cpu.read_once(self.kernel.globals, "shrinker_nr_max")
        for pernode in memcg.nodeinfo:
            info = self.kvzalloc_info(cpu, pernode, nr_max)
            if info is None or not self.shrinker_unit_alloc(cpu, info, None):
                await self.alloc_shrinker_info_failed(cpu, memcg, info)
                return False
            self.publish_info(cpu, pernode, info)  # initialised first, published second
        self.unlock_shrinkers(cpu)
        return True

    async def alloc_shrinker_info_failed(
        self, cpu: Cpu, memcg: Memcg, info: ShrinkerInfo | None
    ) -> None:
        """As merged: the lock goes before the teardown (A2), and ``info`` is forgotten (A7)."""
        self.unlock_shrinkers(cpu)
        await self.free_shrinker_info(cpu, memcg)

    def kvzalloc_info(self, cpu: Cpu, pernode: MemcgPerNode, nr_max: int) -> ShrinkerInfo | None:
        """An info for ``nr_max`` ids, without units yet."""
        bits = self.kernel.unit_bits
        number = pernode.next_info()
        return cpu.kzalloc(lambda: ShrinkerInfo(pernode, nr_max, bits, number), "shrinker_info")

    def shrinker_unit_alloc(self, cpu: Cpu, new: ShrinkerInfo, old: ShrinkerInfo | None) -> bool:
        """Allocate the units that ``old`` does not have; all or none."""
        start = len(old.unit) if old is not None else 0
        for index in range(start, len(new.unit)):
            make = partial(ShrinkerInfoUnit, new.pernode, index)
            unit = cpu.kzalloc(make, "shrinker_info_unit")
            if unit is None:
                self.shrinker_unit_free(cpu, new, start)
                return False
            new.unit[index] = unit
        cpu.initialised(new, "unit", [None] * len(new.unit))
        return True

    def shrinker_unit_free(self, cpu: Cpu, info: ShrinkerInfo, start: int) -> None:
        """Free the units from ``start`` on of an info that was not published."""
        units: list[ShrinkerInfoUnit | None] = cpu.peek(info, "unit")
        self.kfree_units(cpu, units[start:])
        units[start:] = [None] * (len(units) - start)

    def kfree_units(self, cpu: Cpu, units: list[ShrinkerInfoUnit | None]) -> None:
        """Free them up to the first that is missing."""
        for unit in units:
            if unit is None:
                break
            cpu.kfree(unit)

    # -- free --------------------------------------------------------------------------

    async def free_shrinker_info(self, cpu: Cpu, memcg: Memcg) -> None:
        """Free info and units of every node: no grace period, nobody can hold the css any more."""
        cpu.ftrace("free_shrinker_info")
        for pernode in memcg.nodeinfo:
            info: ShrinkerInfo | None = await cpu.read_once(pernode, "shrinker_info")
            if info is not None:
                self.kfree_units(cpu, await cpu.ask(info, TakeUnits()))
                cpu.kvfree(info)
            cpu.write_once(pernode, "shrinker_info", None)

    # -- expand ------------------------------------------------------------------------

    async def expand_one_shrinker_info(self, cpu: Cpu, memcg: Memcg, new_nr_max: int) -> bool:
        """Replace the info of every node by a larger one that shares the old one's units."""
        lock = self.lock
        for pernode in memcg.nodeinfo:
            old: ShrinkerInfo | None = await cpu.rcu_dereference_protected(
                pernode, "shrinker_info", lock
            )
            if old is None:
                return True  # not online yet: alloc_shrinker_info() will use the new size
            units: list[ShrinkerInfoUnit | None] = await cpu.read_once(old, "unit")
            if new_nr_max <= len(units) * self.kernel.unit_bits:
                continue
            new = self.alloc_larger_info(cpu, pernode, new_nr_max)
            if new is None:
                return False
            new.unit[: len(units)] = units  # memcpy of the pointers
            if not await self.complete_and_publish(cpu, pernode, new, old):
                return False
            cpu.kvfree_rcu(old)
        return True

    async def complete_and_publish(
        self, cpu: Cpu, pernode: MemcgPerNode, new: ShrinkerInfo, old: ShrinkerInfo
    ) -> bool:
        """Allocate what ``old`` does not have, and only then let readers see ``new``."""
        if not self.shrinker_unit_alloc(cpu, new, old):
            cpu.kvfree(new)
            return False
        self.publish_info(cpu, pernode, new)
        return True

    def alloc_larger_info(
        self, cpu: Cpu, pernode: MemcgPerNode, new_nr_max: int
    ) -> ShrinkerInfo | None:
        """kvzalloc_node(), since 7fba9420b726 (v6.7): what is not copied is NULL."""
        return self.kvzalloc_info(cpu, pernode, new_nr_max)

    # -- bits and deferred counts ------------------------------------------------------

    async def set_shrinker_bit(self, cpu: Cpu, memcg: Memcg, nid: int, id_: int) -> None:
        """Mark shrinker ``id_`` as one that ``memcg`` has to visit."""
        cpu.ftrace("set_shrinker_bit")
        if id_ < 0 or memcg.parent is None:
            return
        offset = id_ % self.kernel.unit_bits
        cpu.rcu_read_lock()
        info: ShrinkerInfo = await cpu.rcu_dereference(memcg.nodeinfo[nid], "shrinker_info")
        unit = await self.unit_to_mark(cpu, info, id_)
        if unit is not None:
            await self.mb_before_set_bit(cpu)
            await cpu.ask(unit, SET_BIT[offset])
        cpu.rcu_read_unlock()

    async def unit_to_mark(self, cpu: Cpu, info: ShrinkerInfo, id_: int) -> ShrinkerInfoUnit | None:
        """The unit of ``id_``, as merged: read first, and checked against map_nr_max after (A6)."""
        return await self.unit_of(cpu, info, id_ // self.kernel.unit_bits)

    async def unit_of(self, cpu: Cpu, info: ShrinkerInfo, index: int) -> ShrinkerInfoUnit | None:
        """``info->unit[index]``; out of range is reported and None."""
        unit: ShrinkerInfoUnit | None = await cpu.ask(info, ReadUnit(index))
        if unit is None:
            if index < len(info.unit):
                self.note_null_unit(cpu, info, index)
            else:
                cpu.note("unit_out_of_range", cpu=cpu, info=info, index=index)
        return unit

    def note_null_unit(self, cpu: Cpu, info: ShrinkerInfo, index: int) -> None:
        """The pointer is there and NULL, and whoever asked goes on to follow it."""
        cpu.note("null_deref", cpu=cpu, what=f"unit[{index}] of {info.name}")

    async def memcg_unit(
        self, cpu: Cpu, memcg: Memcg, nid: int, index: int
    ) -> ShrinkerInfoUnit | None:
        """shrinker_info_protected() and the unit: the memcg reference pins it."""
        cpu.rcu_read_lock()
        info: ShrinkerInfo = await cpu.rcu_dereference(memcg.nodeinfo[nid], "shrinker_info")
        unit = await self.unit_of(cpu, info, index)
        cpu.rcu_read_unlock()
        return unit

    async def xchg_nr_deferred_memcg(self, cpu: Cpu, memcg: Memcg, nid: int, id_: int) -> int:
        """Take the deferred count of shrinker ``id_`` in ``memcg``."""
        index, offset = divmod(id_, self.kernel.unit_bits)
        unit = await self.memcg_unit(cpu, memcg, nid, index)
        taken: int = await cpu.ask(unit, DeferredXchg(offset)) if unit is not None else 0
        return taken

    async def add_nr_deferred_memcg(
        self, cpu: Cpu, nr: int, memcg: Memcg, nid: int, id_: int
    ) -> int:
        """Give ``nr`` back; the new count."""
        index, offset = divmod(id_, self.kernel.unit_bits)
        unit = await self.memcg_unit(cpu, memcg, nid, index)
        count: int = await cpu.ask(unit, DeferredAdd(offset, nr)) if unit is not None else 0
        return count

    async def reparent_shrinker_deferred(self, cpu: Cpu, memcg: Memcg) -> None:
        """Add the deferred counts of a dying memcg to its parent's; the child's stay."""
        cpu.ftrace("reparent_shrinker_deferred")
        parent = memcg.parent or self.kernel.root_mem_cgroup
        await self.lock_reparent(cpu)
        for pernode in memcg.nodeinfo:
            child: ShrinkerInfo = await cpu.rcu_dereference_protected(
                pernode, "shrinker_info", self.lock
            )
            above: ShrinkerInfo = await cpu.rcu_dereference_protected(
                parent.nodeinfo[pernode.nid], "shrinker_info", self.lock
            )
            for index, unit in enumerate(await cpu.read_once(child, "unit")):
                cpu.world.touch(unit, write=False)
                for offset in sorted(unit.nr_deferred or ()):  # a count of 0 adds nothing
                    nr = await self.take_from_child(cpu, unit, offset)
                    id_ = index * self.kernel.unit_bits + offset
                    self.note_deferred(cpu, "nr_deferred_reparent", parent, pernode.nid, id_, nr)
                    to = await self.unit_of(cpu, above, index)
                    if to is not None:
                        await cpu.ask(to, DeferredAdd(offset, nr))
        self.unlock_reparent(cpu)

    async def take_from_child(self, cpu: Cpu, unit: ShrinkerInfoUnit, offset: int) -> int:
        """The count to be added to the parent's; it is read, and stays where it is (L4)."""
        nr: int = await cpu.ask(unit, DeferredRead(offset))
        return nr
