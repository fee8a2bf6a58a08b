"""Delay-bounded search: all placements of a few delays, or some drawn at random."""

from math import comb

import pytest
from tests.runtime.toys import Chooser, race, search, turn

from slabrace.runtime.strategies.delay_bounded import DelayBounded, DelaySampled
from slabrace.runtime.trust import Trust
from slabrace.runtime.world import World


def test_without_delays_there_is_one_run() -> None:
    strategy = DelayBounded(0)
    assert search(strategy, race(3, 3)) == [(0, 0, 0, 1, 1, 1)]
    assert strategy.trust() == Trust("bounded", "delays <= 0")


def test_one_delay_passes_one_lane_over() -> None:
    assert search(DelayBounded(1), race(2, 2)) == [
        (0, 0, 1, 1),
        (0, 1, 1, 0),
        (1, 1, 0, 0),
    ]


@pytest.mark.parametrize(("delays", "runs"), [(0, 1), (1, 2), (2, 10), (3, 10)])
def test_two_delays_let_one_step_go_anywhere(delays: int, runs: int) -> None:
    """One delay passes the single step over, the other comes back to it."""
    assert len(search(DelayBounded(delays), race(1, 9))) == runs


@pytest.mark.parametrize("delays", range(3))
def test_there_are_no_more_runs_than_placements(delays: int) -> None:
    runs = search(DelayBounded(delays), race(10, 10))
    assert len(set(runs)) == len(runs) <= sum(comb(20, each) for each in range(delays + 1))


def test_enough_delays_are_all_schedules() -> None:
    strategy = DelayBounded(9)
    assert len(search(strategy, race(2, 2))) == 6
    assert strategy.trust() == Trust("exhaustive", "6 runs")


def test_data_choices_are_enumerated_and_cost_nothing() -> None:
    def populate(world: World) -> None:
        world.spawn(Chooser(2, 3))

    assert len(search(DelayBounded(0), populate)) == 6


def test_drawn_delays_make_only_runs_with_so_few() -> None:
    every = set(search(DelayBounded(2), race(3, 3)))
    sampled = DelaySampled(1, delays=2)
    drawn = set(search(sampled, race(3, 3), most=600))
    assert drawn == every
    assert sampled.trust() == Trust("sampled", "600 runs of 2 delays")


def test_a_run_of_drawn_delays_can_be_made_alone() -> None:
    strategy = DelaySampled(5, length=12)
    runs = [turn(strategy, race(4, 4, 4)) for _ in range(9)]
    assert turn(DelaySampled(5, first=8, length=12), race(4, 4, 4)) == runs[8]


def test_it_describes_itself_as_typed() -> None:
    assert DelayBounded(3).describe() == "delay --delays 3"
    assert DelaySampled(4, length=9).describe() == "delay --sampled --delays 2 --length 9 --seed 4"
