"""What is sent to the RcuManager and to SRCU domains."""

from __future__ import annotations

from typing import Any

from slabrace.actors.messages.access import Access, show

__all__ = [
    "BarrierCallback",
    "CallRcu",
    "CallSrcu",
    "ExpGpEnd",
    "ExpGpStart",
    "GpEnd",
    "GpStart",
    "KvfreeCallRcu",
    "QuiescentState",
    "RcuBarrier",
    "SrcuReadLock",
    "SrcuReadUnlock",
    "SynchronizeRcu",
    "SynchronizeSrcu",
    "SynchronizeSrcuExpedited",
]

# ruff: noqa: D101 (the names are the kernel's own; the groups say what they are sent to)


class ToRcu(Access, frozen=True, gc=False):
    """There is one RcuManager, so nobody writes it out."""

    def told(self, addressee: str) -> str:
        return str(self)


# -- RcuManager ------------------------------------------------------------------------


class CallRcu(ToRcu, frozen=True, gc=False):
    """After a grace period, send ``callback`` to ``target``; ``cpu`` keeps them in its order."""

    target: Any
    callback: Access
    cpu: int
    name = "call_rcu"

    def __str__(self) -> str:
        return f"call_rcu({show(self.target)}, {self.callback.name})"


class KvfreeCallRcu(ToRcu, frozen=True, gc=False):
    """After a grace period, free ``target``. Batched: no order is promised between two of them."""

    target: Any
    name = "kvfree_call_rcu"


class SynchronizeRcu(ToRcu, frozen=True, gc=False):
    expedited: bool = False

    @property
    def name(self) -> str:
        return "synchronize_rcu_expedited" if self.expedited else "synchronize_rcu"

    def __str__(self) -> str:
        return f"{self.name}()"


class RcuBarrier(ToRcu, frozen=True, gc=False):
    name = "rcu_barrier"


class GpStart(ToRcu, frozen=True, gc=False):
    flavour: str
    name = "rcu_gp_init"


class GpEnd(ToRcu, frozen=True, gc=False):
    flavour: str
    name = "rcu_gp_cleanup"


class ExpGpStart(GpStart, frozen=True, gc=False):
    """The same for expedited grace periods; of its own class, so that a delay tells them apart."""

    name = "sync_exp_reset_tree"


class ExpGpEnd(GpEnd, frozen=True, gc=False):
    name = "rcu_exp_wait_wake"


class QuiescentState(ToRcu, frozen=True, gc=False):
    flavour: str
    cpu: Any
    name = "rcu_report_qs_rdp"


class BarrierCallback(ToRcu, frozen=True, gc=False):
    """Entrained behind a CPU's callbacks by rcu_barrier()."""

    number: int
    name = "rcu_barrier_callback"


# -- SrcuStruct ------------------------------------------------------------------------


class SrcuReadLock(Access, frozen=True, gc=False):
    name = "srcu_read_lock"


class SrcuReadUnlock(Access, frozen=True, gc=False):
    index: int
    name = "srcu_read_unlock"


class SynchronizeSrcu(Access, frozen=True, gc=False):
    name = "synchronize_srcu"


class SynchronizeSrcuExpedited(SynchronizeSrcu, frozen=True, gc=False):
    name = "synchronize_srcu_expedited"


class CallSrcu(Access, frozen=True, gc=False):
    target: Any
    callback: Access
    name = "call_srcu"
