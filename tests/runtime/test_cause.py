"""The pair that decides is turned round, and the run then passes: seen, not guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.failing import (
    Build,
    Get,
    Incrementer,
    Put,
    Var,
    fails,
    idle,
    lost_update,
    seen_halfway,
    unlucky,
)

from slabrace.runtime.cause import Cause, Conflict, find_cause, last_conflict, witnessed
from slabrace.runtime.errors import UsageError, Violation
from slabrace.runtime.message import Envelope, Message
from slabrace.runtime.minimize import minimize
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.world import World


def cause_of(build: Build, seed: int = 0) -> Cause:
    return find_cause(build, minimize(build, fails(build, seed).picks).picks)


def test_an_update_is_lost_because_of_a_get_before_a_put() -> None:
    cause = cause_of(lost_update())
    assert (cause.first, cause.second) in {
        ("Get(x) by w0", "Put(x, 1) by w1"),
        ("Get(x) by w1", "Put(x, 1) by w0"),
    }
    assert str(cause) == (
        f"What decides: {cause.first} comes before {cause.second}. "
        "The other way round, the run breaks no law."
    )


@given(st.integers(0, 200))
def test_the_two_are_of_different_lanes_and_conflict(seed: int) -> None:
    build = seen_halfway(2, bystanders=1)
    picks = minimize(build, fails(build, seed).picks).picks
    cause = find_cause(build, picks)
    assert cause.places is not None
    happened, _ = witnessed(build, RawReplay(picks), len(picks))
    first, second = (happened[place] for place in cause.places)
    assert first.lane is not second.lane
    assert first.envelope.addressee is second.envelope.addressee
    assert {type(each.envelope.message) for each in (first, second)} == {Get, Put}


def test_what_depends_on_no_order_has_no_single_pair() -> None:
    cause = cause_of(unlucky)
    assert (cause.first, cause.second, cause.places) == (None, None, None)
    assert str(cause) == "No single pair of deliveries decides: no two conflict."


class Doomed(Incrementer):
    """Breaks a law whatever the others do."""

    async def run(self) -> None:
        await super().run()
        raise Violation("doom", "it was written", [self.name])


def doomed() -> World:
    world = World()
    x = world.add(Var(), "x")
    world.spawn(Incrementer(x, rounds=2), name="w0")
    world.spawn(Doomed(x, rounds=2), name="w1")
    return world


def test_pairs_that_do_not_decide_are_counted() -> None:
    cause = find_cause(doomed, fails(doomed).picks)
    assert cause.first is None
    assert (cause.tried, cause.more) == (12, False)
    assert "none of the 12 pairs that conflict, turned round, saves the run" in str(cause)


def test_a_budget_that_ran_out_is_told_of() -> None:
    cause = find_cause(doomed, fails(doomed).picks, budget=1)
    assert (cause.tried, cause.more) == (1, True)
    assert "none of the last 1 pair that conflict" in str(cause)


def test_a_run_that_breaks_no_law_has_no_cause() -> None:
    with pytest.raises(UsageError, match="no cause to find"):
        find_cause(idle, [0, 0])


# -- telling bugs apart ---------------------------------------------------------------------------


class Stage:
    """Deliveries by hand."""

    def __init__(self) -> None:
        self.world = World()
        self.actors = {name: self.world.add(Var(), name) for name in "abxy"}
        self.delivered: list[tuple[str, Envelope]] = []

    def deliver(self, sender: str, to: str, message: Message) -> None:
        envelope = Envelope(self.actors[sender], self.actors[to], message)
        self.delivered.append((sender, envelope))


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.deliver("a", "x", Put(1))
    stage.deliver("b", "y", Put(1))
    stage.deliver("a", "y", Get())
    stage.deliver("b", "x", Get())
    stage.deliver("a", "x", Get())
    stage.deliver("b", "x", Get())
    return stage


def test_the_last_delivery_and_the_one_before_that_it_conflicts_with(stage: Stage) -> None:
    at_once = last_conflict(stage.delivered, Violation("law", ""))
    assert at_once == Conflict("Put(x)", "Get(x)")


def test_one_s_own_deliveries_do_not_conflict(stage: Stage) -> None:
    stage.deliver("b", "y", Get())
    assert last_conflict(stage.delivered, Violation("law", "")) is None


def test_at_rest_the_last_two_at_one_of_the_parties(stage: Stage) -> None:
    rest = last_conflict(stage.delivered, Violation("law", "", ["y"]), at_rest=True)
    assert rest == Conflict("Put(y)", "Get(y)")
    assert last_conflict(stage.delivered, Violation("law", "", ["z"]), at_rest=True) is None


def test_a_deadlock_is_judged_at_rest(stage: Stage) -> None:
    assert last_conflict(stage.delivered, Violation("deadlock", "", ["a"])) is None


def test_nothing_delivered_is_no_conflict() -> None:
    assert last_conflict([], Violation("law", "")) is None
