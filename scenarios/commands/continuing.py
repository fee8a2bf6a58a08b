"""`slabrace replay --continue-with`: as far as a schedule goes after an edit, then a search.

A fix adds a delivery, or takes one away, and the schedule that showed the bug no longer fits. It is
followed past such edits (strategies/continued.py). Where it cannot be followed any further, it is
said where, and what can come then is searched. If it can be followed to the end, there is nothing
to search: the run is told as a replay.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import UsageError
from slabrace.runtime.explore import RUNS, explore, members_of
from slabrace.runtime.member import Workshop
from slabrace.runtime.pick import Pick
from slabrace.runtime.result import Result
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.continued import Continued
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.strategy_table import Options
from slabrace.scenarios.commands.interrupt import Interrupt
from slabrace.scenarios.commands.options import Extras, blaming
from slabrace.scenarios.commands.output import command, counted, print_json
from slabrace.scenarios.commands.report import document as result_document
from slabrace.scenarios.commands.report import exit_code, observation, trust
from slabrace.scenarios.commands.search_meter import SearchMeter
from slabrace.scenarios.commands.search_report import document, findings, render
from slabrace.scenarios.commands.search_worker import Shop

__all__ = ["go_on"]

LISTED: Final = 5
"""Picks that are shown of those that were missing, or new."""


@dataclass(frozen=True)
class Restaged(Shop):
    """A shop whose parameters are those of a schedule."""

    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """As they were then."""
        return self.scenario.arguments(self.given)


def go_on(
    plan: Schedule, strategy: str, runs: int | None, seed: int, extras: Extras, *, as_json: bool
) -> int:
    """Follow ``plan`` and search on with ``strategy``; the exit code."""
    if strategy == "dpor":
        raise UsageError(
            "dpor turns races round wherever in the run they are, in what follows the schedule "
            "too; expected dfs (all that can follow), delay, random, pct or pos"
        )
    shop = Restaged(plan.scenario, (), (), extras, plan.max_steps, given=plan.parameters)
    scenario = shop.scenario
    with blaming():
        followed, result = follow(plan, shop())
    told = facts(plan, followed)
    if followed.parted is None:
        if as_json:
            print_json(result_document(result) | told)
        else:
            lines = [
                f"{scenario.name}: {scenario.summary}\n",
                *parting_lines(plan, followed),
                *(f"\n{found.law}: {found.message}" for found in result.found.values()),
                f"\n{observation(result)}",
                trust(result),
            ]
            print("\n".join(lines))
        return exit_code(result)
    members = members_of(strategy, Options(seed=seed), scenario.delays, after=plan.token())
    with Interrupt() as stop, SearchMeter(scenario.name, runs or RUNS) as meter, blaming():
        search = explore(
            scenario,
            shop.parameters,
            members=members,
            reference=plan.scenario,
            runs=runs,
            max_steps=plan.max_steps,
            furnish=extras.furnish(),
            told=meter.told,
            stop=stop,
        )
        search.within = f"of runs that follow the schedule up to pick {followed.parted.pick}"
        bugs = findings(search, shop, small=True)
    if as_json:
        print_json(document(search, bugs) | told)
    else:
        print(*parting_lines(plan, followed), "", render(search, shop, bugs), sep="\n")
    return exit_code(search)


def follow(plan: Schedule, workshop: Workshop) -> tuple[Continued, Result]:
    """One run along ``plan``, that goes on anyhow where it parts."""
    world = workshop.build()
    strategy = Continued(plan, RoundRobin())
    strategy.begin(world)
    began = time.perf_counter()
    outcome = Engine(world, strategy, max_steps=workshop.max_steps).run()
    strategy.end(outcome)
    result = Result(workshop.scenario, sampled=True, seconds=time.perf_counter() - began)
    result.add(outcome, 0)
    return strategy, result


def parting_lines(plan: Schedule, followed: Continued) -> list[str]:
    """How far it went, what was not there or was new, and where it parted."""
    lines = [f"followed {counted(followed.followed, 'pick')} of {len(plan)}"]
    for word, picks in (
        ("no longer there", [f"pick {number}: {pick}" for number, pick in followed.missing]),
        ("new", [str(pick) for pick in followed.new]),
    ):
        lines += [f"  {word}: {each}" for each in picks[:LISTED]]
        if len(picks) > LISTED:
            lines.append(f"  {word}: {len(picks) - LISTED} more")
    parted = followed.parted
    if parted is None:
        lines += [
            "it did not part from the run, so that there is nothing to search on from",
            f"  to search all runs: {command('explore', plan.scenario)}",
        ]
    else:
        lines += [
            f"parted at pick {parted.pick}",
            f"  expected: {parted.expected}",
            f"  found: {parted.found.removeprefix('that ')}",
        ]
    return lines


def facts(plan: Schedule, followed: Continued) -> dict[str, Any]:
    """The same for programs."""
    parted = followed.parted

    def told(picks: list[Pick]) -> list[str]:
        return [str(pick) for pick in picks]

    return {
        "schedule": {
            "picks": len(plan),
            "followed": followed.followed,
            "missing": told([pick for _, pick in followed.missing]),
            "new": told(followed.new),
            "parted": parted
            and {"pick": parted.pick, "expected": parted.expected, "found": parted.found},
        }
    }
