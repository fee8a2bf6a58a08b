"""RcuVerbs: how a CPU reads under RCU and SRCU, and how it waits for grace periods.

``rcu_read_lock()`` is a plain call: it touches nothing shared. A section counts from its first
access on (rcu.py says why that is exact); leaving the outermost one reports to the grace periods
that wait for it.

Sources: include/linux/rcupdate.h, kernel/rcu/tree.c, kernel/rcu/srcutree.c; v6.6.
"""

from __future__ import annotations

from slabrace.actors.cpu_memory import LOADS, MemoryVerbs
from slabrace.actors.locks import Mutex, RwSem
from slabrace.actors.messages import (
    Access,
    CallRcu,
    CallSrcu,
    KvfreeCallRcu,
    QuiescentState,
    RcuBarrier,
    SrcuReadLock,
    SrcuReadUnlock,
    SynchronizeRcu,
    SynchronizeSrcu,
    SynchronizeSrcuExpedited,
)
from slabrace.actors.object import KernelObject
from slabrace.actors.srcu import SrcuStruct
from slabrace.runtime.actor import Actor
from slabrace.runtime.message import UNANSWERED, Envelope

__all__ = ["RcuVerbs"]


class RcuVerbs(MemoryVerbs):
    """Read-side sections and grace periods."""

    # -- RCU ---------------------------------------------------------------------------

    def rcu_read_lock(self) -> None:
        """Enter a read-side section; sections nest."""
        self.rcu_nesting += 1
        if self.rcu_nesting == 1:
            self.rcu_opening = 1
            self.rcu_sections += 1
            if self.world.scribe is not None:
                self.world.scribe.note(self, "rcu_read_lock", {})

    def rcu_read_unlock(self) -> None:
        """Leave the section; the outermost one reports to grace periods that wait for it."""
        if self.rcu_nesting == 0:
            self.note("rcu_imbalance", cpu=self, what="rcu_read_unlock() without rcu_read_lock()")
            return
        self.rcu_nesting -= 1
        if self.rcu_nesting == 0:
            self.rcu_opening = 0
            if self.world.scribe is not None:
                self.world.scribe.note(self, "rcu_read_unlock", {})
            if self.world.footprint is not None and self.rcu_first is not None:
                self.world.touch(("rcu", self.label))
            if self.program:  # stores that nobody awaits: the section ends with the last of them
                self._leave_tail()
            self.rcu_first = None
            if self.rcu_special:
                for flavour in self.rcu_special:
                    self.report_quiescent_state(flavour)
                self.rcu_special.clear()

    def _leave_tail(self) -> None:
        """Remember the section that is being left until its last access is delivered."""
        self.rcu_tails = [tail for tail in self.rcu_tails if tail[1].answer is UNANSWERED]
        if self.rcu_first is not None:
            last = self.program[-1]
            self.rcu_tails.append((self.rcu_first, last, self.rcu_sections))
            self.world.touch_at(last, ("rcu", self.label))

    def counted(self) -> object:
        """Of the sections that were left, those whose last access is under way."""
        return [tail[:2] for tail in self.rcu_tails if tail[1].answer is UNANSWERED]

    def report_quiescent_state(self, flavour: str) -> None:
        """Tell a grace period that the section is over, once its last access is delivered."""
        envelope = Envelope(self, self.kernel.rcu, QuiescentState(flavour, self))
        self.world.ready.put(envelope, self.program or self.world.lane(self, "qs"))

    def rcu_entered(self) -> bool:
        """Whether the section that this CPU is in has made its first access.

        One that begins by waiting for a grace period has: it waits for itself.
        """
        first = self.rcu_first
        return first is not None and (
            first.answer is not UNANSWERED or isinstance(first.message, SynchronizeRcu)
        )

    def hold_up(self, flavour: str) -> None:
        """A grace period that has begun waits for this CPU: tell it when it need not any more."""
        if self.rcu_entered():
            self.rcu_special.append(flavour)
        else:
            self.report_quiescent_state(flavour)

    def rcu_sections_under_way(self) -> list[int]:
        """The sections that a grace period has to wait for, by number.

        A section is under way from the delivery of its first access to that of its last.
        """
        ending = [
            number
            for first, last, number in self.rcu_tails
            if first.answer is not UNANSWERED and last.answer is UNANSWERED
        ]
        return [*ending, self.rcu_sections] if self.rcu_entered() else ending

    def in_rcu_section(self) -> bool:
        """Whether there is a section that a grace period has to wait for.

        Who asks looks at this CPU's state without a message, which partial orders have to know.
        """
        self.world.touch(("rcu", self.label), write=False)
        return bool(self.rcu_sections_under_way())

    def stands_in_the_way(self) -> bool:
        """Whether a grace period that begins now has to wait for this CPU."""
        return self.in_rcu_section()

    def rcu_dereference(self, where: KernelObject, word: str) -> Envelope:
        """rcu_dereference(where->word); outside a section lockdep complains."""
        if not self.rcu_nesting:
            self.note("suspicious_rcu_usage", cpu=self, where=where, word=word)
        return self.ask(where, LOADS[word])

    def rcu_dereference_protected(
        self, where: KernelObject, word: str, lock: Mutex | RwSem
    ) -> Envelope:
        """rcu_dereference_protected(where->word, lockdep_is_held(lock))."""
        if lock not in self.held:
            self.note("lock_not_held", lock=lock, cpu=self, where=where, word=word)
        return self.read_once(where, word)

    rcu_assign_pointer = MemoryVerbs.write_once

    def call_rcu(self, target: Actor, callback: Access) -> None:
        """After a grace period, ``callback`` is sent to ``target``."""
        self.ftrace("call_rcu")
        self.ask(self.kernel.rcu, CallRcu(target, callback, self.number))

    def kvfree_rcu(self, what: KernelObject) -> None:
        """After a grace period, ``what`` is freed."""
        self.ftrace("kvfree_call_rcu")
        self.ask(self.kernel.rcu, KvfreeCallRcu(what))

    async def synchronize_rcu(self, *, expedited: bool = False) -> None:
        """Wait for a full grace period; inside a section that is a deadlock with oneself."""
        self.ftrace("synchronize_rcu_expedited" if expedited else "synchronize_rcu")
        self.might_sleep("synchronize_rcu()")
        if self.rcu_opening:  # rcu_entered() says yes from here on
            self.world.touch(("rcu", self.label))
        await self.ask(self.kernel.rcu, SynchronizeRcu(expedited))

    async def rcu_barrier(self) -> None:
        """Wait for all callbacks that were queued before."""
        self.might_sleep("rcu_barrier()")
        await self.ask(self.kernel.rcu, RcuBarrier())

    # -- SRCU --------------------------------------------------------------------------

    async def srcu_read_lock(self, ssp: SrcuStruct) -> int:
        """Enter a sleepable section of ``ssp``; the index must be given back on leaving."""
        index: int = await self.ask(ssp, SrcuReadLock())
        self.srcu_held.append(ssp)
        return index

    async def srcu_read_unlock(self, ssp: SrcuStruct, index: int) -> None:
        """Leave the section that srcu_read_lock() gave ``index`` for."""
        if ssp in self.srcu_held:
            self.srcu_held.remove(ssp)
        await self.ask(ssp, SrcuReadUnlock(index))

    def srcu_dereference(self, where: KernelObject, word: str, ssp: SrcuStruct) -> Envelope:
        """srcu_dereference(where->word, ssp); outside a section of ``ssp`` lockdep complains."""
        if ssp not in self.srcu_held:
            self.note("suspicious_rcu_usage", cpu=self, where=where, word=word)
        return self.ask(where, LOADS[word])

    async def synchronize_srcu(self, ssp: SrcuStruct, *, expedited: bool = False) -> None:
        """Wait for the readers of this domain; inside one of its sections that is a deadlock."""
        self.ftrace("synchronize_srcu_expedited" if expedited else "synchronize_srcu")
        self.might_sleep("synchronize_srcu()")
        await self.ask(ssp, SynchronizeSrcuExpedited() if expedited else SynchronizeSrcu())

    def call_srcu(self, ssp: SrcuStruct, target: Actor, callback: Access) -> None:
        """After a grace period of ``ssp``, ``callback`` is sent to ``target``."""
        self.ftrace("call_srcu")
        self.ask(ssp, CallSrcu(target, callback))
