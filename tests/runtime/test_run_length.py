"""The estimate of a run's length settles, and never says too little."""

from hypothesis import given
from hypothesis import strategies as st

from slabrace.runtime.strategies.run_length import RunLength, rounded


@given(st.integers(0, 10**9))
def test_it_is_rounded_up_by_less_than_a_quarter(length: int) -> None:
    assert length <= rounded(length) <= length * 1.25


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_the_longest_run_counts(lengths: list[int]) -> None:
    learnt = RunLength()
    for each in lengths:
        learnt.learn(each)
    assert learnt.longest == max(lengths)
    assert learnt.now == rounded(max(lengths)) or not any(lengths)


def test_a_given_length_stays() -> None:
    given_length = RunLength(10)
    given_length.learn(99)
    assert (given_length.now, given_length.longest) == (10, 99)
