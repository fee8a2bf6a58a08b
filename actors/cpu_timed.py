"""TimedCpu: what a CPU under virtual time does otherwise: what it does by itself takes time.

The verbs are the same. Calls that touch nothing shared (rcu_read_lock(), entering a function) move
the CPU on; they are booked to its function at its next access, since only then it is known where it
stands.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush, heapreplace
from typing import TYPE_CHECKING, Any, ClassVar

from slabrace.actors.cache_lines import Cache
from slabrace.actors.cpu import Cpu
from slabrace.actors.symbols import Entry
from slabrace.runtime.message import Envelope, Message

if TYPE_CHECKING:
    from slabrace.actors.symbols import Frame
    from slabrace.actors.tariff import KernelTariff
    from slabrace.runtime.actor import Address
    from slabrace.runtime.timetable import Timetable

__all__ = ["TimedCpu", "put_on_the_clock", "timed"]


class TimedCpu(Cpu):
    """A CPU whose time is counted."""

    uncounted = ("cache", "inner", "pending", "tariff")

    tariff: KernelTariff
    cache: Cache
    pending: list[tuple[str, int]]
    inner: Frame
    """The innermost coroutine as of the last access."""

    # what the class of the CPU does beside (super() in the hot half of a run is dear): see timed()
    lock: ClassVar[Callable[[Any], None]]
    unlock: ClassVar[Callable[[Any], None]]
    enter: ClassVar[Callable[[Any, str], None]]

    def ask(self, to: Address, message: Message) -> Envelope:
        """As ever; the hot half of a timed run. Nothing that a CPU sends is slow by itself."""
        envelope = Envelope(self, to, message)  # type: ignore[arg-type]  # every address is an actor
        if self.rcu_opening:
            self.rcu_opening = 0
            self.rcu_first = envelope
        lane = self.program
        lane.append(envelope)
        table: Timetable = self.world.ready  # type: ignore[assignment]  # the host's
        if lane.slot >= 0:
            table.sent[envelope] = table.now
        elif table.held_up:
            table.admit(lane)
        else:
            table.number = lane.slot = number = table.number + 1
            if table.served:  # and what Timetable.enter() does: a call less
                table.served = False
                heapreplace(table.heap, (table.now, number, lane))
            else:
                heappush(table.heap, (table.now, number, lane))
        return envelope

    send = ask

    # To be busy with a function for some time is to move the table's clock and to remember it:
    # written out three times, since these are called about as often as anything is delivered.

    def rcu_read_lock(self) -> None:
        self.lock()
        work = self.tariff.read_lock
        self.world.ready.now += work[1]  # type: ignore[attr-defined]  # the timed host's table
        self.pending.append(work)

    def rcu_read_unlock(self) -> None:
        work = self.tariff.read_unlock
        self.world.ready.now += work[1]  # type: ignore[attr-defined]  # the same
        self.pending.append(work)
        self.unlock()

    def ftrace(self, function: str) -> None:
        self.enter(function)
        works = self.tariff.work.get(function)
        if works is not None:
            for work in works:
                self.world.ready.now += work[1]  # type: ignore[attr-defined]  # the same
                self.pending.append(work)


_TIMED: dict[type[Cpu], type[TimedCpu]] = {}


def timed(live: type[Cpu]) -> type[Cpu]:
    """``live``, its time counted."""
    found = _TIMED.get(live)
    if found is None:
        beside = {
            "lock": live.rcu_read_lock, "unlock": live.rcu_read_unlock, "enter": live.ftrace,
        }  # fmt: skip
        found = _TIMED[live] = type(live.__name__, (TimedCpu, live), beside)
    return found


def put_on_the_clock(cpu: TimedCpu, tariff: KernelTariff, number: int) -> None:
    """Count the time of ``cpu``, which is called ``number``."""
    cpu.tariff = tariff
    cpu.cache = Cache(tariff.costs, tariff.lines, number)
    cpu.pending = []
    cpu.inner = (Entry(cpu), tariff.profile.root, None)
