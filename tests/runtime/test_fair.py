"""Fairness: no lane that is deliverable waits for more than k picks."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.toys import race, search, turn

from slabrace.runtime.mailbox import Lane
from slabrace.runtime.strategies.dfs import DFS
from slabrace.runtime.strategies.fair import Fair
from slabrace.runtime.strategies.pct import PCT
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.strategies.wrapper import Wrapper
from slabrace.runtime.trust import Trust
from slabrace.runtime.world import World


class Waits(Wrapper):
    """The longest that a lane waited, by the book."""

    longest = 0

    def begin(self, world: World) -> bool:
        self.waited: dict[Lane, int] = {}
        return super().begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        index = super().pick(ready)
        self.waited = {lane: self.waited.get(lane, 0) + 1 for lane in ready}
        del self.waited[ready[index]]
        self.longest = max(self.longest, *self.waited.values(), 0)
        return index


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6), st.integers(0, 12), st.integers(0, 99))
def test_nobody_waits_longer(steps: list[int], k: int, seed: int) -> None:
    waits = Waits(Fair(PCT(seed), k))
    turn(waits, race(*steps))
    assert waits.longest <= max(k, len(steps) - 1)


def test_a_tight_bound_is_reached_and_not_exceeded() -> None:
    waits = Waits(Fair(PCT(1, depth=1), 7))
    turn(waits, race(30, 30, 30))
    assert waits.longest == 7


def test_it_leaves_alone_what_is_fair() -> None:
    fair = Fair(RoundRobin(), 3)
    assert search(fair, race(3, 3, 3), most=1) == [(0, 1, 2, 0, 1, 2, 0, 1, 2)]
    assert fair.narrowed == 0


@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("steps", [(3, 3), (2, 4), (2, 2, 2)], ids=str)
def test_a_search_inside_makes_all_fair_runs_and_no_other(steps: tuple[int, ...], k: int) -> None:
    runs = search(Fair(DFS(), k), race(*steps))
    assert len(runs) == len(set(runs))
    wanted = []
    waits = Waits(DFS())
    while (outcome := turn(waits, race(*steps))) is not None:
        if waits.longest <= k:
            wanted.append(tuple(outcome.picks))
        waits.longest = 0
    assert set(runs) == set(wanted)


def test_nothing_is_exhaustive_where_it_interfered() -> None:
    fair = Fair(DFS(), 1)
    search(fair, race(3, 3))
    assert fair.trust() == Trust("bounded", "no lane waits for more than 1 picks")
    never = Fair(DFS(), 9)
    search(never, race(2, 2))
    assert never.trust() == Trust("exhaustive", "6 runs")
    both = Fair(DFS(preemptions=0), 4)
    search(both, race(6, 6))
    assert both.trust().why == "preemptions <= 0, no lane waits for more than 4 picks"


def test_a_wrapper_has_what_the_strategy_inside_has() -> None:
    assert Fair(DFS(), 1).estimate() > 0
    assert Fair(RoundRobin(), 1).trust() == RoundRobin().trust() == Trust("bounded", "1 run")
    assert not hasattr(Fair(RawReplay([]), 1), "trust")
    assert not hasattr(Wrapper(RandomWalk()), "estimate")
    with pytest.raises(AttributeError, match="Fair has no 'forget'"):
        Fair(DFS(), 1).forget()


def test_it_describes_itself_as_typed() -> None:
    assert Fair(RandomWalk(1), 50).describe() == "random --seed 1 --fair 50"
