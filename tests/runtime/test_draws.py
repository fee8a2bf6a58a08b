"""Each run has numbers of its own, and they are even."""

from collections import Counter

from slabrace.runtime.strategies.draws import Draws


def test_a_run_has_the_same_numbers_without_those_before_it() -> None:
    draws = Draws(7)
    for _ in range(5):
        draws.turn()
    alone = Draws(7, first=4)
    alone.turn()
    assert [draws.bits() for _ in range(300)] == [alone.bits() for _ in range(300)]


def test_the_numbers_are_even() -> None:
    draws = Draws(1)
    counts: Counter[int] = Counter()
    for _ in range(100):
        draws.turn()
        counts.update(draws.below(3) for _ in range(300))
    assert all(9_700 < counts[each] < 10_300 for each in range(3))
