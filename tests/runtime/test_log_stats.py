"""What is counted of a log, and that each figure is what it says."""

from typing import Any

from tests.runtime.logbook import Act, deliver, event, recorded

from slabrace.runtime.legend import Legend, SpanRule
from slabrace.runtime.log_stats import Statistics

LEGEND = Legend(
    spans=(SpanRule("stay", "enter", "leave"), SpanRule("queue", "join", "get", ("at",)))
)


def figures(*records: dict[str, Any]) -> dict[str, Any]:
    statistics = Statistics(LEGEND, {"queue": "at"})
    for record in records:
        statistics.add(record)
    return statistics.document()


def test_events_are_counted_with_their_rates() -> None:
    found = figures(event(1, "x"), event(2, "x"), event(4, "y"))
    assert found["by_event"] == [
        {"event": "x", "count": 2, "per_step": 0.5, "per_second": 500_000.0},
        {"event": "y", "count": 1, "per_step": 0.25, "per_second": 250_000.0},
    ]


def test_steps_and_times_of_several_runs_add_up() -> None:
    found = figures(event(4, "x"), {**event(2, "x"), "run": "s"})
    assert (found["runs"], found["steps"], found["time_ns"]) == (2, 6, 6000)


def test_a_log_of_no_duration_has_no_rates() -> None:
    assert figures(event(0, "x"))["events"] == {"count": 1, "per_step": None, "per_second": None}


def test_the_latency_of_a_message_is_from_its_cause_to_its_delivery() -> None:
    records = (
        deliver(1, "a", "x", "Look()"),
        deliver(5, "a", "x", "Look()", cause=1),
        deliver(6, "b", "x", "Look()", cause=0),
    )
    assert figures(*records)["message_latency_ns"] == {
        "count": 3, "p50": 4000, "p90": 6000, "p99": 6000, "max": 6000,
    }  # fmt: skip


def test_the_longest_spans_come_first_with_who_and_where() -> None:
    records = (
        event(1, "enter"),
        event(2, "leave"),
        event(3, "enter", "b"),
        event(9, "leave", "b"),
        event(9, "enter", "c"),
    )
    stay = figures(*records)["spans"]["stay"]
    assert [(each["who"], each["ns"], each["begin"], each["end"]) for each in stay["longest"]] == [
        ("b", 6000, 3, 9),
        ("a", 1000, 1, 2),
    ]
    assert (stay["count"], stay["unfinished"]) == (2, 1)


def test_only_the_longest_of_many_spans_are_kept() -> None:
    records = [
        each
        for number in range(30)
        for each in (event(number * 100, "enter"), event(number * 100 + number, "leave"))
    ]
    longest = figures(*records)["spans"]["stay"]["longest"]
    assert [each["ns"] for each in longest] == [number * 1000 for number in range(29, 19, -1)]


def test_what_was_waited_for_is_told_with_how_many_waited() -> None:
    late = {"deferred": True}
    records = (
        {**deliver(1, "a", "x", "Take()"), **late},
        {**deliver(2, "b", "x", "Take()"), **late},
        event(4, "answer", "x", to="a", of=1),
        event(7, "answer", "x", to="b", of=2),
    )
    assert figures(*records)["waited_for"] == [
        {"object": "x", "kind": None, "waits": 2, "waiters": 2, "total_ns": 8000}
    ]


def test_a_log_without_messages_has_its_waits_from_the_legend() -> None:
    found = figures(event(1, "join", at="x"), event(3, "get", at="x"))
    assert [(each["object"], each["total_ns"]) for each in found["waited_for"]] == [("x", 2000)]


def test_spoken_to_ranks_by_distinct_senders() -> None:
    records = (
        deliver(1, "a", "busy", "Look()"),
        deliver(2, "a", "busy", "Look()"),
        deliver(3, "a", "shared", "Look()"),
        deliver(4, "b", "shared", "Look()"),
    )
    assert [(each["object"], each["senders"]) for each in figures(*records)["spoken_to"]] == [
        ("shared", 2),
        ("busy", 1),
    ]


def test_an_event_that_lacks_its_fields_is_counted_all_the_same() -> None:
    found = figures({"run": "r", "step": 1, "vt": 1, "event": "answer"})
    assert found["events"]["count"] == 1


def test_a_real_run_has_a_delivery_for_each_step() -> None:
    found = figures(*recorded([[Act("write", 0, "x")] * 4, [Act("read", 0, "x")] * 4], seed=1))
    counts = {each["event"]: each["count"] for each in found["by_event"]}
    assert counts["deliver"] == found["steps"] == 8


def test_a_step_far_away_is_counted_like_others() -> None:
    far = 1 << 61
    assert (
        figures(deliver(1, "a", "x", "Look()"), deliver(far, "a", "x", "Look()", vt=far))["steps"]
        == far
    )
