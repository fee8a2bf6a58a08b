"""Distributions: exact while numbers are few, and close, in bounded memory, when they are many."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.runtime import distribution
from slabrace.runtime.distribution import DIGITS, Distribution, leading

RANKS = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
some = st.lists(st.integers(0, 1 << 62), min_size=1)


def of(values: list[int]) -> Distribution:
    found = Distribution()
    for value in values:
        found.add(value)
    return found


def nearest(values: list[int]) -> dict[str, int]:
    ranked = sorted(values)
    return {name: ranked[math.ceil(share * len(values)) - 1] for name, share in RANKS.items()}


def test_there_is_nothing_to_rank_in_nothing() -> None:
    assert Distribution().document() == {"count": 0}


def test_percentiles_are_nearest_ranks() -> None:
    hundred = {"count": 100, "p50": 50, "p90": 90, "p99": 99, "max": 100}
    assert of(list(range(1, 101))).document() == hundred
    assert of([7]).document() == {"count": 1, "p50": 7, "p90": 7, "p99": 7, "max": 7}


@given(some)
def test_few_numbers_are_ranked_exactly(values: list[int]) -> None:
    assert of(values).document() == {"count": len(values), **nearest(values)}


@given(some)
def test_many_numbers_are_ranked_closely(values: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distribution, "DISTINCT", 3)
        found = of(values).document()
    rounded = found.pop("rounded", False)
    assert rounded == (len(set(values)) > 3)
    assert found.pop("count") == len(values)
    for name, exact in nearest(values).items():
        assert found[name] <= exact < found[name] + max(1, found[name] >> (DIGITS - 1))
    assert found["max"] == max(values)


@given(st.integers(-(1 << 62), 1 << 62))
def test_what_is_left_of_a_number_takes_few_digits(value: int) -> None:
    left = leading(value)
    assert left <= value
    assert value - left <= abs(value) >> (DIGITS - 1)
    assert leading(left) == left
