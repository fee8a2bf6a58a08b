"""Numbers by step: any order, gaps, and steps far away."""

from hypothesis import given
from hypothesis import strategies as st

from slabrace.runtime.by_step import GAP, BySteps


@given(st.lists(st.tuples(st.integers(0, 3 * GAP), st.integers(0, 1 << 62)), max_size=8))
def test_it_is_a_dictionary(pairs: list[tuple[int, int]]) -> None:
    numbers = BySteps()
    for step, number in pairs:
        numbers[step] = number
    for step, number in dict(pairs).items():
        assert numbers[step] == number


def test_what_is_missing_is_none() -> None:
    numbers = BySteps()
    numbers[3] = 7
    assert [step for step in range(6) if step in numbers] == [3]


def test_a_step_far_away_does_not_cost_what_is_between() -> None:
    numbers = BySteps()
    numbers[1 << 60] = 7
    assert numbers[1 << 60] == 7
    assert len(numbers._near) == 0
