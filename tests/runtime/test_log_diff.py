"""Two runs of one scenario: where they part, and what comes of it."""

from typing import Any

import pytest
from tests.runtime.logbook import HEADER, deliver, event, lines

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_diff import Comparison, compared, same_scenario
from slabrace.runtime.log_reader import Record

END = event(9, "end", how="quiet")
ONE = (deliver(1, "a", "x", "Load()", 0), deliver(2, "b", "x", "Store(1)"), END)
OTHER = (deliver(1, "b", "x", "Store(1)"), deliver(2, "a", "x", "Load()", 1), END)


def test_a_run_is_the_same_as_itself() -> None:
    assert not compared(lines(*ONE), lines(*ONE))


def test_when_it_was_makes_no_difference() -> None:
    moved = [{**record, "run": "s", "vt": 7} for record in (*ONE, event(2, "noted", word=1))]
    assert not compared(lines(*ONE, event(3, "noted", word=1)), lines(*moved))


def test_the_first_pick_that_differs_is_told() -> None:
    found = compared(lines(*ONE), lines(*OTHER))
    assert found.first is not None
    assert found.first.a is not None
    assert found.first.b is not None
    assert (found.first.a["actor"], found.first.b["actor"]) == ("a", "b")


def test_an_actor_that_got_another_answer_is_told() -> None:
    found = compared(lines(*ONE), lines(*OTHER))
    assert list(found.actors) == ["a"]
    parting = found.actors["a"]
    assert parting.a is not None
    assert parting.b is not None
    assert (parting.a["told"], parting.b["told"]) == ("Load(x) = 0", "Load(x) = 1")


def test_a_run_that_stops_early_parts_where_it_has_no_more() -> None:
    found = compared(lines(*ONE), lines(ONE[0], END))
    assert found.first is not None
    assert found.first.b is None
    assert found.actors["b"].b is None


def test_what_only_one_noted_is_told_and_how_often() -> None:
    more = (event(1, "freed", object="o"), event(2, "freed", object="o"))
    found = compared(lines(*ONE, *more), lines(*ONE))
    assert found.only_b == []
    assert [(each["event"], each["times"], each["step"]) for each in found.only_a] == [
        ("freed", 2, 1)
    ]


def test_how_each_ended_is_told() -> None:
    broken = event(2, "violation", law="l", message="m")
    found = compared(lines(*ONE[:2], broken, event(2, "end", how="violation")), lines(*ONE))
    assert found
    assert (found.a.how, found.b.how) == ("violation", "quiet")
    assert found.a.violations == [{"law": "l", "message": "m"}]


def test_of_what_is_the_same_nothing_is_kept() -> None:

    comparison = Comparison()
    for line in lines(*ONE):
        if isinstance(line, Record):
            comparison.add(0, line.fields)
            comparison.add(1, line.fields)
    assert not any(comparison._ahead._waiting)
    assert not comparison._notes


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"scenario": "t"}, "A is s, B is t"),
        ({"parameters": {"n": 2}}, "n=1 in A and 2 in B"),
        ({"parameters": {"m": 2}}, "m=None in A and 2 in B; n=1 in A and None in B"),
        ({"scenario": None, "source": "trace.txt"}, "A is s, B is trace.txt"),
    ],
)
def test_runs_of_different_scenarios_are_not_compared(other: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        same_scenario(HEADER, HEADER | other)
