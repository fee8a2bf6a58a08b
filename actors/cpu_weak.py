"""WeakCpu: what a CPU with a store buffer does otherwise than one without.

The verbs are the same, and so is the code that uses them: a CPU of a kernel that was booted with
``memory="tso"`` or ``"pso"`` is given this class before its own (``weak``). All that differs is
where ``ask`` sends, what a fence waits for, and when the CPU is quiescent.

A read-side section counts from the delivery of its first access to that of its last, as under SC
(decision 0003); only that these need not be the first and the last that were sent. A grace period
waits for a CPU until a moment, after its beginning, at which the CPU stands outside its sections,
and then for the stores that it has surely issued by that moment.

Sources: memory.py; kernel/rcu/tree.c (v6.6) for the barriers of a grace period.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slabrace.actors.cpu import Cpu
from slabrace.actors.memory import LOCKS, ORDERS, WORDS, Location, Model, Order, word_of
from slabrace.actors.messages import (
    ForwardedLoad,
    Load,
    QuiescentState,
    SplitRmw,
    Store,
    StoreRelease,
    SynchronizeRcu,
)
from slabrace.actors.object import KernelObject
from slabrace.actors.store_buffer import StoreBuffer
from slabrace.runtime.message import UNANSWERED, Envelope, Message

if TYPE_CHECKING:
    from slabrace.runtime.actor import Address

__all__ = ["WeakCpu", "equip", "weak"]


class ReadSide:
    """One outermost section: which of its accesses are under way, and whether one has arrived."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.entered = False
        self.told = False  # to a search by partial orders
        self.open: list[Envelope] = []

    def under_way(self) -> bool:
        """Whether some of its accesses have not arrived."""
        self.look()
        return bool(self.open)

    def look(self) -> bool:
        """Whether it has been entered; forgets what has arrived."""
        if any(access.answer is not UNANSWERED for access in self.open):
            self.entered = True
            self.open = [access for access in self.open if access.answer is UNANSWERED]
        return self.entered or any(isinstance(a.message, SynchronizeRcu) for a in self.open)


class WeakCpu(Cpu):
    """A CPU with a store buffer."""

    uncounted = ("ending", "section")

    buffer: StoreBuffer
    section: ReadSide | None
    ending: list[ReadSide]

    async def run(self) -> None:
        self.buffer.publish_in(self.world, f"{self.name}.store_buffer")
        await super().run()
        self._go_on()

    # -- sending -----------------------------------------------------------------------

    def ask(self, to: Address, message: Message) -> Envelope:
        """Send where the model says. A store is answered at once: nobody waits for it.

        But for a Store itself: awaiting that one waits until it is visible.
        """
        self._go_on()
        buffer = self.buffer
        order = ORDERS[type(message)]
        if order in buffer.model.buffered:
            envelope = buffer.take(to, message, release=order is Order.RELEASE)
            self._within(envelope)
            return envelope if isinstance(message, Store) else Envelope(self, to, message, None)  # type: ignore[arg-type]  # every address is an actor
        location = Location(to, word_of(message))
        if order in buffer.model.waits_for_all:
            needs = buffer.everything()
        elif type(message) is Load:
            message = ForwardedLoad(message.word)
            needs = buffer.not_forwarded(location)
        elif order is Order.RMW:
            message = SplitRmw(message, WORDS[type(message)])
            needs = buffer.not_forwarded(location)
        else:
            needs = buffer.overlapping(location)
            if isinstance(message, LOCKS):
                buffer.build_wall(buffer.last_unlock())
        envelope = buffer.access(to, message, needs)
        self.world.touch_at(envelope, ("rcu", self.label))
        self._within(envelope)
        return envelope

    send = ask

    def smp_store_release(self, where: KernelObject, word: str, value: Any) -> None:
        """smp_store_release(&where->word, value)."""
        self.ask(where, StoreRelease(word, value))

    rcu_assign_pointer = smp_store_release

    def initialised(self, where: KernelObject, word: str, zeroed: Any = None) -> None:
        """What was put into new memory is a store like any other, and may be late."""
        value = getattr(where, word)
        setattr(where, word, zeroed)
        self.ask(where, Store(word, value))

    def peek(self, where: KernelObject, word: str) -> Any:
        """The CPU's own latest store, or else what is there."""
        store = self.buffer.forwarded(Location(where, word))
        return getattr(where, word) if store is None else store.message.access.value

    async def smp_mb(self) -> None:
        """A full barrier: waits until this CPU's lanes are empty."""
        await self._settle()
        while self.buffer.everything():
            await next(iter(self.buffer.pending))

    async def smp_wmb(self) -> None:
        """A barrier for stores: the later ones wait, the CPU does not."""
        await self._settle()
        self.buffer.build_wall(self.buffer.everything())

    async def _settle(self) -> None:
        """Wait for the accesses that were sent and not awaited."""
        last = self.buffer.last
        if last is not None:
            await last

    # -- RCU ---------------------------------------------------------------------------

    def _within(self, access: Envelope) -> None:
        """Count ``access`` to the section that the CPU is in."""
        if self.rcu_nesting:
            if self.section is None:
                self.section = ReadSide(self.rcu_sections)
            self.section.open.append(access)
            if len(self.section.open) > MANY:
                self.section.look()

    def rcu_read_unlock(self) -> None:
        section = self.section
        if self.rcu_nesting == 1 and section is not None:
            self.world.touch(("rcu", self.label))
            self.section = None
            self.ending = [each for each in (*self.ending, section) if each.under_way()]
        super().rcu_read_unlock()

    def _leave_tail(self) -> None:
        """There is more to it: ``ending``."""

    def rcu_entered(self) -> bool:
        return self.section is not None and self.section.look()

    def rcu_sections_under_way(self) -> list[int]:
        under_way = [each.number for each in self.ending if each.look() and each.open]
        return [*under_way, self.rcu_sections] if self.rcu_entered() else under_way

    def stands_in_the_way(self) -> bool:
        """In a section, or with a store that is not visible yet."""
        return bool(self.buffer.executed()) | self.in_rcu_section()  # it has to look at both

    def report_quiescent_state(self, flavour: str) -> None:
        """Tell a grace period, once sections that were left are over and stores are visible."""
        tails = [access for each in self.ending if each.look() for access in each.open]
        after = [*self.buffer.executed(), *tails]
        self.buffer.report(self.kernel.rcu, QuiescentState(flavour, self), after)

    def _go_on(self) -> None:
        """The CPU goes on: partial orders have to know that the last delivery moved it.

        Without a store that waits and outside of the beginning of a section, that changes nothing
        for a grace period.
        """
        if self.world.footprint is None:
            return
        section = self.section
        if self.buffer.pending or self.ending or (section is not None and not section.told):
            self.world.touch(("rcu", self.label))
            if section is not None:
                section.told = section.look()

    def counted(self) -> object:
        """The sections, without what has arrived."""
        section = self.section
        return (
            [(each.look(), each.open) for each in self.ending if each.under_way()],
            None if section is None else (section.look(), section.open),
        )


MANY = 16
"""Accesses of a section that are remembered before those that have arrived are forgotten."""


_EQUIPPED: dict[type[Cpu], type[WeakCpu]] = {}


def weak(live: type[Cpu]) -> type[Cpu]:
    """``live`` with a store buffer."""
    found = _EQUIPPED.get(live)
    if found is None:
        found = _EQUIPPED[live] = type(live.__name__, (WeakCpu, live), {})
    return found


def equip(cpu: WeakCpu, model: Model) -> None:
    """Give ``cpu`` a store buffer, as its kernel's memory model has it."""
    cpu.buffer = StoreBuffer(cpu, model)
    cpu.section = None
    cpu.ending = []
