"""The numbers of do_shrink_slab(): how much to scan now, how much to leave for later.

Theory. A call takes the count that earlier calls deferred (`nr`), adds the share of
the cache that this priority asks for (`delta`), scans whole batches of the sum, and
gives back what it did not scan. Nothing is lost but by the cap of twice the cache.

    nr = xchg(nr_deferred, 0)
    delta = scan_delta(freeable, priority, seeks)
    total = total_scan(nr, delta, freeable, priority)
    scanned = ...                               batches, until the callback has enough
    add(nr_deferred, next_deferred(nr, delta, scanned, freeable))

The three functions are what v5.13 and later compute; the kernel model calls them and
the conformance check holds recordings of real kernels against them. Older kernels are
other `Formula` objects at the end of this file: a version is a choice of object.

All counts are objects of the cache, plain integers. This file knows no kernel object,
no message and no trace: numbers in, numbers out.

Source: mm/shrinker.c:do_shrink_slab() (v6.7 and later), mm/vmscan.c before.
"""

from __future__ import annotations

from typing import Final, Protocol

SHRINK_STOP: Final = 2**64 - 1
"""A scan callback cannot make progress (include/linux/shrinker.h, ~0UL)."""
SHRINK_EMPTY: Final = 2**64 - 2
"""A count callback is sure that there is nothing (~0UL - 1)."""
LONG_MAX: Final = 2**63 - 1
"""The largest count that a C long holds: what is above is the unsigned of a negative one."""
DEFAULT_SEEKS: Final = 2
"""Disk seeks to recreate an object, unless the shrinker says otherwise."""
SHRINK_BATCH: Final = 128
"""Objects per call of scan_objects(), if shrinker.batch is 0."""
SUPER_BLOCK_BATCH: Final = 1024
"""The batch of a superblock's shrinker (fs/super.c:alloc_super(), v3.1 and later)."""
DEF_PRIORITY: Final = 12
"""Where reclaim starts: a 2**12th of the cache (include/linux/mmzone.h)."""

_U64: Final = 2**64 - 1


# -- v5.13 and later: the deferred count counts in proportion to the priority ----------


def scan_delta(freeable: int, priority: int, seeks: int) -> int:
    """Objects that this pass adds, before anything deferred (unsigned 64 bit).

    With seeks 0 half the cache, at every priority: such objects need no I/O to recreate.
    mm/shrinker.c:do_shrink_slab(), v5.13 and later; the same from v4.20 on.
    """
    if seeks:
        return (((freeable >> priority) * 4) & _U64) // seeks
    return freeable // 2


def total_scan(nr: int, delta: int, freeable: int, priority: int) -> int:
    """Objects to scan in this call, at most twice the cache.

    mm/shrinker.c:do_shrink_slab(), v5.13 (18bb473e5031) and later.
    """
    total = (nr >> priority) + delta
    cap = 2 * freeable
    return total if total < cap else cap  # noqa: FURB136  (min() is a call)


def next_deferred(nr: int, delta: int, scanned: int, freeable: int) -> int:
    """Objects to give back to the counter: never negative, at most twice the cache.

    mm/shrinker.c:do_shrink_slab(), v5.13 and later.
    """
    left = nr + delta - scanned
    if left <= 0:
        return 0
    cap = 2 * freeable
    return left if left < cap else cap  # noqa: FURB136  (min() is a call)


def can_scan(scanned: int, total: int, freeable: int, batch: int) -> bool:
    """Whether the batch loop can end with `scanned` of `total` objects done.

    For callbacks that leave sc->nr_scanned alone: whole batches, up to any of which the
    callback may say SHRINK_STOP, and a last short one only while total_scan >= freeable.
    mm/shrinker.c:do_shrink_slab(), every version with a batch loop.
    """
    if not 0 <= scanned <= total:
        return False
    short = scanned % batch
    return short == 0 or (scanned == total and short >= freeable)


# -- v4.16 to v5.12: everything deferred counts, which winds up ------------------------


def windup_total_scan(nr: int, delta: int, freeable: int) -> int:
    """Objects to scan in this call, mm/vmscan.c:do_shrink_slab() up to v5.12.

    A small delta may use the deferred count for half the cache only: the clamp that
    kept GFP_NOFS callers from emptying caches, and let the count grow without end.
    """
    total = _long(nr + delta)
    if total < 0:
        total = freeable
    if delta < freeable // 4:
        total = min(total, freeable // 2)
    return min(total, 2 * freeable)


def windup_next_deferred(nr: int, delta: int, scanned: int) -> int:
    """Objects to give back, without a cap: mm/vmscan.c:do_shrink_slab(), v4.9 to v5.12."""
    left = _long(nr + delta)
    if left < 0:  # the kernel complains and keeps what it took
        left = nr
    return max(left - scanned, 0)


def pressure_delta(freeable: int, pgs_scanned: int, lru_pgs: int, seeks: int) -> int:
    """Objects that a pass adds, mm/vmscan.c:do_shrink_slab() up to v4.15 (unsigned 64 bit).

    The cache is pressed as hard as the page lists: `pgs_scanned` of `lru_pgs` pages.
    """
    return (((4 * pgs_scanned // seeks) * freeable) & _U64) // (lru_pgs + 1)


def _long(value: int) -> int:
    """What a C long keeps of a value (64 bit)."""
    value &= _U64
    return value - 2**64 if value >> 63 else value


# -- the versions, as objects ----------------------------------------------------------


class Formula(Protocol):
    """One kernel's arithmetic; a version is a choice of one of `FORMULAS`."""

    name: str
    versions: str
    pressed: bool  # its trace prints pgs_scanned and lru_pgs instead of a priority
    per_memcg: bool  # memcg-aware shrinkers have a deferred count per memcg

    def delta(self, freeable: int, priority: int, seeks: int, pgs: int, lru: int) -> int:
        """Objects added by this pass; `pgs` of `lru` pages scanned is for v4.15 and before."""
        ...

    def total_scan(self, nr: int, delta: int, freeable: int, priority: int) -> int:
        """Objects to scan in this call."""
        ...

    def next_deferred(self, nr: int, delta: int, scanned: int, freeable: int) -> int:
        """Objects given back to the counter."""
        ...


class Proportional:
    """v5.13 and later: the three functions at the top of this file."""

    name = "proportional"
    versions = "v5.13 and later"
    pressed = False
    per_memcg = True

    def delta(self, freeable: int, priority: int, seeks: int, pgs: int, lru: int) -> int:
        return scan_delta(freeable, priority, seeks)

    def total_scan(self, nr: int, delta: int, freeable: int, priority: int) -> int:
        return total_scan(nr, delta, freeable, priority)

    def next_deferred(self, nr: int, delta: int, scanned: int, freeable: int) -> int:
        return next_deferred(nr, delta, scanned, freeable)


class Windup:
    """v4.16 to v5.12: the deferred count is used whole and given back without a cap."""

    name = "windup"
    versions = "v4.16 to v5.12"
    pressed = False
    per_memcg = False

    def delta(self, freeable: int, priority: int, seeks: int, pgs: int, lru: int) -> int:
        return scan_delta(freeable, priority, seeks)

    def total_scan(self, nr: int, delta: int, freeable: int, priority: int) -> int:
        return windup_total_scan(nr, delta, freeable)

    def next_deferred(self, nr: int, delta: int, scanned: int, freeable: int) -> int:
        return windup_next_deferred(nr, delta, scanned)


class Pressure(Windup):
    """v4.15 and before: pressed like the page lists, for which the trace prints two numbers."""

    name = "pressure"
    versions = "v4.9 to v4.15"
    pressed = True

    def delta(self, freeable: int, priority: int, seeks: int, pgs: int, lru: int) -> int:
        return pressure_delta(freeable, pgs, lru, seeks) if seeks else 0


FORMULAS: Final[tuple[Formula, ...]] = (Proportional(), Windup(), Pressure())
