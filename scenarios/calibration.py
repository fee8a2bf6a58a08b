"""Calibration: the costs that nobody has published, found from the profile *before* the patch.

For each number of reclaiming CPUs the costs called "fitted" (costs.py) are moved, within bounds,
until the model's profile of the old walk is as close as it gets to the published one, by least
squares over the symbols that both have. The number of CPUs whose profile is closest wins. The
profile *after* the patch is not looked at: it is predicted with nothing changed but the walk.

The fit is made with fewer memcgs, the map as wide as ever: a walk costs the same at each.

Source: 50d09da8e119 for the profile; Branch, Coleman, Li, SIAM J. Sci. Comput. 21(1), 1999 for the
optimiser (SciPy's least_squares).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from slabrace.actors.costs import Costs
from slabrace.runtime.errors import UsageError
from slabrace.runtime.scenario import Scenario
from slabrace.scenarios.profiling import measure

__all__ = ["BOUNDS", "Bound", "Fit", "fit"]


class Bound(NamedTuple):
    """Between what a cost is looked for; ``step`` is the smallest change that can be seen."""

    low: float
    high: float
    step: float


BOUNDS: Final = {
    "walk": Bound(0, 400, 4),
    "visit": Bound(0, 200, 4),
    "lruvec": Bound(0, 200, 4),
    "node": Bound(0, 50, 2),
    "iter": Bound(0, 50, 2),
    "count": Bound(0, 50, 2),
    "trylock": Bound(0, 1, 0.05),
    "stream": Bound(0, 1, 0.05),
}
"""The costs that are fitted. All others stay as they are."""

SHIFT: Final = 4
"""Steps that are added to what the optimiser sees, as it takes its own steps in proportion."""


class Fit(NamedTuple):
    """The best costs for so many CPUs, the profile that they give, in per cent, and its error."""

    cpus: int
    costs: Costs
    profile: dict[str, float]
    error: float


class Problem(NamedTuple):
    """The profile of ``scenario`` on so many CPUs, from the costs ``start`` on."""

    scenario: Scenario
    published: Mapping[str, float]
    start: Costs
    cpus: int
    memcgs: int

    def profile(self, x: Sequence[float]) -> dict[str, float]:
        """What the costs at ``x`` give."""
        return shares(self.scenario, costs_at(x, self.start), self.cpus, self.memcgs)

    def residuals(self, x: Sequence[float]) -> list[float]:
        """How far that is from what was published, in points, symbol by symbol."""
        found = self.profile(x)
        return [found.get(symbol, 0.0) - share for symbol, share in self.published.items()]

    def solve(self, rounds: int) -> Fit:
        """The costs whose profile is closest, after so many evaluations and their gradients."""
        most = [SHIFT + (bound.high - bound.low) / bound.step for bound in BOUNDS.values()]
        found = optimiser()(
            self.residuals,
            point_of(self.start),
            bounds=([SHIFT] * len(BOUNDS), most),
            diff_step=0.3,
            max_nfev=rounds,
        )
        error = (sum(each * each for each in found.fun) / len(found.fun)) ** 0.5
        return Fit(self.cpus, costs_at(found.x, self.start), self.profile(found.x), error)


def fit(
    scenario: Scenario,
    published: Mapping[str, float],
    cpus: Sequence[int],
    costs: Costs,
    *,
    memcgs: int = 201,
    rounds: int = 6,
    told: Callable[[Fit], None] | None = None,
) -> Fit:
    """Fit ``costs`` to ``published`` for each number of ``cpus``; the best of all.

    The error is the root of the mean square, in points. ``told`` hears of each.
    """
    best: Fit | None = None
    for number in cpus:
        start = best.costs if best is not None else costs
        here = Problem(scenario, published, start, number, memcgs).solve(rounds)
        if told is not None:
            told(here)
        if best is None or here.error < best.error:
            best = here
    if best is None:
        raise UsageError("there is no number of CPUs to fit for")
    return best


def shares(scenario: Scenario, costs: Costs, cpus: int, memcgs: int) -> dict[str, float]:
    """The profile of the old walk in the steady state: symbol -> per cent."""
    values: dict[str, Any] = scenario.parse(
        [
            *scenario.perf,
            "version=rwsem_flat",
            "mounts=4001",
            f"memcgs={memcgs}",
            f"touches={memcgs * 3 // 4}",
            f"cpus={cpus}",
        ]
    )
    return measure(scenario, values, costs).shares()


def point_of(costs: Costs) -> list[float]:
    """Where ``costs`` are, as the optimiser sees it."""
    return [
        SHIFT + (min(max(getattr(costs, name), b.low), b.high) - b.low) / b.step
        for name, b in BOUNDS.items()
    ]


def costs_at(x: Sequence[float], costs: Costs) -> Costs:
    """``costs`` with what the optimiser is at."""
    values = {
        name: round(b.low + (float(each) - SHIFT) * b.step, 3)
        for each, (name, b) in zip(x, BOUNDS.items(), strict=True)
    }
    return dataclasses.replace(costs, **values)


def optimiser() -> Any:
    """SciPy's, where it is installed."""
    try:
        from scipy.optimize import least_squares  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise UsageError(
            "calibrate needs SciPy: pip install 'slabrace[cost]', or pip install scipy"
        ) from error
    return least_squares
