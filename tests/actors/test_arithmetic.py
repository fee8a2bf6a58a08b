from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.actors.arithmetic import (
    FORMULAS,
    SHRINK_BATCH,
    SHRINK_EMPTY,
    SHRINK_STOP,
    can_scan,
    next_deferred,
    pressure_delta,
    scan_delta,
    total_scan,
    windup_next_deferred,
    windup_total_scan,
)

COUNTS = st.integers(0, 2**40)
PRIORITIES = st.integers(0, 12)
SEEKS = st.sampled_from([0, 1, 2, 4, 8, 32])


@pytest.mark.parametrize(
    ("nr", "freeable", "priority", "seeks", "delta", "total"),
    [
        (0, 65536, 12, 2, 32, 32),
        (824, 1065515, 12, 2, 520, 520),
        (4994376020, 93689873, 12, 2, 45746, 1265076),
        (100, 50, 0, 2, 100, 100),
        (0, 100, 12, 2, 0, 0),
        (0, 100, 12, 0, 50, 50),
        (1000, 100, 0, 2, 200, 200),
        (5000, 4096, 5, 2, 256, 412),
    ],
)
def test_the_plan_of_the_known_vectors(
    *, nr: int, freeable: int, priority: int, seeks: int, delta: int, total: int
) -> None:
    assert scan_delta(freeable, priority, seeks) == delta
    assert total_scan(nr, delta, freeable, priority) == total


def test_stop_and_empty_are_the_last_two_unsigned_longs() -> None:
    assert (SHRINK_STOP, SHRINK_EMPTY) == (0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFE)


def test_the_delta_wraps_like_an_unsigned_long() -> None:
    assert scan_delta(2**62 + 1, 0, 1) == 4


@given(COUNTS, PRIORITIES)
def test_objects_that_need_no_io_are_halved_at_every_priority(freeable: int, priority: int) -> None:
    assert scan_delta(freeable, priority, 0) == freeable // 2


@given(COUNTS, COUNTS, PRIORITIES, SEEKS)
def test_a_plan_is_at_most_twice_the_cache(
    nr: int, freeable: int, priority: int, seeks: int
) -> None:
    total = total_scan(nr, scan_delta(freeable, priority, seeks), freeable, priority)
    assert 0 <= total <= 2 * freeable


@given(COUNTS, COUNTS, PRIORITIES, SEEKS, st.integers(0, 2**41))
def test_what_is_given_back_is_what_was_not_scanned_within_the_cap(
    nr: int, freeable: int, priority: int, seeks: int, scanned: int
) -> None:
    delta = scan_delta(freeable, priority, seeks)
    back = next_deferred(nr, delta, scanned, freeable)
    assert back == sorted([0, nr + delta - scanned, 2 * freeable])[1]


@given(COUNTS, COUNTS, PRIORITIES, SEEKS)
def test_at_priority_0_nothing_deferred_is_held_back(
    nr: int, freeable: int, priority: int, seeks: int
) -> None:
    delta = scan_delta(freeable, 0, seeks)
    assert total_scan(nr, delta, freeable, 0) == min(nr + delta, 2 * freeable)


@given(st.integers(0, 5000), st.integers(1, 5000), st.sampled_from([128, 1024]), st.integers(0, 50))
def test_every_end_of_the_batch_loop_can_be_scanned(
    total: int, freeable: int, batch: int, stop_after: int
) -> None:
    left, batches = total, 0
    while (left >= batch or left >= freeable) and left > 0 and batches < stop_after:
        left -= min(batch, left)
        batches += 1
    assert can_scan(total - left, total, freeable, batch)


@pytest.mark.parametrize("scanned", [-1, 1, SHRINK_BATCH - 1, SHRINK_BATCH + 1, 301])
def test_no_other_number_can_be_scanned(scanned: int) -> None:
    assert not can_scan(scanned, 300, 300, SHRINK_BATCH)


# -- older kernels, published lines ------------------------------------------------------


@pytest.mark.parametrize(
    ("nr", "freeable", "priority", "delta", "total"),
    [
        (824, 1065515, 12, 520, 1344),
        (726, 1064232, 11, 1038, 1764),
        (4994376020, 93689873, 12, 45746, 46844936),
    ],
)
def test_published_plans_up_to_v5_12(
    nr: int, freeable: int, priority: int, delta: int, total: int
) -> None:
    assert scan_delta(freeable, priority, 2) == delta
    assert windup_total_scan(nr, delta, freeable) == total


@pytest.mark.parametrize(
    ("nr", "delta", "scanned", "new"),
    [
        (824, 520, 1344 - 320, 320),
        (726, 1038, 1764 - 740, 740),
        (4994376020, 45746, 46844936 - 8, 4947576838),
    ],
)
def test_published_ends_up_to_v5_12(nr: int, delta: int, scanned: int, new: int) -> None:
    assert windup_next_deferred(nr, delta, scanned) == new


@pytest.mark.parametrize(
    ("nr", "pgs", "lru", "freeable", "seeks", "delta", "total"),
    [
        (3641681686040, 1, 15721, 246404277, 2, 31345, 123202138),
        (2531805877005, 32, 9300, 1667, 2, 11, 833),
        (122, 83, 241753, 241754, 32, 10, 132),
    ],
)
def test_published_plans_up_to_v4_15(
    *, nr: int, pgs: int, lru: int, freeable: int, seeks: int, delta: int, total: int
) -> None:
    assert pressure_delta(freeable, pgs, lru, seeks) == delta
    assert windup_total_scan(nr, delta, freeable) == total


def test_a_published_end_of_v4_15_shows_what_others_added() -> None:
    back = windup_next_deferred(3641681686040, 31345, 123202138 - 602)
    assert 3641798379189 - back == 239863340


def test_an_overflowing_count_is_kept_and_the_whole_cache_planned() -> None:
    assert windup_total_scan(2**63 - 1, 400, 1000) == 1000
    assert windup_next_deferred(2**63 - 1, 400, 100) == 2**63 - 101


@given(COUNTS, PRIORITIES)
def test_each_formula_agrees_with_its_functions(freeable: int, priority: int) -> None:
    proportional, windup, pressure = FORMULAS
    delta = scan_delta(freeable, priority, 2)
    assert proportional.delta(freeable, priority, 2, 0, 0) == delta
    assert windup.delta(freeable, priority, 2, 0, 0) == delta
    assert pressure.delta(freeable, priority, 2, 32, 99) == pressure_delta(freeable, 32, 99, 2)
    assert proportional.total_scan(9, delta, freeable, priority) == total_scan(
        9, delta, freeable, priority
    )
    assert pressure.total_scan(9, delta, freeable, priority) == windup_total_scan(
        9, delta, freeable
    )
