from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.actors.legend import LEGEND
from slabrace.runtime.exporters.spans import lifetimes, spans
from slabrace.scenarios.recordings import importer as module
from slabrace.scenarios.recordings.importer import Importer

DATA = Path(__file__).resolve().parents[2] / "data" / "recordings"
HEADER = {"schema": "slabrace.log/2", "host": "kernel"}
LAYOUTS = ("trace", "trace-cmd", "perf-script")


def imported(lines: Iterable[str], damage: str | None = None) -> tuple[Importer, list[Any]]:
    """The importer after these lines, and what it wrote."""
    out: list[bytes] = []

    def write(lines: bytes, count: int) -> None:
        assert lines.count(b"\n") == count
        assert lines.endswith(b"\n")
        out.extend(lines.splitlines())

    importer = Importer(HEADER, write)
    for line in lines:
        importer.feed(line)
    importer.finish(damage)
    return importer, [json.loads(line) for line in out]


def recording(layout: str) -> list[str]:
    return (DATA / f"{layout}.txt").read_text().splitlines()


def event(time: float, name: str = "e", *, who: str = "a-1") -> str:
    return f"  {who} [000] ..... {time:.6f}: {name}: x=1"


def of(records: list[Any], name: str) -> list[Any]:
    return [record for record in records if record.get("event") == name]


def events(records: list[Any]) -> list[Any]:
    """What happened, without where in the file it stands and what not every layout has."""
    spare = {"step", "context", "run"}
    return [
        {name: value for name, value in record.items() if name not in spare}
        for record in records[1:]
        if record["event"] not in ("end", "lost")
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_events_in_any_layout_are_the_same_log(layout: str) -> None:
    (_, expected), (_, found) = imported(recording("trace")), imported(recording(layout))
    assert events(found) == events(expected)
    assert len(events(found)) == 9 + 7  # and those who are introduced


def test_a_step_is_the_number_of_the_line_and_a_time_that_since_the_first_event() -> None:
    _, (_, *records) = imported(["# tracer: nop", "", event(7.5), event(8.25, "f")])
    assert [(r["step"], r["vt"], r["event"]) for r in records] == [
        (3, 0, "actor"), (3, 0, "e"), (4, 750_000_000, "f"), (4, 750_000_000, "end"),
    ]  # fmt: skip


def test_who_acts_is_introduced_before_it_acts_and_once() -> None:
    _, records = imported([event(1), event(2, who="b c-2"), event(3)])
    assert of(records, "actor") == [
        {"run": records[1]["run"], "step": 1, "vt": 0, "event": "actor", "actor": "a-1",
         "kind": "task", "active": True},
        {"run": records[1]["run"], "step": 2, "vt": 10**9, "event": "actor", "actor": "b c-2",
         "kind": "task", "active": True},
    ]  # fmt: skip


def test_who_was_introduced_is_forgotten_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEEN", 10)
    importer, records = imported(event(n, who=f"a-{n % 50}") for n in range(200))
    assert len(importer._tasks) <= 10
    known = set()
    for record in records[1:-1]:
        if record["event"] == "actor":
            known.add(record["actor"])
        assert record["actor"] in known


def test_the_header_has_what_the_recording_says_of_itself() -> None:
    _, records = imported(recording("trace"))
    said = {"tracer": "function", "entries": 9, "written": 12, "overwritten": 3, "cpus": 4}
    assert records[0] == {**HEADER, "recording": said}


def test_shrinks_and_reclaim_are_spans_and_cgroups_have_lives() -> None:
    _, (_, *records) = imported(recording("trace"))
    found = [(span.name, span.lane, span.begin.step, span.end) for span in spans(records, LEGEND)]
    assert [(*span[:3], span[3].step if span[3] else None) for span in found] == [
        ("reclaim", "kswapd1-137", 10, 15),
        ("shrink", "kswapd1-137", 11, 14),
    ]
    (life,) = lifetimes(records, LEGEND)
    assert (life.object, life.kind) == ("/test/x0", "mem_cgroup")
    assert life.published is not None
    assert life.retired is not None


def test_grace_periods_and_contention_are_spans() -> None:
    head = "  rcu_preempt-15 [000] ..... "
    _, (_, *records) = imported(
        [
            f"{head}1.0: rcu_grace_period: rcu_preempt 5 start",
            f"{head}1.1: contention_begin: 00000000a1 (flags=MUTEX)",
            f"{head}1.2: contention_end: 00000000a1 (ret=0)",
            f"{head}1.3: rcu_grace_period: rcu_preempt 8 end",
        ]
    )
    assert [(span.name, span.end is not None) for span in spans(records, LEGEND)] == [
        ("grace period", True), ("contention", True),
    ]  # fmt: skip


@pytest.mark.parametrize("between", [["# tracer: nop"], ["cpus=4"], []])
def test_another_recording_in_the_same_text_is_another_run(between: list[str]) -> None:
    importer, records = imported([event(9), event(9.5), *between, event(3), event(3.5)])
    runs = list(dict.fromkeys(record["run"] for record in records[1:]))
    assert (importer.census.runs, len(runs)) == (2, 2)
    for run in runs:
        mine = [record for record in records[1:] if record["run"] == run]
        assert [r["vt"] for r in of(mine, "e")] == [0, 500_000_000]
        assert mine[-1]["event"] == "end"
        assert mine[-1]["events"] == 2
        assert len(of(mine, "actor")) == 1


def test_the_preface_of_a_later_run_is_an_event() -> None:
    _, records = imported([event(9), "# tracer: function", event(3)])
    (said,) = of(records, "recording")
    assert said["tracer"] == "function"
    assert records[0] == HEADER


def test_an_event_that_was_printed_late_is_moved_and_counted() -> None:
    importer, records = imported([event(9), event(9.5), event(9.25, "late"), event(9.75)])
    assert [r["vt"] for r in records[1:]] == sorted(r["vt"] for r in records[1:])
    assert of(records, "late")[0]["vt"] == 500_000_000
    assert importer.census.late == 1


def test_lost_events_are_events() -> None:
    lost = ["CPU:1 [LOST 7 EVENTS]", event(1), "CPU:2 [EVENTS DROPPED]", event(2)]
    importer, records = imported(lost)
    assert [(r["cpu"], r.get("amount")) for r in of(records, "lost")] == [(1, 7), (2, None)]
    assert (importer.census.lost, importer.census.gaps) == (8, 2)


def test_what_could_not_be_read_is_remarked_at_its_line() -> None:
    importer, records = imported([event(1), "hello", event(2)[:20], event(3)])
    assert [(r["step"], r["why"], r["text"]) for r in of(records, "remark")] == [
        (2, "foreign", "hello"), (3, "foreign", event(2)[:20].strip()),
    ]  # fmt: skip
    assert records[-1]["skipped"] == {"foreign": 2}
    assert importer.census.events == 2


def test_of_a_thousand_lines_that_could_not_be_read_ten_are_quoted() -> None:
    importer, records = imported([event(1), *(f"junk {n}" for n in range(1000))])
    assert len(of(records, "remark")) == len(importer.census.unusable) == 10
    assert importer.census.skipped["foreign"] == 1000


def test_damage_is_the_last_remark() -> None:
    _, records = imported([event(1)], damage="found damage after line 1")
    assert (records[-2]["event"], records[-2]["why"]) == ("remark", "damage")
    assert records[-1]["how"] == "damaged"


def test_a_file_without_events_writes_nothing() -> None:
    importer, records = imported(["# tracer: nop", "", "hello"])
    assert (records, importer.census.events) == ([], 0)


def test_the_same_recording_gives_the_same_log() -> None:
    assert imported(recording("trace"))[1] == imported(recording("trace"))[1]


SOME = st.sampled_from(recording("trace") + recording("trace-cmd") + recording("perf-script"))


@given(
    st.lists(st.one_of(SOME, st.text(max_size=60), st.tuples(SOME, SOME).map("".join)), max_size=30)
)
def test_whatever_comes_each_line_is_counted_and_time_goes_on(lines: list[str]) -> None:
    importer, records = imported(lines)
    census = importer.census
    assert census.lines == len(lines) == census.events + census.gaps + census.skipped_lines
    assert sum(census.by_event.values()) == census.events
    past: dict[str, tuple[int, int]] = {}
    for record in records[1:]:
        now = (record["step"], record["vt"])
        assert past.get(record["run"], (0, 0)) <= now
        past[record["run"]] = now
