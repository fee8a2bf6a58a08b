"""Filter: globs by field, ranges of steps and times; what is around a step."""

from typing import Any

import pytest

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_filter import Filter, around
from slabrace.runtime.log_reader import Header, Record

EVENT = {
    "run": "r",
    "step": 5,
    "vt": 5000,
    "event": "deliver",
    "actor": "a1",
    "to": "b1",
    "x": None,
}


@pytest.mark.parametrize(
    ("globs", "steps", "passes"),
    [
        ([], "..", True),
        ([("actor", "a*")], "..", True),
        ([("actor", "b1")], "..", True),
        ([("actor", "c*")], "..", False),
        ([("event", "del*"), ("actor", "a1")], "5", True),
        ([("event", "del*"), ("event", "*x")], "..", False),
        ([("x", "*")], "..", True),
        ([("y", "*")], "..", False),
        ([], "1..5", True),
        ([], "6..", False),
        ([], "..4", False),
    ],
)
def test_a_filter_passes_events_by_field_and_step(
    globs: list[tuple[str, str]], steps: str, passes: bool
) -> None:
    assert Filter(globs, steps)(EVENT) is passes


@pytest.mark.parametrize(
    ("times", "passes"),
    [
        ("5us..", True),
        ("..5us", True),
        ("5000..5000ns", True),
        ("1us..0.005ms", True),
        ("6us..1s", False),
        ("..4.999us", False),
    ],
)
def test_a_filter_passes_events_by_time(times: str, passes: bool) -> None:
    assert Filter([], times=times)(EVENT) is passes


@pytest.mark.parametrize("steps", ["", "a..b", "1-5", "5..x"])
def test_a_range_of_steps_that_is_none_is_told(steps: str) -> None:
    with pytest.raises(UsageError, match=r"expected first\.\.last"):
        Filter([], steps)


@pytest.mark.parametrize("times", ["", "1us", "1min..", "..x"])
def test_a_range_of_times_that_is_none_is_told(times: str) -> None:
    with pytest.raises(UsageError, match=r"--time .*: expected"):
        Filter([], times=times)


def lines(*steps: int, run: str = "r") -> list[Header | Record]:
    fields: list[dict[str, Any]] = [{"run": run, "step": step} for step in steps]
    return [Record(number, each) for number, each in enumerate(fields)]


def steps_of(found: list[Header | Record]) -> list[int]:
    return [line.fields["step"] for line in found if isinstance(line, Record)]


def test_around_a_step_are_so_many_lines_on_each_side() -> None:
    assert steps_of(list(around(lines(1, 2, 3, 4, 4, 5, 6, 7), 4, 2))) == [2, 3, 4, 4, 5, 6]


def test_around_a_step_that_has_no_line_are_its_neighbours() -> None:
    assert steps_of(list(around(lines(1, 2, 3, 7, 8, 9), 5, 1))) == [3, 7]


def test_around_begins_anew_with_each_run() -> None:
    found = list(around([*lines(1, 2), *lines(2, 3, run="s")], 3, 1))
    assert [(line.fields["run"], line.fields["step"]) for line in found] == [("s", 2), ("s", 3)]


def test_around_keeps_headers() -> None:
    header = Header(1, {"schema": "x"})
    assert list(around([header, *lines(1, 2)], 9, 3)) == [header]
