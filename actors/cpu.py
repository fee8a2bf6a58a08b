"""Cpu: the kernel's verbs, as a coroutine uses them.

What cannot switch is a plain call (``rcu_read_lock()``, ``write_once()``: a store only enters the
store buffer); what can is awaited (``read_once()``, ``mutex_lock()``). A load is sent when it is
called and waited for when it is awaited, so the await is the dependency.

A CPU runs one thing from beginning to end and may be held up anywhere between two deliveries:
preemption, an interrupt and a slow hypervisor look the same from outside. All that it sends travels
in one lane, so program order is delivery order (sequential consistency).

Not here: what the slab shrinker does with these verbs.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeVar

from slabrace.actors.locks import Mutex, RwSem
from slabrace.actors.messages import (
    AddReturn,
    CallRcu,
    DownRead,
    DownReadTrylock,
    DownWrite,
    IsContended,
    Kfree,
    KvfreeCallRcu,
    Load,
    Lock,
    MutexLock,
    MutexUnlock,
    QuiescentState,
    RcuBarrier,
    Store,
    SynchronizeRcu,
    Unlock,
    UpRead,
    UpWrite,
)
from slabrace.actors.object import KernelObject
from slabrace.runtime.actor import Actor, Address
from slabrace.runtime.message import UNANSWERED, Envelope, Message

if TYPE_CHECKING:
    from slabrace.actors.kernel import Kernel
    from slabrace.runtime.mailbox import Lane

__all__ = ["Cpu"]

K = TypeVar("K", bound=KernelObject)

MUTEX_LOCK: Final = MutexLock()
MUTEX_UNLOCK: Final = MutexUnlock()
SPIN_LOCK: Final = Lock()
SPIN_UNLOCK: Final = Unlock()
LOADS: dict[str, Load] = {}


class Cpu(Actor):
    """One CPU of ``kernel`` and what it runs. Subclasses override ``main()``."""

    program: Lane

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.number = kernel.bring_up(self)
        self.calls = kernel.calls
        self.held: list[Mutex | RwSem] = []
        self.rcu_nesting = 0
        self.rcu_sections = 0  # how many outermost sections there were
        self.rcu_opening = False  # the section has made no access yet
        self.rcu_first: Envelope | None = None
        self.rcu_special: list[str] = []  # grace periods that wait for this section
        self.irq_safe = 0  # spinlocks held: nothing may sleep

    async def run(self) -> None:
        """Run ``main()``; whoever returns inside a section or with a lock is told."""
        self.program = self.world.lane(self)
        await self.main()
        if self.rcu_nesting or self.held:
            held = ", ".join(lock.name for lock in self.held)
            self.note("rcu_imbalance", cpu=self, what=f"returned with nesting {self.rcu_nesting}, holding [{held}]")

    async def main(self) -> None:
        """What this CPU runs."""

    # -- sending ------------------------------------------------------------------------------------

    def ask(self, to: Address, message: Message) -> Envelope:
        """Send in program order; await the result for the answer."""
        envelope = Envelope(self, to, message)  # type: ignore[arg-type]  # every address is an actor
        if self.rcu_opening:
            self.rcu_opening = False
            self.rcu_first = envelope
        lane = self.program
        lane.append(envelope)
        if lane.slot < 0:
            self.world.ready.admit(lane)
        return envelope

    send = ask

    def ftrace(self, function: str) -> None:
        """``function`` is entered: counted, and told to whoever traces functions."""
        self.calls[function] += 1
        watchers = self.world.watchers.get("function", self.world.taps)
        if watchers:
            self.world.tell(watchers, "function", self, {"name": function})

    # -- words ----------------------------------------------------------------------------------------

    def read_once(self, where: KernelObject, word: str) -> Envelope:
        """READ_ONCE(where->word)."""
        message = LOADS.get(word)
        if message is None:
            message = LOADS[word] = Load(word)
        return self.ask(where, message)

    def write_once(self, where: KernelObject, word: str, value: Any) -> None:
        """WRITE_ONCE(where->word, value)."""
        self.ask(where, Store(word, value))

    smp_store_release = write_once

    def atomic_add_return(self, where: KernelObject, word: str, delta: int) -> Envelope:
        """atomic_long_add_return(delta, &where->word): the new value."""
        return self.ask(where, AddReturn(word, delta))

    async def smp_mb(self) -> None:
        """A full barrier: waits until this CPU's lanes are empty, which one lane always is."""

    # -- memory -----------------------------------------------------------------------------------------

    def kzalloc(self, make: Callable[[], K], what: str) -> K | None:
        """Allocate what ``make`` returns, zeroed; None where the strategy lets it fail.

        Failure is a data choice and possible only while ``kernel.faults`` is above 0.
        """
        self.might_sleep("kzalloc(GFP_KERNEL)")
        return self.kernel.allocate(self, make, what)

    def kfree(self, what: KernelObject | None) -> None:
        """kfree(what): memory of the slab, gone when the message arrives."""
        if what is not None:
            self.ask(what, Kfree())

    kvfree = kfree

    # -- RCU ----------------------------------------------------------------------------------------------

    def rcu_read_lock(self) -> None:
        """Enter a read-side section; sections nest."""
        self.rcu_nesting += 1
        if self.rcu_nesting == 1:
            self.rcu_opening = True
            self.rcu_sections += 1

    def rcu_read_unlock(self) -> None:
        """Leave the section; the outermost one reports to grace periods that wait for it."""
        if self.rcu_nesting == 0:
            self.note("rcu_imbalance", cpu=self, what="rcu_read_unlock() without rcu_read_lock()")
            return
        self.rcu_nesting -= 1
        if self.rcu_nesting == 0:
            self.rcu_opening = False
            self.rcu_first = None
            if self.rcu_special:
                rcu = self.kernel.rcu
                for flavour in self.rcu_special:
                    envelope = Envelope(self, rcu, QuiescentState(flavour, self))
                    self.world.ready.put(envelope, self.world.lane(self, "qs"))
                self.rcu_special = []

    def in_rcu_section(self) -> bool:
        """Whether a section is under way that a grace period has to wait for."""
        first = self.rcu_first
        return first is not None and first.answer is not UNANSWERED

    def rcu_dereference(self, where: KernelObject, word: str) -> Envelope:
        """rcu_dereference(where->word); outside a section lockdep complains."""
        if not self.rcu_nesting:
            self.note("suspicious_rcu_usage", cpu=self, where=where, word=word)
        return self.read_once(where, word)

    def rcu_dereference_protected(self, where: KernelObject, word: str, lock: Mutex | RwSem) -> Envelope:
        """rcu_dereference_protected(where->word, lockdep_is_held(lock))."""
        self.lockdep_assert_held(lock)
        return self.read_once(where, word)

    rcu_assign_pointer = write_once

    def call_rcu(self, target: Actor, callback: Message) -> None:
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
        await self.ask(self.kernel.rcu, SynchronizeRcu(expedited))

    async def rcu_barrier(self) -> None:
        """Wait for all callbacks that were queued before."""
        self.might_sleep("rcu_barrier()")
        await self.ask(self.kernel.rcu, RcuBarrier())

    # -- context --------------------------------------------------------------------------------------------

    def might_sleep(self, what: str) -> None:
        """Say that this may sleep: a splat inside an RCU section or under a spinlock."""
        if self.rcu_nesting or self.irq_safe:
            self.note("sleeping_in_atomic", cpu=self, what=what, nesting=self.rcu_nesting, spinlocks=self.irq_safe)

    def cond_resched(self) -> None:
        """A place where the kernel may schedule."""
        self.might_sleep("cond_resched()")

    # -- locks ------------------------------------------------------------------------------------------------

    async def mutex_lock(self, lock: Mutex) -> None:
        """Sleep until ``lock`` is ours."""
        self.might_sleep(f"mutex_lock({lock.name})")
        self.note("lock_acquire", lock=lock, cpu=self, held=self.held)
        await self.ask(lock, MUTEX_LOCK)
        self.held.append(lock)

    def mutex_unlock(self, lock: Mutex) -> None:
        """Give ``lock`` back."""
        self._release(lock)
        self.ask(lock, MUTEX_UNLOCK)

    async def spin_lock(self, lock: Mutex) -> None:
        """Spin until ``lock`` is ours; nothing may sleep from here on."""
        self.note("lock_acquire", lock=lock, cpu=self, held=self.held)
        await self.ask(lock, SPIN_LOCK)
        self.held.append(lock)
        self.irq_safe += 1

    def spin_unlock(self, lock: Mutex) -> None:
        """Give ``lock`` back."""
        self._release(lock)
        self.irq_safe -= 1
        self.ask(lock, SPIN_UNLOCK)

    async def down_read(self, lock: RwSem) -> None:
        """Sleep until ``lock`` is ours for reading."""
        self.might_sleep(f"down_read({lock.name})")
        self.note("lock_acquire", lock=lock, cpu=self, held=self.held)
        await self.ask(lock, DownRead())
        self.held.append(lock)

    async def down_read_trylock(self, lock: RwSem) -> bool:
        """Take ``lock`` for reading if nobody writes or waits. No cycle can come of a trylock."""
        self.ftrace("down_read_trylock")
        taken: bool = await self.ask(lock, DownReadTrylock())
        if taken:
            self.held.append(lock)
        return taken

    def up_read(self, lock: RwSem) -> None:
        """Give ``lock`` back."""
        self.ftrace("up_read")
        self._release(lock)
        self.ask(lock, UpRead())

    async def down_write(self, lock: RwSem) -> None:
        """Sleep until ``lock`` is ours alone."""
        self.might_sleep(f"down_write({lock.name})")
        self.note("lock_acquire", lock=lock, cpu=self, held=self.held)
        await self.ask(lock, DownWrite())
        self.held.append(lock)

    def up_write(self, lock: RwSem) -> None:
        """Give ``lock`` back."""
        self._release(lock)
        self.ask(lock, UpWrite())

    def rwsem_is_contended(self, lock: RwSem) -> Envelope:
        """Whether somebody waits for ``lock``."""
        return self.ask(lock, IsContended())

    def lockdep_assert_held(self, lock: Mutex | RwSem) -> None:
        """A splat unless this CPU holds ``lock``."""
        if lock not in self.held:
            self.note("lock_not_held", lock=lock, cpu=self)

    def _release(self, lock: Mutex | RwSem) -> None:
        if lock in self.held:
            self.held.remove(lock)


Function = Callable[..., Coroutine[Any, Any, Any]]
"""What a kworker runs: ``await function(cpu, *arguments)``."""
