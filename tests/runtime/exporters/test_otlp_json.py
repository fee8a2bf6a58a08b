"""OTLP in JSON, by the rules of its specification."""

import io
import json
import re
from typing import Any

import pytest
from tests.runtime.exporters.recorded import HOSTILE, LEGEND, named, recorded

from slabrace.runtime.exporters.otlp_json import write
from slabrace.runtime.run_log import RunLog


def document(run: RunLog) -> dict[str, Any]:
    out = io.BytesIO()
    assert write(run, LEGEND, out) == []
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def spans(run: RunLog) -> list[dict[str, Any]]:
    return [
        span
        for resource in document(run)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def valued(span: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


def one(name: str, kind: int) -> dict[str, Any]:
    return next(span for span in spans(recorded()) if (span["name"], span["kind"]) == (name, kind))


def test_identifiers_are_hexadecimal_of_the_length_they_must_have() -> None:
    every = spans(recorded())
    assert all(re.fullmatch(r"[0-9a-f]{32}", span["traceId"]) for span in every)
    assert all(re.fullmatch(r"[0-9a-f]{16}", span["spanId"]) for span in every)
    assert len({span["traceId"] for span in every}) == 1
    assert len({span["spanId"] for span in every}) == len(every)


def test_each_span_but_the_runs_has_a_parent_that_is_there() -> None:
    root, *rest = spans(recorded())
    known = {span["spanId"] for span in [root, *rest]}
    assert root["parentSpanId"] == ""
    assert all(span["parentSpanId"] in known for span in rest)
    section = one("section", 1)
    assert next(
        span for span in rest if valued(span).get("step") == "3" and span["kind"] == 4
    )["parentSpanId"] == section["spanId"]  # fmt: skip


def test_times_are_strings_of_nanoseconds_and_no_span_ends_before_it_begins() -> None:
    for span in spans(recorded()):
        begin, end = span["startTimeUnixNano"], span["endTimeUnixNano"]
        assert isinstance(begin, str)
        assert isinstance(end, str)
        assert 0 < int(begin) <= int(end)
    section = one("section", 1)
    assert int(section["endTimeUnixNano"]) - int(section["startTimeUnixNano"]) == 2_000


def test_a_message_is_linked_from_where_it_arrived_to_where_it_was_sent() -> None:
    every = spans(recorded())
    sent = {span["spanId"]: span for span in every if span["kind"] == 4}
    received = [span for span in every if span["kind"] == 5]
    assert len(sent) == 8
    handled = [span["links"][0] for span in received if span["name"] != "answer: null"]
    assert sorted(link["spanId"] for link in handled) == sorted(sent)
    for span in received:
        (link,) = span["links"]
        assert link["traceId"] == span["traceId"]
        assert sent[link["spanId"]]["name"] == span["name"] or span["name"] == "answer: null"


def test_a_violation_is_an_exception_and_makes_the_run_an_error() -> None:
    root = spans(recorded())[0]
    assert root["status"] == {"code": 2, "message": "no_use_after: x was used after it was gone"}
    (event,) = root["events"]
    assert event["name"] == "exception"


def test_what_was_noted_is_an_event_of_the_span_around_it() -> None:
    events = [event["name"] for span in spans(recorded()) for event in span.get("events", [])]
    assert sorted(events) == [
        "answer: null", "exception", "hidden", "made", "shown", "take_away()", "unmade",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("big", {"intValue": str(1 << 62)}),
        ("ratio", {"doubleValue": 0.5}),
        ("object", {"stringValue": "x"}),
    ],
)
def test_a_value_says_what_it_is(name: str, value: dict[str, Any]) -> None:
    (hidden,) = [
        event
        for span in spans(recorded())
        for event in span.get("events", [])
        if event["name"] == "hidden"
    ]
    assert {"key": name, "value": value} in hidden["attributes"]


def test_each_actor_is_a_service() -> None:
    told = document(named(recorded(), "x", HOSTILE))["resourceSpans"]
    assert [valued(each["resource"])["service.name"] for each in told] == [
        "slabrace", "a", "b", "c", HOSTILE, "door",
    ]  # fmt: skip
