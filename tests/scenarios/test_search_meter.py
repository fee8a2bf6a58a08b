"""How far a search is, in a number and a few words."""

import pytest
from tests.runtime.test_exploration import exploration, share

from slabrace.runtime.trust import Trust
from slabrace.scenarios.commands.search_meter import done_of, text_of

HALFWAY = Trust("bounded", "10 traces of about 40")


def test_a_lone_search_through_a_tree_is_as_far_as_its_estimate_says() -> None:
    result = exploration("dpor")
    result.take(share(estimate=40.0, trust=HALFWAY))
    assert done_of(result, None, None) == 0.25
    assert text_of(result) == "10 runs, 0 failed, dpor about 40"


def test_of_several_estimates_the_least_is_told_and_none_is_the_search_s() -> None:
    result = exploration("dpor", "delay")
    result.take(share(0, estimate=4e12))
    result.take(share(1, estimate=2_000.0))
    assert text_of(result) == "20 runs, 0 failed, delay about 2,000"
    assert done_of(result, None, None) is None


@pytest.mark.parametrize(
    ("runs", "seconds", "done"), [(100, None, 0.1), (None, 4, 0.5), (100, 4, 0.5), (5, 4, 1.0)]
)
def test_what_ends_it_first_counts(runs: int | None, seconds: float | None, done: float) -> None:
    result = exploration("random")
    result.take(share(positive=1))
    result.seconds, result.earlier = 5.0, 3.0
    assert done_of(result, runs, seconds) == done
    assert text_of(result) == "10 runs, 1 failed"
