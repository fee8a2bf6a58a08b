"""Folded stacks: what flamegraph.pl and its kin read."""

import re

from tests.runtime.exporters.profiles import sample

from slabrace.runtime.exporters.folded import lines
from slabrace.runtime.perf import Profile

LINE = re.compile(r"[^;\n]+(;[^;\n]+)* \d+")


def test_one_line_for_each_stack_that_cost_anything() -> None:
    assert list(lines(sample())) == [
        "[unknown] 1",
        "main 5",
        "main;walk 49",
        "main;walk;look 100",
    ]


def test_the_actors_can_be_kept_apart_and_all_of_it_below_a_frame() -> None:
    assert list(lines(sample(), apart=True, below="/test")) == [
        "/test;a0;[unknown] 1",
        "/test;a0;main;walk 42",
        "/test;b0;main 5",
        "/test;b0;main;walk 7",
        "/test;b0;main;walk;look 100",
    ]


def test_every_line_has_the_shape_and_all_counts_add_up() -> None:
    for apart in (False, True):
        told = list(lines(sample(), apart=apart))
        assert all(LINE.fullmatch(line) for line in told)
        assert told == sorted(told)
        assert sum(int(line.rpartition(" ")[2]) for line in told) == sample().total()


def test_a_name_cannot_end_a_frame_or_a_line() -> None:
    profile = Profile()
    profile.stack(("a;b", "c\n d")).service["me"] = 3
    assert list(lines(profile)) == ["a:b;c d 3"]


def test_of_nothing_there_is_no_line() -> None:
    assert list(lines(Profile())) == []
