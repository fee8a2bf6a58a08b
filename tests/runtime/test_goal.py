"""What must have come about before a Never means anything."""

import pytest
from tests.data.lost_update import kept_update
from tests.runtime.toys import race, turn

from slabrace.runtime.errors import UsageError
from slabrace.runtime.goal import Goal, Goals
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.world import World


def met(*texts: str) -> list[str]:
    """The goals that a run of two writers meets."""
    goals = Goals(texts)

    def populate(world: World) -> None:
        kept_update(world)
        goals.watch(world)

    turn(RandomWalk(0), populate)
    return list(goals.met)


def test_an_event_of_that_name_meets_a_goal() -> None:
    assert met("counted") == ["counted"]


def test_an_event_that_does_not_happen_meets_none() -> None:
    assert met("closed") == []


@pytest.mark.parametrize(
    "text",
    [
        "function name=increment",
        "function name=inc*",
        "counted value=[12]",
        "counted value=2 counter=counter",  # an actor goes by its name
    ],
)
def test_fields_have_to_fit_patterns(text: str) -> None:
    assert met(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "function name=inc",  # the whole field, not its beginning
        "function name=INC*",
        "counted value=3",
        "counted worth=1",  # a field that the event does not have
        "counted value=1 counter=other",  # all fields, not one
    ],
)
def test_fields_that_do_not_fit_meet_no_goal(text: str) -> None:
    assert met(text) == []


def test_a_goal_that_was_met_is_looked_at_no_more() -> None:
    goals = Goals(["counted", "closed"])

    def populate(world: World) -> None:
        kept_update(world)
        goals.watch(world)

    for _ in range(2):
        turn(RandomWalk(0), populate)
    assert (list(goals.met), list(goals.open)) == (["counted"], ["closed"])


@pytest.mark.parametrize(
    "text", ["", "  ", "freed kind", "freed =box", "freed kind=", "freed a=b c"]
)
def test_a_goal_that_cannot_be_read_says_what_is_expected(text: str) -> None:
    with pytest.raises(UsageError, match="expected"):
        Goal(text)


def test_a_scenario_carries_its_goals() -> None:
    @scenario(verdict=NEVER, reach="closed kind=door")
    def doors(world: World) -> None:
        race(1)(world)

    assert doors.reach == ("closed kind=door",)
