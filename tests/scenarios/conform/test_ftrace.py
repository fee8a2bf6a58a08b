from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.scenarios.conform.ftrace import End, Kind, Mark, Parser, Start

HEAD = "         kswapd1-137   [011] ....  66671.878236: "
START = (
    "mm_shrink_slab_start: super_cache_scan+0x0/0x1a0 000000003e89d20a: nid: 1 objects to "
    "shrink 824 gfp_flags GFP_KERNEL cache items 1065515 delta 520 total_scan 1344 priority 12"
)
END = (
    "mm_shrink_slab_end: super_cache_scan+0x0/0x1a0 000000003e89d20a: nid: 1 unused scan "
    "count 824 new scan count 320 total_scan 320 last shrinker return val 1021"
)
OLD = (
    "mm_shrink_slab_start: super_cache_scan+0x0/0x1a0 ffff8800a0b1c2d0: nid: 0 objects to "
    "shrink 2531805877005 gfp_flags GFP_HIGHUSER_MOVABLE|__GFP_ZERO pgs_scanned 32 "
    "lru_pgs 9300 cache items 1667 delta 11 total_scan 833"
)
NEW = START.replace("nid: 1 ", "nid: 1 pid: 137 memcg_id: 4711 ") + " "


def parsed(line: str) -> Start | End | Mark | None:
    return Parser().feed(line)


def started(line: str) -> Start:
    record = parsed(line)
    assert isinstance(record, Start)
    return record


def test_a_start_of_v4_16_and_later() -> None:
    assert started(HEAD + START) == Start(
        task=137, cpu=11, time=66671.878236, callback="super_cache_scan+0x0/0x1a0",
        shrinker="000000003e89d20a", nid=1, memcg=None, nr=824, gfp="GFP_KERNEL",
        pgs_scanned=None, lru_pgs=None, freeable=1065515, delta=520, total_scan=1344,
        priority=12, in_irq=False,
    )  # fmt: skip


def test_an_end() -> None:
    assert parsed(HEAD + END) == End(
        task=137, cpu=11, time=66671.878236, callback="super_cache_scan+0x0/0x1a0",
        shrinker="000000003e89d20a", nid=1, memcg=None, nr=824, new=320, total_scan=320,
        freed=1021, in_irq=False,
    )  # fmt: skip


def test_an_end_whose_callback_did_more_than_planned() -> None:
    record = parsed(HEAD + END.replace("total_scan 320", "total_scan -118"))
    assert isinstance(record, End)
    assert record.total_scan == -118


def test_a_start_of_v4_15_and_before() -> None:
    record = started(HEAD + OLD)
    assert (record.pgs_scanned, record.lru_pgs, record.priority) == (32, 9300, None)


def test_a_start_of_2026() -> None:
    record = started(HEAD + NEW)
    assert (record.memcg, record.nr, record.in_irq) == (4711, 824, False)


def test_a_start_of_2026_in_an_interrupt() -> None:
    assert started(HEAD + NEW + "(in-irq)").in_irq


def test_an_end_of_2026() -> None:
    record = parsed(HEAD + END.replace("nid: 1 ", "nid: 1 pid: 137 memcg_id: 4711 ") + " (in-irq)")
    assert isinstance(record, End)
    assert (record.memcg, record.in_irq) == (4711, True)


def test_a_callback_of_a_module() -> None:
    line = HEAD + START.replace("super_cache_scan+0x0/0x1a0", "xfs_scan+0x0/0x90 [xfs]")
    assert started(line).callback == "xfs_scan+0x0/0x90 [xfs]"


@pytest.mark.parametrize(
    "head",
    [
        "         kswapd1-137   [011] 66671.878236: ",  # trace-cmd report, no flags
        "         kswapd1-137   [011] ..... 66671.878236: ",
        "         kswapd1-137   (    137) [011] d..2. 66671.878236: ",  # record-tgid
        "kswapd1   137 [011] 66671.878236: vmscan:",  # perf script
        "           <...>-137   [011] .... 66671.878236: ",
        "   kworker/0:1-137   [011] .... 66671.878236: ",
        "  my - task 7-137   [011] .N.. 66671.878236: ",
        " 137   [011] .... 66671.878236: ",
    ],
)
def test_the_layouts_of_a_line(head: str) -> None:
    record = started(head + START)
    assert (record.task, record.cpu, record.time) == (137, 11, 66671.878236)


@pytest.mark.parametrize(
    "line",
    [
        "# tracer: nop",
        "",
        "    init-1       [003] .....     7.118746: call_rcu <-task_work_run",
        "  init-1 [003] ..... 7.118746: trace_event_raw_event_mm_shrink_slab_end <-do_shrink_slab",
        "    init-1       [003] .....     7.118746: cgroup_mkdir: root=0 id=7 level=1 path=/t",
    ],
)
def test_other_lines_are_passed_over(line: str) -> None:
    parser = Parser()
    assert parser.feed(line) is None
    assert (parser.lines, parser.skipped, parser.broken) == (1, 1, [])


@pytest.mark.parametrize("length", [len(HEAD) + 30, len(HEAD + START) - 13])
def test_a_truncated_line_is_reported_with_its_number(length: int) -> None:
    parser = Parser()
    parser.feed(HEAD + END)
    assert parser.feed((HEAD + START)[:length]) is None
    assert parser.skipped == 1
    assert parser.broken[0].startswith("line 2: kswapd1-137")


def test_broken_lines_are_counted_but_not_all_kept() -> None:
    parser = Parser()
    for _ in range(1000):
        parser.feed(HEAD + START[:60])
    assert parser.passed["broken"] == 1000
    assert len(parser.broken) == 10


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("  a-1 [0] ..... 7.1: cgroup_rmdir: root=0 id=7 level=1 path=/t", Kind.RMDIR),
        ("  a-1 [0] ..... 7.1: reparent_shrinker_deferred <-mem_cgroup_css_off", Kind.REPARENT),
        ("  a-1 [0] ..... 7.1: shrinker_free <-deactivate_locked_super", Kind.FREE),
        ("  a-1 [0] ..... 7.1: unregister_shrinker <-deactivate_locked_super", Kind.FREE),
        ("  a-1 [0] ..... 7.1: function:    shrinker_free <-- deactivate_locked_super", Kind.FREE),
        ("  a-1 [0] ..... 7.1: function:    reparent_shrinker_deferred", Kind.REPARENT),
        ("  a-1 [0] ..... 7.1: mm_vmscan_memcg_reclaim_begin: order=0", Kind.WALK),
        ("CPU:2 [LOST 12 EVENTS]", Kind.LOST),
        ("CPU:2 [12 EVENTS DROPPED]", Kind.LOST),
    ],
)
def test_lines_that_bear_on_the_counts_are_marks(line: str, kind: Kind) -> None:
    mark = parsed(line)
    assert isinstance(mark, Mark)
    assert mark.kind is kind


def test_a_second_header_is_another_recording() -> None:
    parser = Parser()
    assert parser.feed("# tracer: nop") is None
    parser.feed(HEAD + START)
    assert parser.feed("# tracer: nop") == Mark(Kind.RESTART)


LONGS = st.integers(-(2**63), 2**63 - 1)


@given(
    task=st.integers(0, 2**22),
    cpu=st.integers(0, 8191),
    nid=st.integers(0, 1023),
    nr=LONGS,
    freeable=LONGS,
    delta=st.integers(0, 2**64 - 1),
    total=LONGS,
    priority=st.integers(0, 12),
    memcg=st.none() | st.integers(0, 2**64 - 1),
    irq=st.booleans(),
)
def test_what_a_kernel_prints_comes_back(
    *, task: int, cpu: int, nid: int, nr: int, freeable: int, delta: int, total: int,
    priority: int, memcg: int | None, irq: bool,
) -> None:  # fmt: skip
    who = "" if memcg is None else f"pid: {task} memcg_id: {memcg} "
    tail = "" if memcg is None else " (in-irq)" if irq else " "
    line = (
        f"  a task-{task}   [{cpu:03}] ..... 12.345678: mm_shrink_slab_start: f+0x0/0x10 ffff: "
        f"nid: {nid} {who}objects to shrink {nr} gfp_flags GFP_NOFS cache items {freeable} "
        f"delta {delta} total_scan {total} priority {priority}{tail}"
    )
    assert started(line) == Start(
        task, cpu, 12.345678, "f+0x0/0x10", "ffff", nid, memcg, nr, "GFP_NOFS", None, None,
        freeable, delta, total, priority, memcg is not None and irq,
    )  # fmt: skip


@given(st.text(), st.text())
def test_no_line_makes_it_fail(before: str, after: str) -> None:
    parser = Parser()
    for line in (before, before + "mm_shrink_slab_start: " + after, HEAD + START + after):
        parser.feed(line)
    assert parser.lines == 3
