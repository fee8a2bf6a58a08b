"""MemcgTariff: the same costs, each booked to a CPU in a memcg, for whoever asks for memcgs.

An access belongs to the memcg of the object that it is made to; one to an object of nobody (a lock,
the list of shrinkers, the state of a walk) to the memcg in which the CPU was last. What a CPU did
by itself before an access is booked with the access, as in any profile.

While it books, a CPU has another label: its own and the memcg's number. split() takes the
two apart again. So the plain tariff books as it always does, knows nothing of memcgs, and
who does not ask for them pays nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from slabrace.actors.memcg import Memcg
from slabrace.actors.tariff import KernelTariff
from slabrace.runtime.message import DEFERRED
from slabrace.runtime.perf import Profile

if TYPE_CHECKING:
    from slabrace.actors.costs import Costs
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.message import Envelope

__all__ = ["MemcgTariff"]

BETWEEN: Final = "\0"


class MemcgTariff(KernelTariff):
    """See the head of this file. None is the memcg of what was done before a CPU was in any."""

    def __init__(self, costs: Costs) -> None:
        super().__init__(costs)
        self._memcgs: dict[Memcg | None, int] = {}  # numbered as they are met
        self._last: dict[Actor, Memcg] = {}  # CPU -> the memcg in which it was last
        self._slept_in: dict[Actor, Memcg | None] = {}

    def serve(self, envelope: Envelope, answer: Any, time: int) -> int:
        """As ever, in the memcg to which the access belongs."""
        cpu = envelope.sender
        if not hasattr(cpu, "cache"):
            return super().serve(envelope, answer, time)
        memcg = memcg_of(envelope.addressee) or self._last.get(cpu)
        if memcg is not None:
            self._last[cpu] = memcg
        if answer is DEFERRED:
            self._slept_in[cpu] = memcg
        label = self._enter(cpu, memcg)
        try:
            return super().serve(envelope, answer, time)
        finally:
            cpu.label = label

    def wake(self, envelope: Envelope, time: int) -> int:
        """As ever, in the memcg in which the CPU went to sleep."""
        cpu = envelope.sender
        label = self._enter(cpu, self._slept_in.get(cpu))
        try:
            return super().wake(envelope, time)
        finally:
            cpu.label = label

    def split(self) -> tuple[Profile, dict[Memcg | None, Profile]]:
        """The profile as it is without memcgs, and that of each memcg; together they are it."""
        every = Profile()
        each: dict[Memcg | None, Profile] = {memcg: Profile() for memcg in self._memcgs}
        profiles = list(each.values())
        for stack in self.profile.stacks():
            whole = every.stack(stack.symbols)
            for kind in ("service", "stall", "sleep"):
                for key, time in getattr(stack, kind).items():
                    cpu, _, number = key.partition(BETWEEN)
                    part = profiles[int(number)].stack(stack.symbols)
                    getattr(whole, kind)[cpu] += time
                    getattr(part, kind)[cpu] += time
        return every, each

    def _enter(self, cpu: Actor, memcg: Memcg | None) -> str:
        """Have ``cpu`` booked in ``memcg`` from here on; its own label."""
        label = cpu.label
        cpu.label = f"{label}{BETWEEN}{self._memcgs.setdefault(memcg, len(self._memcgs))}"
        return label


def memcg_of(line: Any) -> Memcg | None:
    """Whose ``line`` is, if anybody's."""
    if isinstance(line, Memcg):
        return line
    found = getattr(getattr(line, "pernode", line), "memcg", None)
    return found if isinstance(found, Memcg) else None
