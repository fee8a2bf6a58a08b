"""Every message of the kernel model, grouped by addressee: the protocol on one page.

A message is one atomic access to one cache line. Its ``str`` is how kernel developers would write
the access in a race diagram.
"""

from __future__ import annotations

from typing import Any

from slabrace.runtime.message import Message

# ruff: noqa: D101 (the names are the kernel's own; the groups say what they are sent to)


class Access(Message, frozen=True, gc=False):
    """An access to shared memory. ``name`` is the kernel's word for it."""

    @property
    def name(self) -> str:
        return type(self).__name__

    def __str__(self) -> str:
        fields = ", ".join(show(getattr(self, f)) for f in self.__struct_fields__)
        return f"{self.name}({fields})"


def show(value: Any) -> str:
    """A field of a message for a reader: actors by name, everything else as it is."""
    name = getattr(value, "name", None)
    return name if isinstance(name, str) else str(value)


# -- any object: its words, and its end --------------------------------------------------------


class Load(Access, frozen=True, gc=False):
    word: str
    name = "READ_ONCE"


class Store(Access, frozen=True, gc=False):
    word: str
    value: Any
    name = "WRITE_ONCE"


class AddReturn(Access, frozen=True, gc=False):
    word: str
    delta: int
    name = "atomic_long_add_return"


class Kfree(Access, frozen=True, gc=False):
    name = "kfree"


# -- Mutex, RwSem, SpinLock -----------------------------------------------------------------------


class MutexLock(Access, frozen=True, gc=False):
    name = "mutex_lock"


class MutexUnlock(Access, frozen=True, gc=False):
    name = "mutex_unlock"


class DownRead(Access, frozen=True, gc=False):
    name = "down_read"


class DownReadTrylock(Access, frozen=True, gc=False):
    name = "down_read_trylock"


class UpRead(Access, frozen=True, gc=False):
    name = "up_read"


class DownWrite(Access, frozen=True, gc=False):
    name = "down_write"


class UpWrite(Access, frozen=True, gc=False):
    name = "up_write"


class IsContended(Access, frozen=True, gc=False):
    name = "rwsem_is_contended"


class Lock(Access, frozen=True, gc=False):
    name = "spin_lock"


class Unlock(Access, frozen=True, gc=False):
    name = "spin_unlock"


# -- Refcounted, Completion (parts of a Shrinker) -------------------------------------------------


class RefcountSet(Access, frozen=True, gc=False):
    count: int
    name = "refcount_set"


class RefcountIncNotZero(Access, frozen=True, gc=False):
    name = "refcount_inc_not_zero"


class RefcountDecAndTest(Access, frozen=True, gc=False):
    name = "refcount_dec_and_test"


class Complete(Access, frozen=True, gc=False):
    name = "complete"


class WaitForCompletion(Access, frozen=True, gc=False):
    name = "wait_for_completion"


class ShrinkerFreeRcuCb(Kfree, frozen=True, gc=False):
    """The callback that frees a Shrinker and its counts after a grace period."""

    name = "shrinker_free_rcu_cb"


# -- RcuManager -------------------------------------------------------------------------------------


class CallRcu(Access, frozen=True, gc=False):
    """After a grace period, send ``callback`` to ``target``; ``cpu`` keeps them in its order."""

    target: Any
    callback: Message
    cpu: int
    name = "call_rcu"


class KvfreeCallRcu(Access, frozen=True, gc=False):
    """After a grace period, free ``target``. Batched: no order between two of them."""

    target: Any
    name = "kvfree_call_rcu"


class SynchronizeRcu(Access, frozen=True, gc=False):
    expedited: bool = False

    @property
    def name(self) -> str:
        return "synchronize_rcu_expedited" if self.expedited else "synchronize_rcu"

    def __str__(self) -> str:
        return f"{self.name}()"


class RcuBarrier(Access, frozen=True, gc=False):
    name = "rcu_barrier"


class GpStart(Access, frozen=True, gc=False):
    flavour: str
    name = "rcu_gp_init"


class GpEnd(Access, frozen=True, gc=False):
    flavour: str
    name = "rcu_gp_cleanup"


class ExpGpStart(GpStart, frozen=True, gc=False):
    """The same for expedited grace periods; a class of its own, so that a delay can tell them apart."""

    name = "sync_exp_reset_tree"


class ExpGpEnd(GpEnd, frozen=True, gc=False):
    name = "rcu_exp_wait_wake"


class QuiescentState(Access, frozen=True, gc=False):
    flavour: str
    cpu: Any
    name = "rcu_report_qs_rdp"


class BarrierCallback(Access, frozen=True, gc=False):
    """Entrained behind a CPU's callbacks by rcu_barrier()."""

    number: int
    name = "rcu_barrier_callback"


# -- SrcuStruct -------------------------------------------------------------------------------------


class SrcuReadLock(Access, frozen=True, gc=False):
    name = "srcu_read_lock"


class SrcuReadUnlock(Access, frozen=True, gc=False):
    index: int
    name = "srcu_read_unlock"


class SynchronizeSrcu(Access, frozen=True, gc=False):
    name = "synchronize_srcu"


class CallSrcu(Access, frozen=True, gc=False):
    target: Any
    callback: Message
    name = "call_srcu"


# -- Idr --------------------------------------------------------------------------------------------


class IdrAlloc(Access, frozen=True, gc=False):
    pointer: Any
    name = "idr_alloc"


class IdrFind(Access, frozen=True, gc=False):
    id: int
    name = "idr_find"


class IdrRemove(Access, frozen=True, gc=False):
    id: int
    name = "idr_remove"


# -- Memcg ------------------------------------------------------------------------------------------


class CssTryget(Access, frozen=True, gc=False):
    name = "css_tryget"


class CssGet(Access, frozen=True, gc=False):
    name = "css_get"


class CssPut(Access, frozen=True, gc=False):
    name = "css_put"


class PercpuRefKill(Access, frozen=True, gc=False):
    name = "percpu_ref_kill"


class LinkChild(Access, frozen=True, gc=False):
    child: Any
    name = "list_add_tail_rcu"


class UnlinkChild(Access, frozen=True, gc=False):
    child: Any
    name = "list_del_rcu"


class NextChild(Access, frozen=True, gc=False):
    """The first child linked after the one of serial number ``after`` (-1: the first)."""

    after: int
    name = "css_next_child"


class Charge(Access, frozen=True, gc=False):
    """Charge ``pages``; False if that would exceed the limit and ``force`` is not set."""

    pages: int
    force: bool = False
    name = "page_counter_try_charge"


# -- MemcgPerNode -----------------------------------------------------------------------------------


class ShrinkLruvec(Access, frozen=True, gc=False):
    """Reclaim up to ``pages`` of the node's page LRUs; how many were."""

    pages: int
    name = "shrink_lruvec"


# -- ShrinkerInfo, ShrinkerInfoUnit, FlatInfo ---------------------------------------------------------


class ReadUnit(Access, frozen=True, gc=False):
    """``info->unit[index]``, or None for an index that ``map_nr_max`` excludes."""

    index: int
    name = "info->unit"


class SetBit(Access, frozen=True, gc=False):
    bit: int
    name = "set_bit"


class ClearBit(Access, frozen=True, gc=False):
    bit: int
    name = "clear_bit"


class FindNextBit(Access, frozen=True, gc=False):
    """The first set bit at or after ``start``, or -1."""

    start: int
    name = "find_next_bit"


class DeferredXchg(Access, frozen=True, gc=False):
    index: int
    name = "atomic_long_xchg"


class DeferredAdd(Access, frozen=True, gc=False):
    index: int
    delta: int
    name = "atomic_long_add_return"


class DeferredRead(Access, frozen=True, gc=False):
    index: int
    name = "atomic_long_read"


# -- ListLru, ListLruOne ------------------------------------------------------------------------------


class XaLoad(Access, frozen=True, gc=False):
    id: int
    name = "xa_load"


class XaStore(Access, frozen=True, gc=False):
    id: int
    value: Any
    name = "xa_store"


class XaErase(Access, frozen=True, gc=False):
    id: int
    name = "xa_erase"


class LruAdd(Access, frozen=True, gc=False):
    """Link ``item``; how many there were before."""

    item: Any
    name = "list_add_tail"


class LruDel(Access, frozen=True, gc=False):
    """Unlink ``item``, wherever it is linked, and count it off here; False if it was not linked."""

    item: Any
    name = "list_del_init"


class LruIsolate(Access, frozen=True, gc=False):
    """Unlink up to ``count`` items; the items."""

    count: int
    name = "list_lru_isolate"


class LruSplice(Access, frozen=True, gc=False):
    """Take all items of a list; ``(items, nr_items)``."""

    name = "list_splice_init"


class LruGive(Access, frozen=True, gc=False):
    """Append ``items`` and add ``nr_items`` to the count; the count before."""

    items: Any
    nr_items: int
    name = "list_splice"


# -- WorkQueue ----------------------------------------------------------------------------------------


class QueueWork(Access, frozen=True, gc=False):
    """``function(cpu, *arguments)`` is to run on a kworker."""

    function: Any
    arguments: tuple[Any, ...]
    name = "queue_work"

    def __str__(self) -> str:
        return f"queue_work({self.function.__name__})"


class NextWork(Access, frozen=True, gc=False):
    name = "worker_thread"


# -- WaitQueue ----------------------------------------------------------------------------------------


class WaitEvent(Access, frozen=True, gc=False):
    name = "wait_event"


class WakeUp(Access, frozen=True, gc=False):
    name = "wake_up"
