"""The laws of memory and context, as monitors: KASAN, refcount_t, lockdep, PROVE_RCU.

Numbers are those of kernel.md 6.G. What the laws of state are (leaks, bits, counts) is in laws.py.
I6, I12 and I13 speak of what must happen at last; they need a fair schedule: liveness.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from slabrace.actors.laws import (
    DeferredConservation,
    GracePeriodRule,
    IdleRefcount,
    InfoCoversIds,
    Leak,
    LostBit,
)
from slabrace.actors.losses import CountRange, NeverCalled, StrandedObject, ZombieMemcg
from slabrace.actors.strays import DebugfsName, KmemOffBit, WildPointer
from slabrace.runtime.monitor import Event, Monitor, watches

if TYPE_CHECKING:
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.shrinker import Shrinker

__all__ = ["LAWS"]


class KernelLaw(Monitor):
    """A law about one kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel


class UseAfterFree(KernelLaw):
    """I1: no access to freed memory (KASAN)."""

    law: ClassVar[str] = "use_after_free"

    @watches("use_after_free")
    def accessed(self, event: Event) -> None:
        freed, access, by = (event.fields[k] for k in ("object", "access", "by"))
        self.violated(
            f"BUG: KASAN: slab-use-after-free: {by.name}: {access} of freed {freed.kind} "
            f"{freed.name}",
            freed, by,
        )  # fmt: skip


class DoubleFree(KernelLaw):
    """I2: nothing is freed twice."""

    law: ClassVar[str] = "double_free"

    @watches("double_free")
    def freed(self, event: Event) -> None:
        thing, by = event.fields["object"], event.fields["by"]
        self.violated(
            f"BUG: KASAN: double-free of {thing.kind} {thing.name} by {by.name}", thing, by
        )


class RefcountWarning(KernelLaw):
    """I4, first half: no underflow, no saturation. The second half is IdleRefcount."""

    law: ClassVar[str] = "refcount"

    @watches("refcount_warning")
    def warned(self, event: Event) -> None:
        thing, by = event.fields["object"], event.fields["by"]
        self.violated(f"{event.fields['warning']}: {thing.name}, by {by.name}", thing, by)


class NullDeref(KernelLaw):
    """No access through a NULL pointer: what nobody has stored yet is NULL."""

    law: ClassVar[str] = "null_deref"

    @watches("null_deref")
    def dereferenced(self, event: Event) -> None:
        cpu, where = event.fields["cpu"], event.fields.get("where")
        self.violated(
            f"BUG: kernel NULL pointer dereference: {cpu.name}: {event.fields['what']}",
            *(party for party in (where, cpu) if party is not None),
        )


class UnitIndex(KernelLaw):
    """I7: an index of unit[] is below map_nr_max."""

    law: ClassVar[str] = "unit_index"

    @watches("unit_out_of_range")
    def indexed(self, event: Event) -> None:
        info, cpu, index = (event.fields[k] for k in ("info", "cpu", "index"))
        self.violated(
            f"BUG: KASAN: slab-out-of-bounds: {cpu.name} reads unit[{index}] of {info.name}, "
            f"whose map_nr_max is {info.map_nr_max}",
            info, cpu,
        )  # fmt: skip


class SleepInAtomic(KernelLaw):
    """I8: nothing sleeps in an RCU read-side section or under a spinlock."""

    law: ClassVar[str] = "sleep_in_atomic"

    @watches("sleeping_in_atomic")
    def slept(self, event: Event) -> None:
        cpu = event.fields["cpu"]
        self.violated(
            f"BUG: sleeping function called from invalid context: {event.fields['what']} on "
            f"{cpu.name}; "
            f"RCU nest depth: {event.fields['nesting']}, expected: 0; "
            f"spinlocks held: {event.fields['spinlocks']}",
            cpu,
        )


class RcuUsage(KernelLaw):
    """I8, lockdep-RCU: sections are balanced, pointers are dereferenced inside one."""

    law: ClassVar[str] = "rcu_usage"

    @watches("rcu_imbalance")
    def unbalanced(self, event: Event) -> None:
        cpu = event.fields["cpu"]
        self.violated(
            f"WARNING: bad unlock balance detected! {cpu.name}: {event.fields['what']}", cpu
        )

    @watches("suspicious_rcu_usage")
    def dereferenced(self, event: Event) -> None:
        cpu, where = event.fields["cpu"], event.fields["where"]
        self.violated(
            f"WARNING: suspicious RCU usage: {cpu.name}: rcu_dereference({where.name}."
            f"{event.fields['word']}) outside a read-side section",
            cpu, where,
        )  # fmt: skip

    @watches("lock_not_held")
    def unprotected(self, event: Event) -> None:
        cpu, lock = event.fields["cpu"], event.fields["lock"]
        self.violated(
            f"WARNING: {lock.name} is not held by {cpu.name}, which relies on it", cpu, lock
        )


class RcuStall(KernelLaw):
    """A grace period that waits longer than the kernel would without a word (stall warning)."""

    law: ClassVar[str] = "rcu_stall"

    @watches("rcu_stall_warning")
    def stalled(self, event: Event) -> None:
        holdouts = event.fields["holdouts"]
        self.violated(
            f"INFO: {event.fields['rcuname']} detected stalls on CPUs: {', '.join(holdouts)} "
            f"(grace period {event.fields['gp_seq']}, {event.fields['waited']} ns)",
            *(cpu for cpu in self.kernel.rcu.cpus if cpu.name in holdouts),
        )


class LockOrder(KernelLaw):
    """I9: the order of lock classes has no cycle, and nobody waits for itself (lockdep).

    Nothing to declare: what was taken under what is a set that only grows, and a cycle in it is
    reported by whichever acquisition comes last.
    """

    law: ClassVar[str] = "lock_order"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.after: dict[str, dict[str, str]] = {}  # class -> classes taken under it, and by whom

    @watches("lock_acquire")
    def acquired(self, event: Event) -> None:
        lock, held, cpu = (event.fields[k] for k in ("lock", "held", "cpu"))
        if not held:
            return
        wanted = lock.lock_class
        for one in held:
            if one is lock:
                self.violated(f"{cpu.name} waits for {lock.name}, which it holds itself", cpu, lock)
            if one.lock_class == wanted:
                self.violated(
                    f"WARNING: possible recursive locking detected: {cpu.name} takes {lock.name} "
                    f"while it holds {one.name}, both of class {wanted}",
                    cpu, lock,
                )  # fmt: skip
            known = self.after.setdefault(one.lock_class, {})
            if wanted in known:
                continue
            known[wanted] = cpu.name
            chain = self.path(wanted, one.lock_class)
            if chain:
                self.violated(
                    "WARNING: possible circular locking dependency detected: "
                    f"{cpu.name} takes {wanted} under {one.lock_class}, but " + ", ".join(chain),
                    lock,
                )

    @watches("lock_imbalance")
    def unbalanced(self, event: Event) -> None:
        lock, by = event.fields["lock"], event.fields["by"]
        self.violated(f"WARNING: bad unlock balance: {by.name} releases {lock.name}", lock, by)

    def path(self, start: str, goal: str) -> list[str]:
        """How ``goal`` comes to be taken under ``start``, as sentences; empty if it never is."""
        todo: list[tuple[str, list[str]]] = [(start, [])]
        seen = {start}
        while todo:
            at, said = todo.pop()
            for following, by in self.after.get(at, {}).items():
                sentence = [*said, f"{by} took {following} under {at}"]
                if following == goal:
                    return sentence
                if following not in seen:
                    seen.add(following)
                    todo.append((following, sentence))
        return []


class CallbackLifetime(KernelLaw):
    """I11: callbacks run neither before registration nor after shrinker_free() has waited."""

    law: ClassVar[str] = "callback_lifetime"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.alive: dict[Shrinker, bool] = {}

    @watches("shrinker_registered", relates="shrinker")
    def registered(self, event: Event) -> None:
        self.alive[event.fields["shrinker"]] = True

    @watches("shrinker_gone", relates="shrinker")
    def gone(self, event: Event) -> None:
        self.alive[event.fields["shrinker"]] = False

    @watches("shrinker_called", relates="shrinker", writes=False)
    def called(self, event: Event) -> None:
        shrinker, cpu = event.fields["shrinker"], event.fields["cpu"]
        alive = self.alive.get(shrinker)
        if not alive:
            when = "before it was registered" if alive is None else "after shrinker_free() returned"
            self.violated(f"{cpu.name} runs the callbacks of {shrinker.name} {when}", shrinker, cpu)


LAWS = (
    UseAfterFree,
    DoubleFree,
    Leak,
    RefcountWarning,
    IdleRefcount,
    LostBit,
    NullDeref,
    UnitIndex,
    SleepInAtomic,
    RcuUsage,
    RcuStall,
    LockOrder,
    DeferredConservation,
    CallbackLifetime,
    InfoCoversIds,
    GracePeriodRule,
    NeverCalled,
    ZombieMemcg,
    StrandedObject,
    CountRange,
    WildPointer,
    DebugfsName,
    KmemOffBit,
)
"""Every law there is; each takes the kernel it judges."""
