"""Symbols: the kernel's functions as a profiler names them, from the functions of the model.

A profiler sees functions that the compiler left standing. What it inlined counts for its caller,
and so do the model's own verbs (verbs.py). What a walk of your own defines is its own symbol.

Source: the symbols of the profiles in 50d09da8e119 (v6.7). What is inlined elsewhere is assumed.
"""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any, Final

from slabrace.actors import messages as m
from slabrace.actors.verbs import OURS

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from slabrace.actors.cpu_timed import TimedCpu
    from slabrace.runtime.perf import Stack

__all__ = ["OUT_OF_LINE", "Entry", "Frame", "stack_of"]

Frame = tuple[Any, "Stack", "Frame | None"]
"""A coroutine that awaits, the stack within it, and what awaits it."""

INLINED: Final = OURS | {
    "shrink_slab_memcg", "shrinker_try_get", "shrinker_put", "css_tryget", "css_put",
    "css_next_descendant_pre", "xchg_nr_deferred", "add_nr_deferred", "xchg_nr_deferred_memcg",
    "add_nr_deferred_memcg", "is_born", "nr_cached_objects",
    "take_own_deferred", "add_own_deferred", "drop_slab_node",
}  # fmt: skip
"""Static functions that leave no symbol behind, and the model's verbs."""

RENAMED: Final = {
    "count_objects": "super_cache_count",
    "scan_objects": "super_cache_scan",
    "shrink_node_memcgs": "shrink_node",
    "list_lru_shrink_count": "list_lru_count_one",
    "spin_lock": "_raw_spin_lock",
    "spin_lock_nested": "_raw_spin_lock",
}
"""Functions whose name in the kernel is another."""

OUT_OF_LINE: Final[dict[type, str]] = {
    m.UpRead: "up_read",
    m.UpWrite: "up_write",
    m.DownReadTrylock: "down_read_trylock",
    m.DownRead: "down_read",
    m.DownWrite: "down_write",
    m.MutexLock: "mutex_lock",
    m.MutexUnlock: "mutex_unlock",
    m.Lock: "_raw_spin_lock",
    m.Unlock: "_raw_spin_unlock",
    m.XaLoad: "xas_descend",
    m.IdrFind: "radix_tree_lookup",
    m.ShrinkLruvec: "shrink_lruvec",
    m.SrcuReadLock: "__srcu_read_lock",
    m.SrcuReadUnlock: "__srcu_read_unlock",
    m.Kfree: "kfree",
    m.KvfreeCallRcu: "kvfree_call_rcu",
}
"""Messages that are a function of the kernel by themselves."""


class Entry:
    """Stands below the coroutine of ``cpu``, as if it awaited it."""

    def __init__(self, cpu: TimedCpu) -> None:
        self.cpu = cpu

    @property
    def cr_await(self) -> Coroutine[Any, Any, Any]:
        """What the CPU runs."""
        return self.cpu.task.coroutine


def stack_of(cpu: TimedCpu) -> Stack:
    """The stack of what ``cpu`` runs, which is awaiting something.

    Most coroutines that awaited each other last time do so still: what is over is forgotten, and
    what was called since is added. One that is over awaits nothing. The hot half of a timed run.
    """
    frame, stack, outer = inner = cpu.inner
    awaited = frame.cr_await
    while awaited is None:
        frame, stack, outer = inner = outer  # type: ignore[misc, assignment]  # an Entry awaits something
        awaited = frame.cr_await
    while type(awaited) is CoroutineType:
        try:
            stack = stack.frames[awaited.__name__]
        except KeyError:
            stack = enter(stack, awaited.__name__)
        inner = (awaited, stack, inner)
        awaited = awaited.cr_await
    cpu.inner = inner
    return stack


def enter(stack: Stack, name: str) -> Stack:
    """The stack within the function ``name``, called from ``stack``."""
    symbol = RENAMED.get(name, name)
    inlined = symbol in INLINED or (symbol == name and name.startswith("_"))
    found = stack if inlined else stack.under(symbol)
    stack.frames[name] = found
    return found
