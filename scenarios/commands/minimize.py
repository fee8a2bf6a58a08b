"""`slabrace minimize`: from a schedule that fails to the smallest that fails in the same way."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from slabrace.runtime.cause import Cause, find_cause
from slabrace.runtime.exporters.diagram import WIDTH
from slabrace.runtime.finding import watched
from slabrace.runtime.minimize import AGAIN, BUDGET, Minimized, again
from slabrace.runtime.minimize import minimize as smallest
from slabrace.runtime.minimize_parameters import Smaller, minimize_parameters
from slabrace.runtime.result import Result
from slabrace.runtime.scenario import Scenario
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.world import World
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras, Help, blaming
from slabrace.scenarios.commands.output import AsJson, columns, command, counted, print_json
from slabrace.scenarios.commands.replay import as_text
from slabrace.scenarios.commands.report import document, exit_code, observation, save_to, trust

__all__ = ["minimize"]

MADE: Final = ", minimised"
"""What a schedule that was made smaller says of itself, after who found it."""


def minimize(
    schedule: Annotated[str, Help("A token that was printed, or a file that was saved.")],
    /,
    *,
    save: Annotated[Path | None, Help("Write the smallest schedule to this file.")] = None,
    as_: Annotated[
        Literal["diagram", "events", "kasan", "lockdep"],
        Help("How the smallest run is printed; a diagram unless told.", name="--as"),
    ] = "diagram",
    budget: Annotated[int, Help("Bound on the runs that are made for it.")] = BUDGET,
    extras: Extras | None = None,
    json: AsJson = False,
) -> int:
    """Make a failing schedule small: fewest preemptions, then deliveries, then parameters.

    Names the two deliveries whose order decides. Exit codes as in `replay`.
    """
    extras = extras or Extras()
    plan = Schedule.read(schedule)
    scenario = Catalogue(extras.plugins.scenarios).find(plan.scenario)
    stage = Stage(scenario, extras)
    with blaming():
        arguments = scenario.arguments(plan.parameters)
        most = plan.max_steps
        given = smallest(lambda: stage.build(arguments), plan, budget=budget, max_steps=most)
        small = minimize_parameters(
            scenario,
            arguments,
            given,
            lambda tried: again(
                lambda: stage.build(tried), given, budget=min(AGAIN, budget), max_steps=most
            ),
        )
        picks = small.minimized.picks
        cause = find_cause(lambda: stage.build(small.parameters), picks)
        began = time.perf_counter()
        trace, outcome = watched(lambda world: stage.populate(world, small.parameters), picks)
        result = Result(scenario, sampled=True, seconds=time.perf_counter() - began)
    told = as_text(trace, as_, outcome.violations)
    result.add(outcome, 0)
    found = Schedule(
        plan.scenario,
        scenario.stored(small.parameters),
        small.minimized.described,
        plan.made_by.removesuffix(MADE) + MADE,
        max_steps=plan.max_steps,
        end=outcome.end,
    )
    for each in result.found.values():
        each.schedule = found
    if save is not None:
        save_to(save, found)
    if json:
        print_json(document(result) | {"minimized": facts(given, small, cause), as_: told})
    else:
        shown = command("replay", str(save) if save else found.token(), *extras.words)
        lines = [
            f"{scenario.name}: {scenario.summary}\n",
            columns(rows(arguments, given, small), "  "),
            f"\n{proof(small.minimized)}\n",
            told,
            textwrap.fill(str(cause), WIDTH),
            f"  {shown}\n",
            observation(result),
            trust(result),
        ]
        print("\n".join(lines))
    return exit_code(result)


class Stage:
    """The scenario, with whatever was added to it, for any parameters."""

    def __init__(self, scenario: Scenario, extras: Extras) -> None:
        self.scenario = scenario
        self.additions = extras.furnish()

    def populate(self, world: World, parameters: Mapping[str, Any]) -> None:
        """Fill ``world``, which is empty."""
        self.scenario(world, **parameters)
        for add in self.additions:
            add(world)

    def build(self, parameters: Mapping[str, Any]) -> World:
        """A world of its own."""
        world = World()
        self.populate(world, parameters)
        return world


def rows(
    arguments: Mapping[str, Any], given: Minimized, small: Smaller
) -> list[tuple[str, str, str]]:
    """What was, and what is left of it."""
    least = small.minimized
    before, after = given.before, (least.preemptions, least.deliveries)
    table = [("", "before", "after")]
    for name, was, now in zip(("preemptions", "deliveries"), before, after, strict=True):
        table.append((name, f"{was:>6}", f"{now:>5}"))
    table += [
        (name, f"{value!s:>6}", f"{small.parameters[name]!s:>5}")
        for name, value in arguments.items()
        if small.parameters[name] != value
    ]
    return table


def proof(small: Minimized) -> str:
    """How far the number of preemptions can be trusted."""
    word = "no run has fewer preemptions" if small.exact else "the fewest preemptions found"
    return f"{word} ({counted(small.runs, 'run')} made)"


def facts(given: Minimized, small: Smaller, cause: Cause) -> dict[str, Any]:
    """The same for programs."""
    least = small.minimized
    return {
        "signature": least.signature,
        "before": dict(zip(("preemptions", "deliveries"), given.before, strict=True)),
        "after": {"preemptions": least.preemptions, "deliveries": least.deliveries},
        "exact": least.exact,
        "runs": given.runs + (least.runs if least is not given else 0),
        "parameters": small.parameters,
        "cause": {"first": cause.first, "second": cause.second, "told": str(cause)},
    }
