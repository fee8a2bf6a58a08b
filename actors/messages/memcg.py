"""What is sent to memcgs, to their shrinker_info, and to list_lrus.

A part is called like the word it is, so that a plain load or store of that word meets it.
"""

from __future__ import annotations

from typing import Any

from slabrace.actors.messages.access import Access, show

__all__ = [
    "Charge",
    "ClearBit",
    "CssGet",
    "CssPut",
    "CssTryget",
    "DeferredAdd",
    "DeferredRead",
    "DeferredWrite",
    "DeferredXchg",
    "FindNextBit",
    "LinkChild",
    "LinkLoad",
    "LinkStore",
    "LruAdd",
    "LruDel",
    "LruGive",
    "LruIsolate",
    "LruSplice",
    "NextChild",
    "PercpuRefKill",
    "ReadUnit",
    "SetBit",
    "ShrinkLruvec",
    "TakeUnits",
    "UnlinkChild",
    "XaErase",
    "XaLoad",
    "XaStore",
]

# ruff: noqa: D101 (the names are the kernel's own; the groups say what they are sent to)

# -- Memcg -----------------------------------------------------------------------------


class CssTryget(Access, frozen=True, gc=False):
    name = "css_tryget"

    def part(self) -> str:
        return "refcnt"


class CssGet(Access, frozen=True, gc=False):
    name = "css_get"

    def part(self) -> str:
        return "refcnt"


class CssPut(Access, frozen=True, gc=False):
    name = "css_put"

    def part(self) -> str:
        return "refcnt"


class PercpuRefKill(Access, frozen=True, gc=False):
    name = "percpu_ref_kill"

    def part(self) -> str:
        return "css_dying"


class LinkChild(Access, frozen=True, gc=False):
    child: Any
    name = "list_add_tail_rcu"

    def part(self) -> str:
        return "children"


class UnlinkChild(Access, frozen=True, gc=False):
    child: Any
    name = "list_del_rcu"

    def part(self) -> str:
        return "children"


class NextChild(Access, frozen=True, gc=False):
    """The first child linked after the one of serial number ``after`` (-1: the first)."""

    after: int
    name = "css_next_child"
    writes = False

    def part(self) -> str:
        return "children"


class Charge(Access, frozen=True, gc=False):
    """Charge ``pages``; False if that would exceed the limit and ``force`` is not set."""

    pages: int
    force: bool = False
    name = "page_counter_try_charge"

    def part(self) -> str:
        return "usage"


# -- MemcgPerNode ----------------------------------------------------------------------


class ShrinkLruvec(Access, frozen=True, gc=False):
    """Reclaim up to ``pages`` of the node's page LRUs; how many were."""

    pages: int
    name = "shrink_lruvec"

    def part(self) -> str:
        return "lru_pages"


# -- ShrinkerInfo, ShrinkerInfoUnit, FlatInfo ------------------------------------------


class ReadUnit(Access, frozen=True, gc=False):
    """``info->unit[index]``, or None for an index that ``map_nr_max`` excludes."""

    index: int
    name = "info->unit"
    writes = False

    def part(self) -> str:
        return "unit"

    def told(self, addressee: str) -> str:
        return f"{addressee}->unit[{self.index}]"


class TakeUnits(Access, frozen=True, gc=False):
    """All of ``info->unit[]``, and NULL in its place."""

    name = "xchg"

    def part(self) -> str:
        return "unit"


class SetBit(Access, frozen=True, gc=False):
    bit: int
    name = "set_bit"

    def part(self) -> str:
        return "map"


class ClearBit(Access, frozen=True, gc=False):
    bit: int
    name = "clear_bit"

    def part(self) -> str:
        return "map"


class FindNextBit(Access, frozen=True, gc=False):
    """The first set bit at or after ``start``, or -1."""

    start: int
    name = "find_next_bit"
    writes = False

    def part(self) -> str:
        return "map"


class DeferredXchg(Access, frozen=True, gc=False):
    index: int
    name = "atomic_long_xchg"

    def part(self) -> str:
        return "nr_deferred"


class DeferredAdd(Access, frozen=True, gc=False):
    index: int
    delta: int
    name = "atomic_long_add_return"

    def part(self) -> str:
        return "nr_deferred"


class DeferredRead(Access, frozen=True, gc=False):
    index: int
    name = "atomic_long_read"
    writes = False

    def part(self) -> str:
        return "nr_deferred"


class DeferredWrite(Access, frozen=True, gc=False):
    index: int
    value: int
    name = "atomic_long_set"


# -- ListLru, ListLruOne ---------------------------------------------------------------


class XaLoad(Access, frozen=True, gc=False):
    id: int
    name = "xa_load"
    writes = False

    def part(self) -> int:
        return self.id


class XaStore(Access, frozen=True, gc=False):
    id: int
    value: Any
    name = "xa_store"

    def part(self) -> int:
        return self.id


class XaErase(Access, frozen=True, gc=False):
    id: int
    name = "xa_erase"

    def part(self) -> int:
        return self.id


class LruAdd(Access, frozen=True, gc=False):
    """Link ``item``; how many there were before."""

    item: Any
    name = "list_add_tail"


class LruDel(Access, frozen=True, gc=False):
    """Unlink ``item``, wherever it is linked, and count it off here; False if it was not linked."""

    item: Any
    name = "list_del_init"


class LruIsolate(Access, frozen=True, gc=False):
    """Unlink up to ``count`` items (None: all); the items."""

    count: int | None
    name = "list_lru_isolate"


class LruSplice(Access, frozen=True, gc=False):
    """Take all items of a list; ``(items, nr_items)``."""

    name = "list_splice_init"


class LruGive(Access, frozen=True, gc=False):
    """Append ``items`` and add ``nr_items`` to the count; the count before."""

    items: Any
    nr_items: int
    name = "list_splice"


# -- ListLinks -------------------------------------------------------------------------


class LinkLoad(Access, frozen=True, gc=False):
    """``node->next`` or ``node->prev``."""

    node: Any
    side: str
    name = "READ_ONCE"
    writes = False

    def part(self) -> tuple[str, str]:
        return (show(self.node), self.side)


class LinkStore(Access, frozen=True, gc=False):
    """``node->next`` or ``node->prev`` is ``to`` from here on."""

    node: Any
    side: str
    to: Any
    name = "WRITE_ONCE"

    def part(self) -> tuple[str, str]:
        return (show(self.node), self.side)
