"""What happened before what, by the clocks, against a graph that is searched; cones."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.logbook import Act, deliver, event, lines, recorded

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_order import cone, happened_before, moment
from slabrace.runtime.log_reader import Record

ACTS = st.builds(
    Act,
    kind=st.sampled_from(["read", "write", "tell", "wipe"]),
    cell=st.integers(0, 1),
    word=st.sampled_from(["x", "y"]),
    other=st.integers(0, 1),
    early=st.booleans(),
)
PROGRAMS = st.lists(st.lists(ACTS, max_size=5), min_size=1, max_size=3)


def touched(record: dict[str, Any]) -> tuple[str, str | None, bool]:
    """Whom a delivery touches, which part, and whether it writes."""
    kind, _, rest = record["message"].partition("(")
    part = {"Wipe": None, "Tell": "told"}.get(kind, rest.removesuffix(")"))
    return record["to"], part, kind != "Read"


def conflict(one: dict[str, Any], other: dict[str, Any]) -> bool:
    (whom, part, wrote), (who, place, writes) = touched(one), touched(other)
    return whom == who and (wrote or writes) and (part is None or place is None or part == place)


def reached(deliveries: Sequence[dict[str, Any]]) -> set[tuple[int, int]]:
    """Brute force: which delivery can be reached from which, over all edges there are."""
    edges: dict[int, set[int]] = {each["step"]: set() for each in deliveries}
    for at, later in enumerate(deliveries):
        for earlier in deliveries[:at]:
            same = earlier["actor"] == later["actor"]
            if same or later["cause"] == earlier["step"] or conflict(earlier, later):
                edges[earlier["step"]].add(later["step"])
    found = set()
    for start in edges:
        waiting, met = [start], {start}
        while waiting:
            for step in edges[waiting.pop()] - met:
                met.add(step)
                waiting.append(step)
        found |= {(start, step) for step in met}
    return found


@given(PROGRAMS, st.integers(0, 1000))
@settings(max_examples=150, deadline=None)
def test_happened_before_by_clocks_is_reachability(programs: list[list[Act]], seed: int) -> None:
    deliveries = [each for each in recorded(programs, seed) if each["event"] == "deliver"]
    by_clocks = {
        (one["step"], other["step"])
        for one in deliveries
        for other in deliveries
        if happened_before(one, other)
    }
    assert by_clocks == reached(deliveries)


@given(PROGRAMS, st.integers(0, 1000), st.data())
@settings(max_examples=50, deadline=None)
def test_cones_are_what_reaches_a_delivery_and_what_it_reaches(
    programs: list[list[Act]], seed: int, data: st.DataObject
) -> None:
    records = recorded(programs, seed)
    deliveries = [each for each in records if each["event"] == "deliver"]
    if not deliveries:
        return
    step = data.draw(st.sampled_from([each["step"] for each in deliveries]))
    whole = lines(*records)
    at = moment(whole, step, "--before")
    order = reached(deliveries)

    def steps(**ends: Any) -> set[int]:
        found = [line.fields for line in cone(whole, **ends) if isinstance(line, Record)]
        return {each["step"] for each in found if each["event"] == "deliver"}

    assert steps(before=at) == {one for one, other in order if other == step}
    assert steps(after=at) == {other for one, other in order if one == step}


CONCURRENT = (
    event(0, "made", "x"),
    deliver(1, "a", "x", "Write(w)"),
    event(1, "noted", "x"),
    deliver(2, "b", "y", "Write(w)"),
    event(2, "noted", "y"),
    deliver(3, "a", "x", "Write(w)", clock={"a": 3}, cause=1),
)


def shown(**ends: Any) -> list[tuple[int, str]]:
    found = cone(lines(*CONCURRENT), **ends)
    return [(line.fields["step"], line.fields["event"]) for line in found if line.number > 1]


def test_what_is_noted_at_a_step_goes_with_its_delivery() -> None:
    at = moment(lines(*CONCURRENT), 3, "--before")
    before = [(0, "made"), (1, "deliver"), (1, "noted"), (3, "deliver")]
    assert shown(before=at) == before


def test_the_start_is_before_all_and_after_nothing() -> None:
    at = moment(lines(*CONCURRENT), 1, "--after")
    assert shown(after=at) == [(1, "deliver"), (1, "noted"), (3, "deliver")]


def test_between_two_deliveries_is_what_is_in_both_cones() -> None:
    whole = lines(*CONCURRENT)
    found = shown(before=moment(whole, 3, "--before"), after=moment(whole, 2, "--after"))
    assert found == []


def test_a_step_without_a_delivery_is_told_with_its_neighbours() -> None:
    with pytest.raises(UsageError, match=r"--before 7: no delivery .* nearest are at 3$"):
        moment(lines(*CONCURRENT), 7, "--before")


def test_a_log_without_deliveries_has_no_order() -> None:
    with pytest.raises(UsageError, match="this log has no deliveries"):
        moment(lines(event(1, "x")), 1, "--after")


def test_a_clock_that_cannot_be_read_is_told() -> None:
    with pytest.raises(UsageError, match="no vector clock that can be read"):
        moment(lines(deliver(1, "a", "x", "Write(w)", clock="late")), 1, "--after")
