from __future__ import annotations

import gzip
import io
import os
import re
from pathlib import Path

import pytest

from slabrace.scenarios.conform import deferred
from slabrace.scenarios.conform.conformance import Checker, ConformanceError, Report, check, render

EXCERPT = Path(__file__).resolve().parents[2] / "data" / "linux-6.12-overlap.txt"
SHARED = Path(
    os.environ.get("SLABRACE_SHARED", Path(__file__).resolve().parents[3].parent / "shared")
)
CONTRACT = ["path", "lines", "pairs", "matched", "explained", "unexplained", "skipped"]
FS = "super_cache_scan+0x0/0x1c0"


def judged(lines: list[str]) -> Report:
    checker = Checker()
    for line in lines:
        checker.feed(line)
    report = checker.report("test")
    assert report.matched + report.explained + report.unexplained == report.pairs
    return report


def excerpt() -> list[str]:
    return EXCERPT.read_text().splitlines()


def start(
    task: int, time: float, nr: int, total: int, *, delta: int = 28, items: int = 57,
    priority: int = 12, shrinker: str = "ffff1", nid: int = 0, memcg: int | None = None,
    callback: str = FS,
) -> str:  # fmt: skip
    who = "" if memcg is None else f"pid: {task} memcg_id: {memcg} "
    return (
        f"  a-{task} [00{task}] ..... {time:.6f}: mm_shrink_slab_start: {callback} {shrinker}: "
        f"nid: {nid} {who}objects to shrink {nr} gfp_flags GFP_KERNEL cache items {items} "
        f"delta {delta} total_scan {total} priority {priority}"
    )


def end(
    task: int, time: float, nr: int, new: int, total: int, *, freed: int = 0,
    shrinker: str = "ffff1", nid: int = 0, memcg: int | None = None, callback: str = FS,
) -> str:  # fmt: skip
    who = "" if memcg is None else f"pid: {task} memcg_id: {memcg} "
    return (
        f"  a-{task} [00{task}] ..... {time:.6f}: mm_shrink_slab_end: {callback} {shrinker}: "
        f"nid: {nid} {who}unused scan count {nr} new scan count {new} "
        f"total_scan {total} last shrinker return val {freed}"
    )


OVERLAP = [
    start(1, 1.0, 0, 28), end(1, 1.1, 0, 28, 28),  # leaves 28
    start(1, 2.0, 28, 28),
    start(2, 2.1, 0, 28), end(2, 2.2, 0, 28, 28),  # adds 28 meanwhile
    end(1, 2.3, 28, 84, 28),  # 56 of its own and the 28
]  # fmt: skip
RMDIR = "  a-9 [000] ..... 1.5: cgroup_rmdir: root=0 id=7 level=1 path=/t"


# -- the recordings of this project ------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pairs", "explained"),
    [
        ("linux-6.1-churn-functions", 118, 0),
        ("linux-6.1-churn", 994, 0),
        ("linux-6.1-phases-11-functions", 8, 0),
        ("linux-6.1-stress-4001", 34, 0),
        ("linux-6.12-churn-functions", 827, 1),
        ("linux-6.12-churn", 580, 0),
        ("linux-6.12-phases-11-functions", 10, 0),
        ("linux-6.12-stress-4001", 36, 0),
    ],
)
def test_no_line_of_a_real_kernel_remains_unexplained(
    name: str, pairs: int, explained: int
) -> None:
    path = SHARED / "traces" / f"{name}.txt.gz"
    if not path.exists():
        pytest.skip(f"no recordings beside the repository: {path.name} (set SLABRACE_SHARED)")
    report = check(path, name)
    assert (report.pairs, report.explained, report.unexplained) == (pairs, explained, 0)
    assert report.matched == pairs - explained
    assert (report.open, report.orphaned, report.first_seen, report.merged) == (0, 0, 0, 0)
    assert report.formula == "proportional"


def test_the_overlap_of_the_excerpt_is_accounted_for() -> None:
    report = check(EXCERPT, "excerpt")
    assert (report.pairs, report.matched, report.explained, report.open) == (37, 36, 1, 0)
    overlap = report.callbacks[FS].overlaps[0]
    assert (overlap.cpu, overlap.by, overlap.pairs, overlap.amount) == (1, (2,), 1, 28)


def test_seeks_are_inferred_per_shrinker() -> None:
    seeks = check(EXCERPT, "excerpt").callbacks["kfree_rcu_shrink_scan+0x0/0x120"].seeks
    assert seeks == {"2": 1}


# -- mutations of a real recording -------------------------------------------------------


@pytest.mark.parametrize("add", [1, -1, 28, 1000])
@pytest.mark.parametrize(
    ("event", "number"),
    [
        ("start", "objects to shrink"),
        ("start", "delta"),
        ("start", "total_scan"),
        ("end", "unused scan count"),
        ("end", "new scan count"),
        ("end", "total_scan"),
    ],
)
def test_one_changed_number_is_unexplained(event: str, number: str, add: int) -> None:
    lines = excerpt()
    pattern = re.compile(rf"(mm_shrink_slab_{event}: .* {number} )(\d+)")
    for index, line in enumerate(lines):
        found = pattern.search(line)
        if found is None or int(found[2]) + add < 0:
            continue
        wrong = line[: found.start()] + found[1] + str(int(found[2]) + add) + line[found.end() :]
        report = judged([*lines[:index], wrong, *lines[index + 1 :]])
        assert report.unexplained, wrong
        assert report.first_unexplained is not None


def test_objects_freed_without_scanning_are_unexplained() -> None:
    lines = excerpt()
    index = next(i for i, x in enumerate(lines) if "_end: super" in x and x.endswith("val 0"))
    lines[index] = lines[index][:-1] + "5"
    report = judged(lines)
    assert report.first_unexplained is not None
    assert report.first_unexplained.end_line == index + 1
    assert "freed 5" in report.first_unexplained.reason


def test_a_dropped_end_leaves_its_start_open() -> None:
    lines = excerpt()
    ends = [index for index, line in enumerate(lines) if "mm_shrink_slab_end" in line]
    for index in ends:
        report = judged(lines[:index] + lines[index + 1 :])
        assert report.open == 1
        assert report.pairs <= len(ends) - 1


def test_a_dropped_start_leaves_its_end_orphaned() -> None:
    lines = excerpt()
    starts = [index for index, line in enumerate(lines) if "mm_shrink_slab_start" in line]
    for index in starts:
        assert judged(lines[:index] + lines[index + 1 :]).orphaned == 1


def test_the_first_unexplained_line_is_quoted() -> None:
    lines = excerpt()
    index = next(i for i, line in enumerate(lines) if "mm_shrink_slab_start: super" in line)
    lines[index] = re.sub(r"delta \d+", "delta 7777", lines[index])
    report = judged(lines)
    assert report.first_unexplained is not None
    assert report.first_unexplained.line == index + 1
    assert lines[index].strip() in render(report)


# -- conservation ------------------------------------------------------------------------


def test_an_excess_is_explained_by_an_overlapping_add() -> None:
    report = judged(OVERLAP)
    assert (report.matched, report.explained, report.unexplained) == (2, 1, 0)


def test_an_excess_without_an_overlapping_call_is_unexplained() -> None:
    assert judged([*OVERLAP[:3], OVERLAP[5]]).unexplained == 1


def test_an_excess_left_before_the_call_began_is_unexplained() -> None:
    earlier = [start(2, 1.2, 0, 28), end(2, 1.3, 0, 28, 28)]
    assert judged([*OVERLAP[:2], *earlier, OVERLAP[2], OVERLAP[5]]).unexplained == 1


def test_an_excess_other_than_the_add_is_unexplained() -> None:
    assert judged([*OVERLAP[:5], end(1, 2.3, 28, 83, 28)]).unexplained == 1


def test_an_add_on_another_node_explains_nothing() -> None:
    other = [start(2, 2.1, 0, 28, nid=1), end(2, 2.2, 0, 28, 28, nid=1)]
    assert judged([*OVERLAP[:3], *other, OVERLAP[5]]).unexplained == 1


def test_an_add_to_another_shrinker_explains_nothing() -> None:
    other = [start(2, 2.1, 0, 28, shrinker="f2"), end(2, 2.2, 0, 28, 28, shrinker="f2")]
    assert judged([*OVERLAP[:3], *other, OVERLAP[5]]).unexplained == 1


def test_an_add_by_a_call_that_took_an_older_value_is_to_another_counter() -> None:
    # both counters hold something when the first call begins: they are two
    lines = [
        start(1, 1.0, 0, 28), end(1, 1.1, 0, 28, 28),
        start(1, 1.2, 0, 20, delta=20, items=40), end(1, 1.3, 0, 20, 20),
        start(1, 2.0, 28, 28),
        start(2, 2.1, 20, 20, delta=20, items=40), end(2, 2.2, 20, 40, 20),
        end(1, 2.3, 28, 96, 28),
    ]  # fmt: skip
    assert judged(lines).unexplained == 1


def test_an_add_explains_one_call_only() -> None:
    again = [start(3, 2.05, 0, 28), end(3, 2.4, 0, 56, 28)]
    report = judged([*OVERLAP[:3], again[0], *OVERLAP[3:], again[1]])
    assert (report.explained, report.unexplained) == (1, 1)


def test_a_value_may_be_taken_before_the_line_that_says_it_was_left() -> None:
    lines = [
        start(1, 1.0, 0, 28), start(2, 1.1, 28, 28), end(1, 1.2, 0, 28, 28),
        end(2, 1.3, 28, 56, 28),
    ]  # fmt: skip
    report = judged(lines)
    assert (report.matched, report.explained, report.first_seen) == (1, 1, 0)


def test_an_add_may_be_found_before_the_line_that_says_so() -> None:
    lines = [
        start(1, 1.0, 0, 28), start(2, 1.1, 0, 28), end(2, 1.2, 0, 56, 28), end(1, 1.3, 0, 28, 28)
    ]  # fmt: skip
    assert judged(lines).explained == 1


def test_a_value_from_before_the_recording_is_first_seen() -> None:
    report = judged([start(1, 1.0, 28, 28), end(1, 1.1, 28, 56, 28)])
    assert (report.matched, report.first_seen) == (1, 1)


def test_a_later_round_of_the_same_walk_sees_nothing_for_the_first_time() -> None:
    lines = [
        start(1, 1.0, 0, 28), end(1, 1.1, 0, 28, 28),
        start(1, 1.2, 30, 28, priority=11), end(1, 1.3, 30, 58, 28),
    ]  # fmt: skip
    assert judged(lines).unexplained == 1


def test_a_count_may_be_merged_into_the_parent_of_a_removed_memcg() -> None:
    left = [start(1, 1.0, 0, 28), end(1, 1.1, 0, 28, 28)]
    left += [start(1, 1.2, 0, 20, delta=20, items=40), end(1, 1.3, 0, 20, 20)]
    taken = [start(1, 2.0, 48, 28), end(1, 2.1, 48, 76, 28)]
    report = judged([*left, RMDIR, *taken])
    assert (report.explained, report.merged, report.first_seen) == (1, 1, 0)


def test_with_memcgs_printed_a_value_must_be_that_memcgs() -> None:
    lines = [
        start(1, 1.0, 0, 28, memcg=5), end(1, 1.1, 0, 28, 28, memcg=5),
        start(1, 1.2, 0, 28, memcg=6), end(1, 1.3, 0, 28, 28, memcg=6),
        start(1, 2.0, 28, 28, memcg=5), end(1, 2.1, 28, 56, 28, memcg=5),
    ]  # fmt: skip
    assert judged(lines).matched == 3
    lost = [*lines[:4], start(1, 2.0, 0, 28, memcg=5), end(1, 2.1, 0, 28, 28, memcg=5)]
    assert judged(lost).unexplained == 1


def test_with_memcgs_printed_an_add_that_loses_another_is_unexplained() -> None:
    lines = [
        start(1, 1.0, 0, 28, memcg=5), start(2, 1.1, 0, 28, memcg=5),
        end(2, 1.2, 0, 28, 28, memcg=5), end(1, 1.3, 0, 28, 28, memcg=5),
    ]  # fmt: skip
    assert judged(lines).unexplained == 1


def test_a_shrinker_that_is_not_numa_aware_has_one_counter_for_all_nodes() -> None:
    other = "i915_gem_shrinker_scan+0x0/0x90 [i915]"
    lines = [
        start(1, 1.0, 0, 28, callback=other), end(1, 1.1, 0, 28, 28, callback=other),
        start(1, 1.2, 28, 28, nid=1, callback=other),
        end(1, 1.3, 28, 56, 28, nid=1, callback=other),
    ]  # fmt: skip
    report = judged(lines)
    assert (report.matched, report.first_seen) == (2, 0)


# -- shrinkers, formulas, ends of recordings ---------------------------------------------


def test_an_address_may_come_back_as_another_kind_of_superblock() -> None:
    lines = [start(1, 1.0, 0, 28), end(1, 1.1, 0, 28, 28)]
    lines += [start(1, 1.2, 0, 32, delta=32, items=65536), end(1, 1.3, 0, 32, 32)]
    report = judged(lines)
    assert (report.matched, report.reused) == (2, 1)


def test_seeks_do_not_change_while_something_is_deferred() -> None:
    lines = [start(1, 1.0, 0, 28), end(1, 1.1, 0, 28, 28)]
    lines += [start(1, 1.2, 28, 32, delta=32, items=65536), end(1, 1.3, 28, 60, 32)]
    assert judged(lines).unexplained == 1


def test_seeks_do_not_change_if_no_shrinker_was_freed_where_that_is_recorded() -> None:
    free = "  a-9 [000] ..... 0.5: shrinker_free <-deactivate_locked_super"
    lines = [start(1, 1.0, 0, 28), end(1, 1.1, 0, 28, 28)]
    new = [start(1, 1.2, 0, 32, delta=32, items=65536), end(1, 1.3, 0, 32, 32)]
    assert judged([start(1, 0.1, 0, 28), end(1, 0.2, 0, 28, 28), free, *lines, *new]).unexplained
    assert judged([*lines, free, *new]).reused == 1


WHO = "super_cache_scan+0x0/0x1a0 000000003e89d20a: nid: 1"
PUBLISHED = f"""\
kswapd1-137 [011] .... 66671.878236: mm_shrink_slab_start: {WHO} objects to shrink 824 gfp_flags \
GFP_KERNEL cache items 1065515 delta 520 total_scan 1344 priority 12
kswapd1-137 [007] .... 66707.247798: mm_shrink_slab_end: {WHO} unused scan count 824 new scan \
count 320 total_scan 320 last shrinker return val 1021
""".splitlines()


def test_a_published_pair_of_v5_4_fits_the_windup_formula() -> None:
    report = judged(PUBLISHED)
    assert (report.formula, report.matched, report.unexplained) == ("windup", 1, 0)


def test_a_published_pair_of_v4_15_and_before_fits_the_pressure_formula() -> None:
    first = "a-409454 [000] .... 1.0: mm_shrink_slab_start: super_cache_scan+0x0/0x1a0 ffff1: "
    last = first.replace("1.0: ", "146.0: ").replace("_start", "_end")
    lines = [
        first + "nid: 0 objects to shrink 3641681686040 gfp_flags GFP_HIGHUSER_MOVABLE|__GFP_ZERO "
        "pgs_scanned 1 lru_pgs 15721 cache items 246404277 delta 31345 total_scan 123202138",
        last + "nid: 0 unused scan count 3641681686040 new scan count 3641558515849 "
        "total_scan 602 last shrinker return val 123186855",
    ]
    report = judged(lines)
    assert (report.formula, report.matched) == ("pressure", 1)
    # as published: other CPUs added 239863340, but their calls are not in the excerpt
    published = [lines[0], lines[1].replace("3641558515849", "3641798379189")]
    found = judged(published).first_unexplained
    assert found is not None
    assert "239863340 more" in found.reason


def test_lost_events_leave_the_calls_in_flight_unjudged() -> None:
    report = judged([*OVERLAP[:3], "CPU:2 [LOST 12 EVENTS]", OVERLAP[5]])
    assert (report.pairs, report.blind, report.unexplained, report.lost_events) == (1, 1, 0, 12)


def test_a_nested_call_pairs_like_brackets() -> None:
    inner = [start(1, 1.01, 0, 28, shrinker="f2"), end(1, 1.02, 0, 28, 28, shrinker="f2")]
    assert judged([OVERLAP[0], *inner, OVERLAP[1]]).matched == 2


@pytest.mark.parametrize("header", [True, False])
def test_two_recordings_in_one_text_are_two_machines(*, header: bool) -> None:
    lines = excerpt()
    again = lines
    if not header:  # then it shows in the clock, which starts anew
        lines = [line for line in lines if not line.startswith("#")]
        again = [line.replace("     7.6", "     2.6") for line in lines]
    once, twice = judged(lines), judged(lines + again)
    for name in ("lines", "pairs", "matched", "explained", "unexplained", "open", "first_seen"):
        assert getattr(twice, name) == 2 * getattr(once, name), name


# -- files -------------------------------------------------------------------------------


def test_the_json_has_the_agreed_fields() -> None:
    plain = check(EXCERPT, "excerpt").to_json()
    assert list(plain)[:7] == CONTRACT
    assert plain["lines"] == plain["skipped"] + 2 * plain["pairs"]


def test_gzip_text_and_stdin_give_the_same_report(tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(EXCERPT.read_bytes()))
    reports = [check(source, "x") for source in (EXCERPT, packed, str(packed))]
    reports.append(check(io.StringIO(EXCERPT.read_text()), "x"))
    piped = io.TextIOWrapper(io.BytesIO(packed.read_bytes()))  # what sys.stdin is
    reports.append(check(piped, "x"))
    assert all(report.to_json() == reports[0].to_json() for report in reports)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"hello\nworld\n", "none in 2 lines"),
        (b"\x7fELF\0\0\0", "binary data"),
        (b"\x17\x08\x44tracing6\0", "trace.dat"),
        (gzip.compress(EXCERPT.read_bytes())[:900], "damage after line"),
        (b"\x1f\x8bnonsense", "damage after line 0"),
        (b"x" * 3_000_000, "a line of more than"),
    ],
)
def test_what_is_no_recording_says_so(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "input"
    path.write_bytes(content)
    with pytest.raises(ConformanceError, match=found) as error:
        check(path, "input")
    assert str(error.value).startswith("input: expected ")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConformanceError, match="No such file"):
        check(tmp_path / "nowhere", "nowhere")


def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferred, "DEPOSITS", 200)
    monkeypatch.setattr(deferred, "ACCOUNTS", 50)
    checker = Checker()
    for n in range(1, 3000):  # ever new shrinkers and values, and nobody takes them
        items, name = 2 * n + 2, f"f{n // 3}"
        checker.feed(start(1, n, 0, n + 1, delta=n + 1, items=items, shrinker=name))
        checker.feed(end(1, n + 0.5, 0, n + 1, n + 1, shrinker=name))
    for judge in checker._judges:
        ledger = judge._law.ledger
        assert len(ledger.accounts) <= 51
        assert sum(account.deposits() for account in ledger.accounts.values()) <= 200
        assert ledger.deposits == sum(account.deposits() for account in ledger.accounts.values())
    report = checker.report("test")
    assert report.forgotten > 2000
    assert report.matched == 2999
