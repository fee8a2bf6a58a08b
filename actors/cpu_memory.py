"""MemoryVerbs: how a CPU reads, writes and allocates, and what it may do in which context.

All that a CPU sends travels in one lane, so program order is delivery order (sequential
consistency; weaker models are in memory.py). A load is sent when it is called and waited for when
it is awaited: the await is the dependency.

Sources: include/asm-generic/rwonce.h, include/linux/kernel.h:might_sleep(), mm/slab_common.c; v6.6.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar

from slabrace.actors.locks import Mutex, RwSem
from slabrace.actors.messages import AddReturn, Kfree, Load, Store
from slabrace.actors.object import KernelObject
from slabrace.runtime.actor import Actor, Address
from slabrace.runtime.message import UNANSWERED, Envelope, Message

if TYPE_CHECKING:
    from slabrace.actors.kernel import Kernel
    from slabrace.runtime.mailbox import Lane

__all__ = ["LOADS", "MemoryVerbs"]

K = TypeVar("K", bound=KernelObject)


class Loads(dict[str, Load]):
    """One immutable message per word, made at its first use."""

    def __missing__(self, word: str) -> Load:
        load = self[word] = Load(word)
        return load


LOADS: Final = Loads()


class MemoryVerbs(Actor):
    """What every CPU can do with memory."""

    uncounted: ClassVar[Collection[str]] = ("calls", "rcu_sections", "rcu_tails")
    """Counters, and what is over."""

    program: Lane

    def __new__(cls, kernel: object = None, *_more: object, **_named: object) -> Self:
        """A CPU of the class that its kernel has for it (Kernel.outfit()), from the first.

        Python is slow with what changes its class later on, as a CPU does in bring_up() whose
        kernel is not its first argument.
        """
        if getattr(kernel, "fits_out", False):
            fitted: type[Self] = kernel.outfit(cls)  # type: ignore[attr-defined]  # it is a Kernel
            return object.__new__(fitted)
        return object.__new__(cls)

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.number = kernel.bring_up(self)  # type: ignore[arg-type]  # only a Cpu is made
        self.calls = kernel.calls
        self.held: list[Mutex | RwSem] = []
        self.rcu_nesting = 0
        self.rcu_sections = 0  # how many outermost sections there were
        self.rcu_opening = 0  # 1: the section has made no access yet; 2: see _enter()
        self.rcu_first: Envelope | None = None
        self.rcu_tails: list[tuple[Envelope, Envelope, int]] = []  # earlier: first, last, number
        self.rcu_special: list[str] = []  # grace periods that wait for this section
        self.srcu_held: list[Actor] = []  # SRCU domains that this CPU reads in
        self.irq_safe = 0  # spinlocks held: nothing may sleep

    # -- sending -----------------------------------------------------------------------

    def ask(self, to: Address, message: Message) -> Envelope:
        """Send in program order; await the result for the answer."""
        envelope = Envelope(self, to, message)  # type: ignore[arg-type]  # every address is an actor
        if self.rcu_opening:
            if self.world.footprint is None:
                self.rcu_opening = 0
                self.rcu_first = envelope
            else:
                self._enter(envelope)
        lane = self.program
        lane.append(envelope)
        if lane.slot < 0:
            self.world.ready.admit(lane)
        return envelope

    send = ask

    def _enter(self, envelope: Envelope) -> None:
        """A search by partial orders has to know which delivery lets the section begin.

        It is that of the first access. Who awaits it goes on in it, and sends something else or
        leaves the section: that is when to tell. The bystander tells if nobody does.
        """
        first = self.rcu_first
        if first is None:
            self.rcu_opening = 2
            self.rcu_first = envelope
            self.world.touch_at(envelope, ("rcu", self.label))
        elif first.answer is not UNANSWERED:
            self.rcu_opening = 0
            self.world.touch(("rcu", self.label))

    def ftrace(self, function: str) -> None:
        """``function`` is entered: counted, and told to whoever traces functions."""
        self.calls[function] += 1
        watchers = self.world.watchers.get("function", self.world.taps)
        if watchers:
            self.world.tell(watchers, "function", self, {"name": function})

    # -- words -------------------------------------------------------------------------

    def read_once(self, where: KernelObject, word: str) -> Envelope:
        """READ_ONCE(where->word)."""
        return self.ask(where, LOADS[word])

    def write_once(self, where: KernelObject, word: str, value: Any) -> None:
        """WRITE_ONCE(where->word, value)."""
        self.ask(where, Store(word, value))

    smp_store_release = write_once

    def atomic_add_return(self, where: KernelObject, word: str, delta: int) -> Envelope:
        """atomic_long_add_return(delta, &where->word): the new value."""
        return self.ask(where, AddReturn(word, delta))

    def initialised(self, where: KernelObject, word: str, zeroed: Any = None) -> None:
        """``word`` of new memory was given its value: no access, as nobody can see it yet.

        It is one where stores can be late (cpu_weak.py); until then ``zeroed`` is seen.
        """

    def peek(self, where: KernelObject, word: str) -> Any:
        """A plain load of what nobody else writes now: no access."""
        return getattr(where, word)

    async def smp_mb(self) -> None:
        """A full barrier: waits until this CPU's lanes are empty, which one lane always is."""

    async def smp_wmb(self) -> None:
        """A barrier for stores, which one lane needs no more than the other."""

    async def smp_rmb(self) -> None:
        """A barrier for loads: they are in program order in every model there is (memory.py)."""

    # -- memory ------------------------------------------------------------------------

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

    # -- context -----------------------------------------------------------------------

    def might_sleep(self, what: str) -> None:
        """Say that this may sleep: a splat inside an RCU section or under a spinlock."""
        if self.rcu_nesting or self.irq_safe:
            self.note(
                "sleeping_in_atomic",
                cpu=self,
                what=what,
                nesting=self.rcu_nesting,
                spinlocks=self.irq_safe,
            )

    def cond_resched(self) -> None:
        """A place where the kernel may schedule."""
        self.might_sleep("cond_resched()")

    def lockdep_assert_held(self, lock: Mutex | RwSem) -> None:
        """A splat unless this CPU holds ``lock``."""
        if lock not in self.held:
            self.note("lock_not_held", lock=lock, cpu=self)
