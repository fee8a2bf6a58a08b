"""Explored: a test function as a scenario; searching it, and telling what was found.

A test takes a world, parameters with defaults and, without defaults, fixtures. Bound to its
fixtures it is a scenario like any other, and what a plain function claims is NEVER.

`search` is the one way into the exploring machinery, `explain` the one way out of it. This file
knows the machinery and nothing of pytest; pytest_plugin.py is the other way round.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slabrace.runtime.errors import Divergence, UsageError, Violation
from slabrace.runtime.exploration import Exploration
from slabrace.runtime.explore import explore, members_of
from slabrace.runtime.exporters.diagram import diagram
from slabrace.runtime.finding import finding
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.parameter import parameters_of
from slabrace.runtime.replaying import replay
from slabrace.runtime.result import Found
from slabrace.runtime.scenario import ALWAYS, NEVER, Scenario
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategy_table import Options
from slabrace.runtime.trace import Trace
from slabrace.runtime.witness import Witness
from slabrace.runtime.world import World

__all__ = [
    "Budget", "Story", "bound", "explain", "made_again", "search", "story_of", "summary", "told",
]  # fmt: skip

MOST: Final = 2_000
"""Runs that may be made to make a bug small: a test should not take long to fail."""
RUNS: Final = 100
"""Runs of a test that does not say how many."""


@dataclass(frozen=True)
class Budget:
    """How a test is explored. None asks the scenario, or the plain case."""

    strategy: str | None = None
    runs: int | None = None
    seconds: float | None = None
    seed: int = 0

    @property
    def search(self) -> str:
        """Who searches."""
        return self.strategy or "portfolio"


@dataclass(frozen=True)
class Story:
    """One bug, ready to be told."""

    message: str
    schedule: Schedule
    cause: str
    diagram: str


def bound(test: Callable[..., None] | Scenario, name: str, fixtures: Mapping[str, Any]) -> Scenario:
    """``test`` as a scenario called ``name``, with ``fixtures`` given."""
    if isinstance(test, Scenario):
        parameters = {
            knob: parameter for knob, parameter in test.parameters.items() if knob not in fixtures
        }
        return dataclasses.replace(
            test, name=name, function=given(test.function, fixtures), parameters=parameters
        )
    declared = inspect.signature(test).parameters.values()
    knobs = [each for each in declared if each.name not in fixtures]
    # What a parameter's type means is looked up in the globals of whoever wrote the test.
    function = getattr(test, "__func__", test)
    shape = types.FunctionType((lambda: None).__code__, function.__globals__, function.__name__)
    shape.__signature__ = inspect.Signature(knobs)  # type: ignore[attr-defined]  # it takes any
    return Scenario(
        name=name,
        function=given(test, fixtures),
        parameters=parameters_of(shape),
        verdict=NEVER,
        runs=RUNS,
    )


def given(function: Callable[..., None], fixtures: Mapping[str, Any]) -> Callable[..., None]:
    """``function``, which will get ``fixtures`` whatever else it gets."""

    def populate(world: World, **values: Any) -> None:
        function(world, **values, **fixtures)

    populate.__doc__ = function.__doc__
    return populate


def search(scenario: Scenario, reference: str, budget: Budget) -> Exploration:
    """Explore until the verdict is decided or the budget is spent.

    A violation decides NEVER and SOMETIMES; nothing decides ALWAYS early. With ``seconds`` and no
    ``runs`` only the clock ends it.
    """
    runs = budget.runs
    if runs is None and budget.seconds is None:
        runs = scenario.runs
    return explore(
        scenario,
        members=members_of(
            budget.search, Options(seed=budget.seed), scenario.delays, fair=scenario.fair
        ),
        reference=reference,
        runs=runs,
        seconds=budget.seconds,
        until_violation=scenario.verdict is not ALWAYS,
    )


def made_again(scenario: Scenario, schedule: Schedule) -> tuple[Outcome, Trace]:
    """The run of ``schedule``, watched."""
    world = World()
    trace = Trace(world, Witness(world))
    scenario(world, **scenario.arguments(schedule.parameters))
    return replay(world, schedule, tell=trace.tell), trace


def explain(scenario: Scenario, schedule: Schedule, signature: str | None = None) -> Story | None:
    """The bug that ``schedule`` shows; None if it shows none any more."""
    try:
        outcome, trace = made_again(scenario, schedule)
    except (Divergence, UsageError):
        return None
    for violation in outcome.violations:
        if signature in (None, violation.signature):
            return story_of(schedule, trace, violation)
    return None


def story_of(schedule: Schedule, trace: Trace, violation: Violation) -> Story:
    """What ``violation`` comes to, with the run that shows it."""
    return Story(str(violation), schedule, "", diagram(trace, violation))


def told(scenario: Scenario, found: Found) -> Story | None:
    """The bug that a search found, made small."""
    if found.schedule is None:
        return None
    arguments = scenario.arguments(found.schedule.parameters)
    bug = finding(lambda world: scenario(world, **arguments), found, budget=MOST)
    return Story(str(bug.violation), bug.schedule, str(bug.cause or ""), bug.diagram)


def summary(result: Exploration, budget: Budget) -> str:
    """One line for the report of a test."""
    expected, observed = result.scenario.verdict.value, result.observed.value
    return (
        f"{result.trust}: expected {expected}, observed {observed}; {result.positive} of "
        f"{result.runs} runs broke a law ({result.deliveries} deliveries, {budget.search}, "
        f"seed {budget.seed})"
    )
