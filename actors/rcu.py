"""RcuManager: grace periods, callbacks, and the readers they wait for.

The guarantee (kernel.md 4.1): a grace period ends only when every read-side section that was under
way when it began is over. It may begin late and end late, never early. Both happen as messages that
the manager sends to itself, so a strategy decides how late:

    IDLE --need--> STARTING --GpStart--> WAITING --last QuiescentState--> ENDING --GpEnd--> IDLE

A reader's state belongs to its CPU (``cpu.rcu_nesting`` and so on): it is the per-CPU rcu_data that
the kernel shares between a CPU and the grace-period kthread. A section counts from its first access
on, not from rcu_read_lock(): a section without an access protects nothing, and an earlier beginning
only keeps grace periods waiting, so no behaviour is lost and none is added (decision 0003).

Sources: kernel/rcu/tree.c, kernel/rcu/tree_exp.h, v6.6; transitions below are the whole protocol.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from slabrace.actors.messages import (
    BarrierCallback,
    CallRcu,
    ExpGpEnd,
    ExpGpStart,
    GpEnd,
    GpStart,
    Kfree,
    KvfreeCallRcu,
    Late,
    QuiescentState,
    RcuBarrier,
    SynchronizeRcu,
)
from slabrace.actors.object import retire
from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.message import DEFERRED, Envelope, Message

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel

__all__ = ["RCU_CPU_STALL_TIMEOUT", "Phase", "RcuManager"]

RCU_CPU_STALL_TIMEOUT: Final = 21_000_000_000
"""Nanoseconds until a grace period that waits is reported (CONFIG_RCU_CPU_STALL_TIMEOUT)."""


KFREE_N_BATCHES: Final = 2
"""Batches of kvfree_rcu() that drain side by side, in any order (kernel/rcu/tree.c)."""


class Phase(enum.Enum):
    """Where a flavour's grace period stands."""

    IDLE = "idle"
    STARTING = "starting"
    WAITING = "waiting"
    ENDING = "ending"


TRANSITIONS: Final = {
    (Phase.IDLE, "need"): Phase.STARTING,
    (Phase.STARTING, "GpStart"): Phase.WAITING,
    (Phase.WAITING, "all quiescent"): Phase.ENDING,
    (Phase.ENDING, "GpEnd"): Phase.IDLE,
}


class Flavour:
    """One stream of grace periods (rcu_sched or the expedited one) and who waits for it."""

    uncounted = ("began", "gp_seq")  # told in events, decided by only as to stalls

    def __init__(self, name: str, start: GpStart, end: GpEnd) -> None:
        self.name = name
        self.start = start
        self.end = end
        self.phase = Phase.IDLE
        self.gp_seq = 0
        self.began = 0
        self.holdouts: list[Cpu] = []
        self.next: list[Envelope | CallRcu | KvfreeCallRcu] = []  # came too late for this one
        self.wait: list[Envelope | CallRcu | KvfreeCallRcu] = []  # served when this one ends

    def move(self, cause: str) -> None:
        """Follow the table; a cause that it does not list is a bug of the model."""
        self.phase = TRANSITIONS[self.phase, cause]


class RcuManager(Actor):
    """The grace-period machinery of one kernel. ``cpus`` are those whose readers count."""

    kernel: Kernel
    kind = "rcu"
    uncounted = ("kvfree_queued",)

    def __init__(self, stall_timeout: int = RCU_CPU_STALL_TIMEOUT) -> None:
        self.cpus: list[Cpu] = []
        self.flavours = {
            "rcu_sched": Flavour("rcu_sched", GpStart("rcu_sched"), GpEnd("rcu_sched")),
            "rcu_exp": Flavour("rcu_exp", ExpGpStart("rcu_exp"), ExpGpEnd("rcu_exp")),
        }
        self.stall_timeout = stall_timeout
        self.queued: dict[int, int] = {}  # callbacks not yet invoked, per CPU
        self.barriers: dict[int, tuple[Envelope, int]] = {}
        self.kvfree_queued = 0

    def counted(self) -> int:
        """The batch that the next kvfree_rcu() joins."""
        return self.kvfree_queued % KFREE_N_BATCHES

    # -- what the kernel asks for ------------------------------------------------------

    @handles(SynchronizeRcu)
    def synchronize_rcu(self, message: SynchronizeRcu) -> object:
        self._need("rcu_exp" if message.expedited else "rcu_sched", self.defer())
        return DEFERRED

    @handles(CallRcu)
    def call_rcu(self, message: CallRcu) -> None:
        self.queued[message.cpu] = qlen = self.queued.get(message.cpu, 0) + 1
        self.note(
            "rcu_callback",
            rcuname="rcu_sched",
            rhp=message.target,
            func=message.callback,
            qlen=qlen,
        )
        self._need("rcu_sched", message)

    @handles(KvfreeCallRcu)
    def kvfree_call_rcu(self, message: KvfreeCallRcu) -> None:
        self.note("rcu_kfree_callback", rcuname="rcu_sched", rhp=message.target)
        self._need("rcu_sched", message)

    @handles(RcuBarrier)
    def rcu_barrier(self, message: RcuBarrier) -> object:
        for cpu in self.queued:
            self.world.touch(("cb", cpu), write=False)
        busy = [cpu for cpu, n in self.queued.items() if n or self.world.lane(self, f"cb{cpu}")]
        if not busy:
            return None
        number = len(self.barriers)
        self.barriers[number] = (self.defer(), len(busy))
        for cpu in busy:
            self._need("rcu_sched", CallRcu(self, BarrierCallback(number), cpu))
        return DEFERRED

    @handles(Late)
    def late(self, message: Late) -> None:
        """What a CPU with a store buffer queued arrives."""
        retire(self, message)

    @handles(BarrierCallback)
    def rcu_barrier_callback(self, message: BarrierCallback) -> None:
        envelope, left = self.barriers[message.number]
        self.barriers[message.number] = (envelope, left - 1)
        if left == 1:
            self.answer(envelope)

    # -- a grace period ----------------------------------------------------------------

    def _need(self, flavour_name: str, waiter: Envelope | CallRcu | KvfreeCallRcu) -> None:
        """``waiter`` needs a grace period that begins after this moment."""
        flavour = self.flavours[flavour_name]
        flavour.next.append(waiter)
        if flavour.phase is Phase.IDLE:
            self._request(flavour)
        self._check_stall(flavour)

    def _request(self, flavour: Flavour) -> None:
        flavour.move("need")
        self._tell(flavour, "newreq")
        self._later(flavour, flavour.start)

    @handles(GpStart, ExpGpStart)
    def gp_start(self, message: GpStart) -> None:
        """Note every reader that is inside a section now: these must leave it."""
        flavour = self.flavours[message.flavour]
        flavour.move("GpStart")
        flavour.gp_seq += 1
        flavour.began = self.world.clock.now
        flavour.wait, flavour.next = flavour.next, []
        flavour.holdouts = [cpu for cpu in self.cpus if cpu.stands_in_the_way()]
        for cpu in flavour.holdouts:
            cpu.hold_up(flavour.name)
        self._tell(flavour, "start")
        self._end_if_quiescent(flavour)

    @handles(QuiescentState)
    def quiescent_state(self, message: QuiescentState) -> None:
        """A CPU that held a grace period up has left its section."""
        flavour = self.flavours[message.flavour]
        self._check_stall(flavour)
        flavour.holdouts.remove(message.cpu)
        self._tell(flavour, "cpuqs")
        self._end_if_quiescent(flavour)

    def _end_if_quiescent(self, flavour: Flavour) -> None:
        if not flavour.holdouts:
            flavour.move("all quiescent")
            self._later(flavour, flavour.end)

    @handles(GpEnd, ExpGpEnd)
    def gp_end(self, message: GpEnd) -> None:
        """Serve everybody who waited for this grace period; begin the next if one is needed."""
        flavour = self.flavours[message.flavour]
        flavour.move("GpEnd")
        self._tell(flavour, "end")
        served, flavour.wait = flavour.wait, []
        for waiter in served:
            self._serve(waiter)
        if flavour.next:
            self._request(flavour)

    def _serve(self, waiter: Envelope | CallRcu | KvfreeCallRcu) -> None:
        if isinstance(waiter, Envelope):
            self.answer(waiter)
        elif isinstance(waiter, CallRcu):
            # Callbacks of one CPU run in the order they were queued; of two CPUs, in any.
            if not isinstance(waiter.callback, BarrierCallback):
                self.queued[waiter.cpu] -= 1
            callback = self._post(waiter.target, waiter.callback, f"cb{waiter.cpu}")
            self.world.touch_at(callback, ("cb", waiter.cpu))  # rcu_barrier() looks who has some
        else:
            self.kvfree_queued += 1
            self._post(waiter.target, Kfree(), f"kvfree{self.kvfree_queued % KFREE_N_BATCHES}")

    # -- small things ------------------------------------------------------------------

    def _later(self, flavour: Flavour, message: Message) -> None:
        """A message to oneself: whenever the strategy likes."""
        self._post(self, message, flavour.name)

    def _post(self, to: Actor, message: Message, lane: str) -> Envelope:
        envelope = Envelope(self, to, message)
        self.world.ready.put(envelope, self.world.lane(self, lane))
        return envelope

    def _tell(self, flavour: Flavour, event: str) -> None:
        self.note(
            "rcu_grace_period",
            rcuname=flavour.name,
            gp_seq=flavour.gp_seq,
            gpevent=event,
            holdouts=[cpu.name for cpu in flavour.holdouts],
        )

    def _check_stall(self, flavour: Flavour) -> None:
        """Report a grace period that has waited too long for its readers."""
        if flavour.phase is Phase.WAITING:
            waited = self.world.clock.now - flavour.began
            if waited > self.stall_timeout:
                self.note(
                    "rcu_stall_warning",
                    rcuname=flavour.name,
                    gp_seq=flavour.gp_seq,
                    waited=waited,
                    holdouts=[cpu.name for cpu in flavour.holdouts],
                )

    def grace_periods(self) -> int:
        """How many grace periods of either flavour have ended."""
        return sum(
            f.gp_seq - (f.phase in (Phase.WAITING, Phase.ENDING)) for f in self.flavours.values()
        )

    def explain_wait(self, envelope: Envelope) -> str:
        for flavour in self.flavours.values():
            if any(waiter is envelope for waiter in (*flavour.wait, *flavour.next)):
                holdouts = ", ".join(cpu.name for cpu in flavour.holdouts)
                return f"a grace period that waits for {holdouts or 'its turn'}"
        return super().explain_wait(envelope)
