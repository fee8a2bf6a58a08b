"""Shrinker: a cache that can give memory back, and what its callbacks are told.

``refcount`` is the only gate to running it (v6.7): 0 until registered, 1 when idle, one more for
each user. ``done`` is completed by the put that drops it to 0, and shrinker_free() waits for that.

Source: include/linux/shrinker.h (v6.7). How a shrinker comes and goes is in shrinker_life.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from slabrace.actors.locks import Completion, Refcounted
from slabrace.actors.messages import (
    DeferredAdd,
    DeferredRead,
    DeferredWrite,
    DeferredXchg,
    ShrinkerFreeRcuCb,
    Store,
)
from slabrace.actors.object import KernelObject, Part, poison
from slabrace.runtime.actor import handles
from slabrace.runtime.errors import MachineError

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.debugfs import DebugfsDir, Kstrdup
    from slabrace.actors.memcg import Memcg
    from slabrace.actors.rcu import RcuManager
    from slabrace.runtime.message import Envelope

__all__ = ["ListHead", "NrDeferred", "ShrinkControl", "Shrinker", "ShrinkerOps"]


class ShrinkControl:
    """struct shrink_control: on the caller's stack, so it is nobody else's."""

    __slots__ = ("gfp", "memcg", "nid", "nr_scanned", "nr_to_scan")

    def __init__(self, gfp: str, nid: int, memcg: Memcg) -> None:
        self.gfp = gfp
        self.nid = nid
        self.memcg = memcg
        self.nr_to_scan = 0
        self.nr_scanned = 0


class ShrinkerOps(Protocol):
    """The callbacks of a shrinker's owner, who is reached through them (private_data)."""

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        """Objects that could be freed; 0 for "skip"; SHRINK_EMPTY for "surely none"."""

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        """Free up to ``sc.nr_to_scan`` objects: how many, or SHRINK_STOP."""


class ListHead(Part):
    """The head of shrinker_list."""

    __slots__ = ("next", "prev")
    kind = "list_head"

    def __init__(self) -> None:
        self.next: ListHead | Shrinker = self
        self.prev: ListHead | Shrinker = self


class NrDeferred(KernelObject):
    """The deferred counts of a shrinker that is not memcg aware: one per node."""

    __slots__ = ("counts", "shrinker")
    kind = "nr_deferred"

    def __init__(self, shrinker: Shrinker, nodes: int) -> None:
        self.shrinker = shrinker
        self.counts = [0] * nodes

    @property
    def name(self) -> str:
        return f"{self.shrinker.name}.nr_deferred"

    @handles(DeferredXchg)
    def deferred_xchg(self, message: DeferredXchg) -> int:
        taken, self.counts[message.index] = self.counts[message.index], 0
        return taken

    @handles(DeferredAdd)
    def deferred_add(self, message: DeferredAdd) -> int:
        self.counts[message.index] += message.delta
        return self.counts[message.index]

    @handles(DeferredRead)
    def deferred_read(self, message: DeferredRead) -> int:
        return self.counts[message.index]

    @handles(DeferredWrite)
    def deferred_write(self, message: DeferredWrite) -> None:
        self.counts[message.index] = message.value


class Shrinker(Completion, Refcounted):
    """struct shrinker. Flags, seeks, batch and callbacks do not change after registration."""

    __slots__ = (
        "batch", "completion_waiters", "debugfs_entry", "debugfs_name", "done", "id", "memcg_aware",
        "next", "nonslab", "nr_deferred", "numa_aware", "ops", "prev", "refcount", "registered",
        "seeks",
    )  # fmt: skip
    kind = "shrinker"

    def __init__(
        self,
        ops: ShrinkerOps,
        *,
        memcg_aware: bool,
        numa_aware: bool,
        nonslab: bool,
        seeks: int,
        batch: int,
    ) -> None:
        self.ops = ops
        self.memcg_aware = memcg_aware
        self.numa_aware = numa_aware
        self.nonslab = nonslab
        self.seeks = seeks
        self.batch = batch
        self.id = -1
        self.registered = False
        self.refcount = 0
        self.done = 0
        self.completion_waiters: list[Envelope] = []
        self.next: ListHead | Shrinker | None = None
        self.prev: ListHead | Shrinker | None = None
        self.nr_deferred: NrDeferred | None = None
        self.debugfs_name: Kstrdup | None = None  # these two with CONFIG_SHRINKER_DEBUG only
        self.debugfs_entry: DebugfsDir | None = None

    @property
    def own_nr_deferred(self) -> NrDeferred:
        """The counts of a shrinker that is not memcg aware."""
        if self.nr_deferred is None:
            raise MachineError(f"{self.name} is memcg aware: its counts are in shrinker_info")
        return self.nr_deferred

    def references(self) -> Iterator[KernelObject]:
        if self.nr_deferred is not None:
            yield self.nr_deferred
        if self.debugfs_name is not None:
            yield self.debugfs_name

    def store(self, message: Store) -> None:
        super().store(message)
        if message.word == "registered":  # shrinker_free() looks at it without an access
            self.world.touch(("registered", self.name))

    @handles(ShrinkerFreeRcuCb)
    def shrinker_free_rcu_cb(self, message: ShrinkerFreeRcuCb) -> None:
        """kfree(nr_deferred); kfree(shrinker)."""
        rcu: RcuManager = self.sender  # type: ignore[assignment]  # callbacks are its alone
        rcu.kernel.ftrace(rcu, "shrinker_free_rcu_cb")
        for memory in (self.nr_deferred, self):
            if memory is not None:
                self.world.touch(memory)
                memory.note("kfree", object=memory, kind=memory.kind)
                poison(memory)

    def explain_wait(self, envelope: Envelope) -> str:
        return f"{self.name}.done, with refcount {self.refcount}"
