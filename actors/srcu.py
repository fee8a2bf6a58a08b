"""SrcuStruct: one SRCU domain: sections that may sleep, and grace periods of their own.

A section counts from the delivery of srcu_read_lock() on: it is a store and a full barrier, unlike
its RCU cousin. Sections of one domain may overlap without merging; each is left with the index it
was entered with. synchronize_srcu() waits for the sections of this domain that were under way when
the grace period began, and for no others. SRCU has no stall warnings, so neither has this.

Source: kernel/rcu/srcutree.c (v6.6). The walk of v6.4-rc1 is built on it (shrink_slab/srcu.py).
"""

from __future__ import annotations

from slabrace.actors.messages import (
    CallSrcu,
    GpEnd,
    GpStart,
    SrcuReadLock,
    SrcuReadUnlock,
    SynchronizeSrcu,
    SynchronizeSrcuExpedited,
)
from slabrace.actors.object import KernelObject
from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.message import DEFERRED, Envelope, Message

__all__ = ["SrcuStruct"]

Section = tuple[Actor, int]


class SrcuStruct(KernelObject):
    """struct srcu_struct. ``index`` is what new readers count on; a grace period flips it."""

    kind = "srcu_struct"

    def __init__(self) -> None:
        self.index = 0
        self.gp_seq = 0
        self.busy = False
        self.readers: list[Section] = []
        self.holdouts: list[Section] = []
        self.next: list[Envelope | CallSrcu] = []
        self.wait: list[Envelope | CallSrcu] = []

    # -- readers -----------------------------------------------------------------------

    @handles(SrcuReadLock)
    def srcu_read_lock(self, message: SrcuReadLock) -> int:
        self.readers.append((self.sender, self.index))
        return self.index

    @handles(SrcuReadUnlock)
    def srcu_read_unlock(self, message: SrcuReadUnlock) -> None:
        section = (self.sender, message.index)
        if section not in self.readers:
            self.note(
                "rcu_imbalance",
                cpu=self.sender,
                what=f"srcu_read_unlock({self.name}, {message.index}) without its lock",
            )
            return
        self.readers.remove(section)
        if section in self.holdouts:
            self.holdouts.remove(section)
            self._end_if_quiescent()

    # -- grace periods -----------------------------------------------------------------

    @property
    def expedited(self) -> bool:
        """Whether somebody waits who is in a hurry: then no work is put off by a jiffy."""
        return any(
            isinstance(waiter, Envelope) and isinstance(waiter.message, SynchronizeSrcuExpedited)
            for waiter in (*self.wait, *self.next)
        )

    @handles(SynchronizeSrcu, SynchronizeSrcuExpedited)
    def synchronize_srcu(self, message: SynchronizeSrcu) -> object:
        self._need(self.defer())
        return DEFERRED

    @handles(CallSrcu)
    def call_srcu(self, message: CallSrcu) -> None:
        self._need(message)

    def _need(self, waiter: Envelope | CallSrcu) -> None:
        self.next.append(waiter)
        if not self.busy:
            self.busy = True
            self._post(self, GpStart(self.name), "gp")

    @handles(GpStart)
    def gp_start(self, message: GpStart) -> None:
        self.gp_seq += 1
        self.wait, self.next = self.next, []
        self.holdouts = list(self.readers)
        self.index ^= 1
        self._tell("start")
        self._end_if_quiescent()

    def _end_if_quiescent(self) -> None:
        if not self.holdouts:
            self._post(self, GpEnd(self.name), "gp")

    @handles(GpEnd)
    def gp_end(self, message: GpEnd) -> None:
        self._tell("end")
        served, self.wait = self.wait, []
        for waiter in served:
            if isinstance(waiter, Envelope):
                self.answer(waiter)
            else:
                self._post(waiter.target, waiter.callback, "cb")
        self.busy = bool(self.next)
        if self.busy:
            self._post(self, GpStart(self.name), "gp")

    def _post(self, to: Actor, message: Message, lane: str) -> None:
        self.world.ready.put(Envelope(self, to, message), self.world.lane(self, lane))

    def _tell(self, event: str) -> None:
        self.note("srcu_grace_period", rcuname=self.name, gp_seq=self.gp_seq, gpevent=event)

    def explain_wait(self, envelope: Envelope) -> str:
        readers = ", ".join(cpu.name for cpu, _ in self.holdouts)
        return f"a grace period of {self.name} that waits for {readers or 'its turn'}"
