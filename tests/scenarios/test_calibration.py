"""Calibration: costs are found again from a profile that they made, and nothing else is touched."""

from __future__ import annotations

import dataclasses
import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.actors.costs import Costs, origin
from slabrace.runtime.errors import UsageError
from slabrace.scenarios import calibration
from slabrace.scenarios.calibration import BOUNDS, Fit, costs_at, fit, point_of, shares
from slabrace.scenarios.catalogue import Catalogue

STRESS = Catalogue().find("stress")
SCIPY = pytest.mark.skipif(importlib.util.find_spec("scipy") is None, reason="SciPy is an extra")


@given(st.tuples(*(st.floats(bound.low, bound.high) for bound in BOUNDS.values())))
def test_a_point_and_its_costs_are_the_same(values: tuple[float, ...]) -> None:
    costs = dataclasses.replace(Costs(), **dict(zip(BOUNDS, values, strict=True)))
    found = costs_at(point_of(costs), Costs())
    assert [getattr(found, name) for name in BOUNDS] == pytest.approx(values, abs=0.001)


def test_only_what_is_called_fitted_is_moved() -> None:
    fitted = {
        each.name for each in dataclasses.fields(Costs) if origin(each.name).source == "fitted"
    }
    assert fitted == set(BOUNDS)


def test_what_is_fitted_stands_within_its_bounds() -> None:
    for name, bound in BOUNDS.items():
        assert bound.low <= getattr(Costs(), name) <= bound.high


@SCIPY
def test_the_closest_number_of_cpus_wins() -> None:
    """From a profile that the model made itself on 4 CPUs."""
    published = shares(STRESS, Costs(), 4, 15)
    told: list[Fit] = []
    best = fit(STRESS, published, [2, 4], Costs(), memcgs=15, rounds=1, told=told.append)
    assert [each.cpus for each in told] == [2, 4]
    assert best.cpus == 4
    assert best.error < 0.1 < told[0].error


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy.optimize", None)
    with pytest.raises(UsageError, match=r"pip install 'slabrace\[cost\]'"):
        calibration.optimiser()
