"""What a search amounts to: one honest word and a number."""

from typing import Any

import pytest
from tests.runtime.toys import race

from slabrace.runtime.exploration import Exploration, Standing
from slabrace.runtime.member import Member, Share
from slabrace.runtime.odds import Odds
from slabrace.runtime.result import Found
from slabrace.runtime.scenario import ALWAYS, NEVER, SOMETIMES, Scenario, Verdict
from slabrace.runtime.trust import Trust


def exploration(*strategies: str, verdict: Verdict = NEVER, reach: tuple[str, ...] = ()) -> Any:
    """A search that has not begun."""
    story = Scenario("story", race(1), {}, verdict, reach=reach)
    members = [Standing(Member(name)) for name in strategies or ("random",)]
    return Exploration(story, sampled=True, members=members)


def share(member: int = 0, runs: int = 10, positive: int = 0, **more: Any) -> Share:
    made = Share(member, made=runs, runs=runs, positive=positive, **more)
    if positive:
        made.found = {
            "law [a < b]": Found("law", "it broke", "law [a < b]", 3, [1, 2, 3], None, positive)
        }
    return made


EXHAUSTIVE = Trust("exhaustive", "10 traces")
HALFWAY = Trust("bounded", "10 traces of about 40")
DELAYS = Trust("bounded", "delays <= 2")


def test_a_search_that_has_seen_everything_is_exhaustive() -> None:
    result = exploration("dpor")
    result.take(share(finished=True, trust=EXHAUSTIVE))
    assert str(result.trust) == "exhaustive (10 traces)"
    assert result.held


def test_one_member_that_has_seen_everything_is_enough() -> None:
    result = exploration("random", "dpor")
    result.take(share(0, numbers=[1, 2]))
    result.take(share(1, finished=True, trust=EXHAUSTIVE))
    assert result.trust == EXHAUSTIVE


def test_a_search_that_has_not_ended_is_inconclusive_and_says_how_far_it_is() -> None:
    result = exploration("dpor")
    result.take(share(trust=HALFWAY))
    assert str(result.trust) == "inconclusive (10 traces of about 40)"
    assert not result.held


def test_a_search_that_a_bound_of_its_own_cut_is_bounded() -> None:
    result = exploration("delay")
    result.take(share(finished=True, trust=DELAYS, bound=3))
    assert str(result.trust) == "bounded (delays <= 2)"
    assert result.held


def test_runs_that_reached_the_bound_of_picks_leave_it_open() -> None:
    result = exploration("dpor")
    result.take(share(finished=True, trust=Trust("bounded", "10 traces"), bound=1, cut=1))
    assert str(result.trust) == "inconclusive (10 traces; 1 run cut off)"


def test_runs_that_were_drawn_are_sampled_with_what_they_may_have_missed() -> None:
    result = exploration("pct")
    odds = Odds(3, width=1, longest=2, runs={2: 5})
    result.take(share(odds=odds, numbers=[1, 1, 2, 3, 3]))
    result.take(share(odds=odds, numbers=[4, 1, 2, 3, 3]))
    assert str(result.trust) == (
        "sampled (chance of missing a depth-3 bug <= 0.057; unseen traces estimated at 10 %)"
    )
    assert result.held


def test_a_bound_and_what_was_drawn_beside_it_are_told_together() -> None:
    result = exploration("delay", "random")
    result.take(share(0, finished=True, trust=DELAYS))
    result.take(share(1, numbers=[1, 1], trust=Trust("sampled", "10 runs")))
    assert str(result.trust) == "bounded (delays <= 2; unseen traces estimated at 0 %)"


def test_a_goal_that_was_never_reached_makes_a_never_worth_nothing() -> None:
    result = exploration("dpor", reach=("freed", "set"))
    result.take(share(finished=True, trust=EXHAUSTIVE, reached=["set"]))
    assert str(result.trust) == "inconclusive (10 traces; never reached: freed)"
    assert (result.unreached, result.held) == (["freed"], False)


def test_a_goal_that_any_share_reached_is_reached() -> None:
    result = exploration("dpor", reach=("freed", "set"))
    result.take(share(reached=["freed"]))
    result.take(share(reached=["set"], finished=True, trust=EXHAUSTIVE))
    assert result.how == "exhaustive"


def test_a_violation_needs_no_goal() -> None:
    result = exploration("random", verdict=SOMETIMES, reach=("freed",))
    result.take(share(positive=1))
    result.stopped = True
    assert str(result.trust) == "sampled (stopped at the first violation)"
    assert result.held


def test_a_search_that_was_interrupted_says_after_how_much() -> None:
    result = exploration("dpor")
    result.take(share(runs=1, trust=HALFWAY, interrupted=True))
    assert str(result.trust) == "inconclusive (interrupted after 1 run)"


def test_an_interrupted_search_that_had_seen_everything_is_exhaustive() -> None:
    result = exploration("dpor")
    result.take(share(finished=True, trust=EXHAUSTIVE, interrupted=True))
    assert result.how == "exhaustive"


def test_a_search_among_some_runs_only_is_never_exhaustive() -> None:
    result = exploration("dfs")
    result.within = "of runs that begin like that"
    result.take(share(finished=True, trust=EXHAUSTIVE))
    assert str(result.trust) == "bounded (10 traces; only of runs that begin like that)"


def test_no_run_at_all_is_inconclusive() -> None:
    assert str(exploration("random").trust) == "inconclusive (no run was made)"


@pytest.mark.parametrize(("verdict", "held"), [(NEVER, False), (SOMETIMES, True), (ALWAYS, False)])
def test_a_violation_decides_even_if_the_search_has_not_ended(verdict: Verdict, held: bool) -> None:
    result = exploration("dpor", verdict=verdict)
    result.take(share(positive=2, trust=HALFWAY))
    assert (result.how, result.held) == ("sampled", held)


def test_hits_of_one_bug_are_counted_and_the_shortest_is_kept() -> None:
    result = exploration("random", "pos")
    for member, picks in enumerate(([1, 2, 3, 4], [1, 2])):
        found = Found("law", "it broke", "law", 7, picks, None, 250)
        result.take(share(member, positive=0, found={"law": found}))
    (only,) = result.found.values()
    assert (only.count, only.picks) == (500, [1, 2])


def test_the_first_to_find_something_is_named() -> None:
    result = exploration("random", "pos")
    result.take(share(0))
    result.take(share(1, positive=1))
    result.take(share(0, positive=1))
    assert result.finder == "pos"


def test_coverage_says_when_it_grew_last() -> None:
    result = exploration("random")
    result.take(share(orders=[("a", "b"), ("b", "a"), ("a", "c")]))
    result.take(share(orders=[("a", "b")]))
    assert result.coverage == {"pairs": 2, "both": 1, "flat_since": 10}
    assert result.curve == [(10, 2, 1)]
