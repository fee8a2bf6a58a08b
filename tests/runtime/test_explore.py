"""A search: when it ends, who takes part, and what it amounts to."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from tests.data.lost_update import endless, kept_update, lost_update, one_too_few
from tests.runtime.test_signature import Lock, Open, Shut, doors
from tests.runtime.toys import race

from slabrace.runtime.errors import UsageError
from slabrace.runtime.exploration import Exploration
from slabrace.runtime.explore import PORTFOLIO, explore, members_of
from slabrace.runtime.replaying import replay
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.strategy_table import Options
from slabrace.runtime.world import World


@scenario(verdict=NEVER)
def racing(world: World) -> None:
    """2,520 traces."""
    race(1, 1, 1, 1, 1, 2)(world)


@scenario(verdict=NEVER)
def racing_twice(world: World) -> None:
    """Whoever goes can be interrupted."""
    race(3, 3)(world)


@scenario(verdict=SOMETIMES)
def two_ways(world: World) -> None:
    """One law, which two races break."""
    doors(world, Shut, Lock)


def alone(strategy: str, **options: Any) -> Any:
    return members_of(strategy, Options(**options))


def told(result: Exploration) -> dict[str, Any]:
    """All of a result but times and by how many it was made."""
    skipped = {"seconds", "jobs", "members", "earlier"}
    mine = {
        each.name: getattr(result, each.name) for each in fields(result) if each.name not in skipped
    }
    for name in ("found",):
        mine[name] = {key: vars(found) for key, found in mine[name].items()}
        for found in mine[name].values():
            found["schedule"] = found["schedule"].token()
    mine["members"] = [
        {key: value for key, value in vars(each).items() if key not in {"seconds", "state"}}
        for each in result.members
    ]
    return mine


# -- when it ends ----------------------------------------------------------------------


def test_it_ends_at_the_first_violation() -> None:
    result = explore(lost_update, members=alone("random"))
    assert (result.positive, result.stopped) == (1, True)
    assert str(result.trust) == "sampled (stopped at the first violation)"


def test_it_goes_on_if_it_is_told_to() -> None:
    result = explore(lost_update, members=alone("random"), runs=200, until_violation=False)
    assert (result.runs, result.stopped) == (200, False)
    assert result.positive > 50


def test_it_ends_when_a_member_has_seen_everything() -> None:
    result = explore(kept_update, until_violation=False)
    assert str(result.trust) == "exhaustive (2 traces)"
    assert result.members[0].finished


def test_it_ends_when_so_many_runs_were_made() -> None:
    result = explore(racing, runs=100)
    assert result.runs == 100
    assert sum(each.runs for each in result.members) == 100


def test_it_ends_when_so_much_time_has_passed() -> None:
    result = explore(racing, members=alone("random"), seconds=0.05)
    assert result.runs > 8
    assert result.seconds < 10


def test_no_time_is_one_run() -> None:
    assert explore(racing, seconds=0).runs == 1


def test_no_run_is_no_result() -> None:
    result = explore(racing, runs=0)
    assert str(result.trust) == "inconclusive (no run was made)"


def test_it_ends_when_somebody_wants_it_to() -> None:
    result = explore(racing, stop=lambda: True)
    assert (result.runs, result.interrupted) == (1, True)
    assert str(result.trust) == "inconclusive (interrupted after 1 run)"


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"runs": -1}, "runs is -1; it must be at least 0"),
        ({"seconds": -0.5}, "seconds is -0.5; it must be at least 0"),
        ({"jobs": 0}, "jobs is 0; it must be at least 1"),
        ({"jobs": 2}, "jobs=2: another process cannot find this scenario; use jobs=1"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(budget: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        explore(racing, **budget)


# -- what it amounts to ----------------------------------------------------------------


def test_a_tree_that_was_not_gone_through_is_inconclusive() -> None:
    result = explore(racing, members=alone("dpor"), runs=10)
    assert result.trust.how == "inconclusive"
    assert result.trust.why.startswith("10 traces of about ")


@pytest.mark.parametrize(
    ("strategy", "bound"),
    [("dfs", "preemptions"), ("dfs", "delays"), ("dfs", "steps"), ("delay", "delays")],
)
def test_a_search_that_a_bound_cut_is_never_exhaustive(strategy: str, bound: str) -> None:
    result = explore(racing_twice, members=alone(strategy, **{bound: 1}))
    assert result.members[0].finished
    assert str(result.trust) == f"bounded ({bound} <= 1)"


def test_a_bound_that_cut_nothing_leaves_it_exhaustive() -> None:
    result = explore(kept_update, members=alone("dfs", steps=2))
    assert str(result.trust) == "exhaustive (2 runs)"


@pytest.mark.parametrize("strategy", ["portfolio", "dpor", "dfs", "random"])
def test_runs_that_were_cut_off_leave_it_open(strategy: str) -> None:
    result = explore(endless, members=alone(strategy), max_steps=50, runs=20)
    assert result.how == "inconclusive"
    assert "cut off" in result.trust.why
    assert not result.held


def test_what_it_finds_can_be_made_again() -> None:
    result = explore(lost_update, reference="some.py::lost_update")
    (found,) = result.found.values()
    assert found.schedule is not None
    assert found.schedule.scenario == "some.py::lost_update"
    (violation,) = replay(lost_update.build(), found.schedule).violations
    assert found.signature.startswith(violation.signature)


def test_hundreds_of_hits_of_one_bug_are_one_bug() -> None:
    result = explore(one_too_few, members=alone("random"), runs=500, until_violation=False)
    (found,) = result.found.values()
    assert found.count == result.positive == 500


def test_two_bugs_of_one_law_are_two() -> None:
    result = explore(two_ways, runs=500, members=alone("random"), until_violation=False)
    assert sorted(result.found) == [
        "unforced:door [Lock(door) < Open(door)]",
        "unforced:door [Shut(door) < Open(door)]",
    ]
    assert all(found.schedule is not None for found in result.found.values())
    assert Open.__name__ in str(result.found)


def test_the_shortest_run_of_a_bug_is_kept() -> None:
    result = explore(two_ways, members=alone("dfs"), until_violation=False)
    assert result.how == "exhaustive"
    assert {len(found.picks) for found in result.found.values()} == {2}


def test_a_search_tells_how_far_it_is() -> None:
    told: list[int] = []
    explore(racing, runs=100, told=lambda result: told.append(result.runs))
    assert told == sorted(told)
    assert told[-1] == 100


# -- who takes part --------------------------------------------------------------------


def test_a_portfolio_takes_turns() -> None:
    result = explore(racing, runs=300)
    assert [each.member.strategy for each in result.members] == list(PORTFOLIO)
    assert all(each.runs >= 24 for each in result.members)
    assert result.runs == 300


def test_what_one_who_has_finished_leaves_is_for_the_others() -> None:
    members = [*alone("delay", delays=0), *alone("random")]
    result = explore(racing, members=members, runs=100)
    assert [(each.runs, each.finished) for each in result.members] == [(1, True), (99, False)]


def test_only_a_random_walk_is_helped_by_delays() -> None:
    members = members_of("portfolio", Options(), ["for=1"])
    assert {member.strategy for member in members if member.delays} == {"random"}


def test_what_is_wrapped_is_wrapped_around_each() -> None:
    members = members_of("portfolio", Options(), fair=9, checked=True)
    assert {(member.fair, member.checked) for member in members} == {(9, True)}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: members_of("portfolio", Options(depth=2)), "portfolio takes no depth; choose one"),
        (lambda: members_of("dpor", Options(), fair=9), "dpor goes through all schedules"),
        (lambda: members_of("random", Options(), fair=0), "fair=0: expected 1 or more picks"),
        (lambda: explore(racing, members=alone("guess")), "unknown strategy 'guess'"),
        (lambda: explore(racing, members=alone("random", steps=3)), "random takes no steps"),
    ],
)
def test_a_member_that_makes_no_sense_is_refused(call: Callable[[], object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        call()


# -- the same again --------------------------------------------------------------------


def test_the_same_seed_gives_the_same() -> None:
    one, other = (explore(racing, seed=5, runs=300) for _ in range(2))
    assert told(one) == told(other)
    assert told(one) != told(explore(racing, seed=6, runs=300))


@pytest.mark.parametrize("strategy", ["dpor", "dfs", "delay", "random", "pct", "pos"])
def test_a_search_that_was_stopped_goes_on_where_it_stands(strategy: str) -> None:
    members = alone(strategy, **({"delays": 9} if strategy == "delay" else {}))
    whole = explore(racing, members=members, runs=100)
    first = explore(racing, members=members, runs=100, stop=lambda: True)
    assert (first.runs, first.interrupted) == (1, True)
    rest = explore(racing, members=members, runs=100, resume=first)
    assert (rest.runs, rest.interrupted, rest.deliveries) == (100, False, whole.deliveries)
    assert rest.found == whole.found


def test_a_search_that_has_seen_everything_does_not_go_on() -> None:
    result = explore(kept_update, members=alone("dfs"))
    again = explore(kept_update, members=alone("dfs"), resume=result)
    assert (again.runs, str(again.trust)) == (2, "exhaustive (2 runs)")
