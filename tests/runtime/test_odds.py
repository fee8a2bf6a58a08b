"""The chance that runs missed a bug, for all runs together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.toys import race, search

from slabrace.runtime.odds import Odds
from slabrace.runtime.strategies.fair import Fair
from slabrace.runtime.strategies.pct import PCT


def test_misses_of_independent_runs_are_multiplied() -> None:
    odds = Odds(2, width=2, longest=10, runs={10: 3})
    assert odds.missed() == pytest.approx((1 - 1 / 20) ** 3)


def test_a_run_that_was_taken_to_be_shorter_than_the_longest_promises_nothing() -> None:
    assert Odds(2, width=2, longest=11, runs={10: 3}).missed() == 1


def test_odds_of_two_shares_are_those_of_their_runs() -> None:
    together = Odds(2, width=2, longest=10, runs={10: 3}) + Odds(
        2, width=2, longest=9, runs={10: 4}
    )
    assert together == Odds(2, width=2, longest=10, runs={10: 7})


@given(st.integers(1, 9), st.integers(1, 9), st.integers(5, 20), st.integers(5, 20))
def test_what_one_share_learns_counts_for_the_other(one: int, two: int, k: int, m: int) -> None:
    first, second = Odds(3, one, 1, k, {k: 5}), Odds(3, two, 2, m, {m: 7})
    total = first + second
    assert (total.width, total.ways, total.longest) == (max(one, two), 2, max(k, m))
    assert total.missed() >= first.missed() * second.missed() * 0.999999


def test_pct_states_them() -> None:
    pct = PCT(depth=2)
    search(pct, race(3, 3), most=10)
    assert sum(pct.odds.runs.values()) == 10
    assert pct.trust().why.startswith(str(pct.odds))
    assert str(pct.odds).startswith("chance of missing a depth-2 bug <= ")


def test_who_interferes_with_the_priorities_states_none() -> None:
    fair = Fair(PCT(), 1)
    search(fair, race(4, 4, 4), most=10)
    assert fair.narrowed
    assert fair.odds is None
