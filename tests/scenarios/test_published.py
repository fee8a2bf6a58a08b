"""The published profiles, and how near to them something is."""

from typing import Any

import pytest

from slabrace.actors.shrink_slab import VERSIONS
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.published import PROFILES, beside, rank_correlation


def test_the_profiles_are_those_of_the_commit() -> None:
    before, after = PROFILES["stress"]["rwsem_flat"], PROFILES["stress"]["refcount_rcu"]
    assert (len(before), len(after)) == (11, 10)
    assert (sum(before.values()), sum(after.values())) == pytest.approx((92.45, 90.20))
    for profile in (before, after):
        assert list(profile.values()) == sorted(profile.values(), reverse=True)


def test_they_are_of_scenarios_and_versions_that_there_are() -> None:
    for scenario, versions in PROFILES.items():
        assert "version" in Catalogue().find(scenario).parameters
        assert versions.keys() <= VERSIONS.keys()


def test_the_error_is_told_symbol_by_symbol_in_the_published_order() -> None:
    found = beside({"a": 60.0, "intel_idle_irq": 2.0, "b": 1.0}, {"b": 1.5, "c": 9.0})
    assert [tuple(each) for each in found] == [
        ("a", 60.0, 0.0, -60.0),
        ("intel_idle_irq", 2.0, None, None),
        ("b", 1.0, 1.5, 0.5),
    ]


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ({"a": 9, "b": 8, "c": 7, "d": 6}, 1.0),
        ({"a": 1, "b": 2, "c": 3, "d": 4}, -1.0),
        ({"a": 9, "b": 8, "c": 6, "d": 7}, 0.8),  # 1 - 6 * 2 / (4 * 15)
        ({"b": 8, "d": 6, "x": 100}, 1.0),  # of what both have
        ({"a": 9, "b": 0}, None),
        ({"a": 5, "b": 5}, None),
        ({}, None),
    ],
)
def test_the_order_is_compared_by_ranks(model: dict[str, float], wanted: Any) -> None:
    published = {"a": 40.0, "b": 30.0, "c": 20.0, "d": 10.0}
    found = rank_correlation(published, model)
    assert found == (None if wanted is None else pytest.approx(wanted))


def test_equal_shares_share_their_ranks() -> None:
    # ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5)
    found = rank_correlation({"a": 4, "b": 3, "c": 3, "d": 1}, {"a": 4, "b": 3, "c": 2, "d": 1})
    assert found == pytest.approx(4.5 / (4.5 * 5) ** 0.5)
