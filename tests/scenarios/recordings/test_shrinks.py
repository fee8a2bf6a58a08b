from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.scenarios.recordings.line import Line
from slabrace.scenarios.recordings.shrinks import END, START, End, Start, shrink

NEW = (
    "super_cache_scan+0x0/0x1a0 000000003e89d20a: nid: 1 objects to shrink 824 gfp_flags "
    "GFP_KERNEL cache items 1065515 delta 520 total_scan 1344 priority 12"
)
OLD = (
    "super_cache_scan+0x0/0x1a0 ffff8800a0b1c2d0: nid: 0 objects to shrink 7 gfp_flags "
    "GFP_NOFS pgs_scanned 32 lru_pgs 9300 cache items 1667 delta 11 total_scan 833"
)
GIVEN_BACK = (
    "super_cache_scan+0x0/0x1a0 000000003e89d20a: nid: 1 unused scan count 824 new scan count 320 "
    "total_scan -118 last shrinker return val 1021"
)


def read(event: str, payload: str) -> Start | End | None:
    return shrink(Line("kswapd1", 137, None, 11, ".....", "7.25", event, payload))


def test_a_start_has_its_line_and_its_numbers() -> None:
    assert read(START, NEW) == Start(
        task=137, cpu=11, time=7.25, callback="super_cache_scan+0x0/0x1a0",
        shrinker="000000003e89d20a", nid=1, memcg=None, nr=824, gfp="GFP_KERNEL",
        pgs_scanned=None, lru_pgs=None, freeable=1065515, delta=520, total_scan=1344,
        priority=12, in_irq=False,
    )  # fmt: skip


def test_a_start_of_v4_15_and_before_has_pages_instead_of_a_priority() -> None:
    found = read(START, OLD)
    assert isinstance(found, Start)
    assert (found.pgs_scanned, found.lru_pgs, found.priority) == (32, 9300, None)


def test_an_end_may_have_done_more_than_planned() -> None:
    found = read(END, GIVEN_BACK)
    assert isinstance(found, End)
    assert (found.nr, found.new, found.total_scan, found.freed) == (824, 320, -118, 1021)


@pytest.mark.parametrize(("event", "payload"), [(START, NEW), (END, GIVEN_BACK)])
def test_a_kernel_of_2026_says_which_memcg(event: str, payload: str) -> None:
    found = read(event, payload.replace("nid: 1 ", "nid: 1 pid: 9 memcg_id: 4711 ") + " (in-irq)")
    assert found is not None
    assert (found.memcg, found.in_irq) == (4711, True)


@given(st.sampled_from([(START, NEW), (START, OLD), (END, GIVEN_BACK)]), st.data())
def test_a_payload_that_was_cut_within_a_word_is_not_read(
    printed: tuple[str, str], data: st.DataObject
) -> None:
    event, payload = printed
    last = payload.rindex(" ")  # a number that lost digits is still a number
    assert read(event, payload[: data.draw(st.integers(0, last))]) is None
