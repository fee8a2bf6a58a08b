"""ShrinkerInfo and ShrinkerInfoUnit: which shrinkers a memcg has to visit, and what they deferred.

Two layouts, each with the functions that allocate, expand, free and reparent it:

 - ``UnitInfo`` (v6.7, 307bececcd12): an array of pointers to units of 64 ids. Expansion
   copies the pointers, so old and new info *share* the units and no bit and no count can be lost.
 - ``FlatInfo`` (v5.13 to v6.6, flat_info.py): one long map, copied; old bits are filled with ones.

Source: mm/shrinker.c (v6.7): alloc_shrinker_info(), expand_one_shrinker_info(),
expand_shrinker_info(), free_shrinker_info(), reparent_shrinker_deferred(), set_shrinker_bit(). What
the lock is, the version says (``lock_shrinkers``).
"""

from __future__ import annotations

import abc
from collections.abc import Iterator
from typing import Final

from slabrace.actors.memcg import MemcgPerNode
from slabrace.actors.messages import (
    ClearBit,
    DeferredAdd,
    DeferredRead,
    DeferredXchg,
    FindNextBit,
    ReadUnit,
    SetBit,
    TakeUnits,
)
from slabrace.actors.object import KernelObject
from slabrace.runtime.actor import handles

__all__ = [
    "CLEAR_BIT",
    "FIND_FIRST_BIT",
    "READ_UNIT",
    "SET_BIT",
    "Bits",
    "ShrinkerInfo",
    "ShrinkerInfoBase",
    "ShrinkerInfoUnit",
]


class ShrinkerInfoBase(KernelObject):
    """What both layouts have: ``map_nr_max``, the number of ids they cover."""

    __slots__ = ("map_nr_max", "pernode", "version")
    kind = "shrinker_info"
    map_nr_max: int
    pernode: MemcgPerNode
    version: int

    @property
    def name(self) -> str:
        return f"{self.pernode.memcg.name}.info{self.pernode.nid}.{self.version}"

    @abc.abstractmethod
    def bit(self, id_: int) -> bool:
        """Whether the bit of ``id_`` is set, for laws."""

    @abc.abstractmethod
    def line_of(self, id_: int) -> KernelObject:
        """The object that holds the bit of ``id_``."""

    @abc.abstractmethod
    def deferred(self, id_: int) -> int:
        """The deferred count of ``id_``, for laws."""

    @abc.abstractmethod
    def boot_set_bit(self, id_: int) -> None:
        """Set a bit before the run begins."""

    @abc.abstractmethod
    def boot_defer(self, id_: int, nr: int) -> None:
        """Have ``nr`` objects deferred before the run begins."""


class Bits(KernelObject):
    """Handlers of a bitmap with a deferred count beside each bit. A count of 0 takes no memory."""

    __slots__ = ()
    map: int
    nr_deferred: dict[int, int] | None

    @handles(FindNextBit)
    def find_next_bit(self, message: FindNextBit) -> int:
        ahead = self.map >> message.start
        return message.start + (ahead & -ahead).bit_length() - 1 if ahead else -1

    @handles(SetBit)
    def set_bit(self, message: SetBit) -> None:
        self.map |= 1 << message.bit

    @handles(ClearBit)
    def clear_bit(self, message: ClearBit) -> None:
        self.map &= ~(1 << message.bit)

    @handles(DeferredXchg)
    def deferred_xchg(self, message: DeferredXchg) -> int:
        return self.nr_deferred.pop(message.index, 0) if self.nr_deferred else 0

    @handles(DeferredAdd)
    def deferred_add(self, message: DeferredAdd) -> int:
        counts = self.nr_deferred
        if counts is None:
            if not message.delta:
                return 0
            counts = self.nr_deferred = {}
        value = counts.get(message.index, 0) + message.delta
        counts[message.index] = value
        return value

    @handles(DeferredRead)
    def deferred_read(self, message: DeferredRead) -> int:
        return self.nr_deferred.get(message.index, 0) if self.nr_deferred else 0


class ShrinkerInfoUnit(Bits):
    """struct shrinker_info_unit: one word of map and its deferred counts. Never copied."""

    __slots__ = ("index", "map", "memcg", "nid", "nr_deferred")
    kind = "shrinker_info_unit"

    def __init__(self, pernode: MemcgPerNode, index: int) -> None:
        self.map = 0
        self.nr_deferred = None
        self.memcg = pernode.memcg
        self.nid = pernode.nid
        self.index = index

    @property
    def name(self) -> str:
        return f"{self.memcg.name}.unit{self.nid}[{self.index}]"


class ShrinkerInfo(ShrinkerInfoBase):
    """struct shrinker_info since v6.7: pointers to units, one per SHRINKER_UNIT_BITS ids."""

    __slots__ = ("unit", "unit_bits")

    def __init__(
        self, pernode: MemcgPerNode, map_nr_max: int, unit_bits: int, version: int
    ) -> None:
        self.pernode = pernode
        self.version = version
        self.map_nr_max = map_nr_max
        self.unit_bits = unit_bits
        self.unit: list[ShrinkerInfoUnit | None] = [None] * -(-map_nr_max // unit_bits)

    @handles(ReadUnit)
    def read_unit(self, message: ReadUnit) -> ShrinkerInfoUnit | None:
        """``map_nr_max`` and ``unit[]`` do not change once published, so one access reads both."""
        if message.index >= len(self.unit):
            return None
        unit = self.unit[message.index]
        if unit is None:
            self.note(
                "null_deref",
                cpu=self.sender,
                where=self,
                what=f"{self.name}->unit[{message.index}]",
            )
        return unit

    @handles(TakeUnits)
    def take_units(self, message: TakeUnits) -> list[ShrinkerInfoUnit | None]:
        units, self.unit = self.unit, [None] * len(self.unit)
        return units

    def references(self) -> Iterator[KernelObject]:
        return (unit for unit in self.unit if unit is not None)

    def bit(self, id_: int) -> bool:
        index, offset = divmod(id_, self.unit_bits)
        unit = self.unit[index] if index < len(self.unit) else None
        return unit is not None and bool(unit.map >> offset & 1)

    def deferred(self, id_: int) -> int:
        index, offset = divmod(id_, self.unit_bits)
        unit = self.unit[index] if index < len(self.unit) else None
        return unit.nr_deferred.get(offset, 0) if unit is not None and unit.nr_deferred else 0

    def line_of(self, id_: int) -> KernelObject:
        return self.unit[id_ // self.unit_bits] or self

    def boot_set_bit(self, id_: int) -> None:
        index, offset = divmod(id_, self.unit_bits)
        unit = self.unit[index]
        if unit is not None:
            unit.map |= 1 << offset

    def boot_defer(self, id_: int, nr: int) -> None:
        index, offset = divmod(id_, self.unit_bits)
        unit = self.unit[index]
        if unit is not None:
            unit.nr_deferred = {**(unit.nr_deferred or {}), offset: nr}


SET_BIT: Final = tuple(SetBit(bit) for bit in range(64))
CLEAR_BIT: Final = tuple(ClearBit(bit) for bit in range(64))
READ_UNIT: Final = tuple(ReadUnit(index) for index in range(64))
FIND_FIRST_BIT: Final = FindNextBit(0)
"""Immutable messages that a walk sends all the time, made once."""
