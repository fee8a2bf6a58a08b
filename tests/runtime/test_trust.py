"""Trust says no more than was shown."""

from hypothesis import given
from hypothesis import strategies as st

from slabrace.runtime.trust import Trust, at_most


@given(st.floats(0, 1))
def test_a_probability_is_never_rounded_down(probability: float) -> None:
    assert float(at_most(probability)) >= probability
    assert float(at_most(probability)) <= probability * 1.1 + 1e-300


def test_it_reads_as_one_word_and_why() -> None:
    assert str(Trust("bounded", "delays <= 2")) == "bounded (delays <= 2)"
