"""`slabrace replay`: one schedule again, delivery by delivery."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Literal

from slabrace.actors.splat import VOICES, splat
from slabrace.runtime.engine import Tell
from slabrace.runtime.errors import UsageError, Violation
from slabrace.runtime.exporters.diagram import diagram
from slabrace.runtime.exporters.events import lines
from slabrace.runtime.message import Envelope
from slabrace.runtime.replaying import replay as follow
from slabrace.runtime.result import Result
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.trace import Trace
from slabrace.runtime.witness import Witness
from slabrace.runtime.world import World
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras, Help, Log, blaming, opened
from slabrace.scenarios.commands.output import AsJson, command, print_json
from slabrace.scenarios.commands.report import document, exit_code, observation, render, trust
from slabrace.scenarios.picturing import title
from slabrace.scenarios.retelling import header_of

__all__ = ["replay"]

Continuing = Literal["random", "pct", "pos", "dfs", "delay", "dpor"]


def replay(
    schedule: Annotated[str, Help("A token that `run` printed, or a file that it saved.")],
    /,
    *,
    as_: Annotated[
        Literal["events", "diagram", "kasan", "lockdep"] | None,
        Help(
            "Print every event, the race as in a commit message, or what the kernel would say.",
            name="--as",
        ),
    ] = None,
    continue_with: Annotated[
        Continuing | None,
        Help("Where the schedule and the run part, after an edit, search on with this strategy."),
    ] = None,
    runs: Annotated[int | None, Help("Bound on the runs of that search.")] = None,
    seed: Annotated[int, Help("Of all that is drawn at random in it.")] = 0,
    log: Log | None = None,
    extras: Extras | None = None,
    json: AsJson = False,
) -> int:
    """Run one schedule again. Exit codes as in `run`; 2 if the run takes another path."""
    extras = extras or Extras()
    plan = Schedule.read(schedule)
    if continue_with is not None:
        if as_ is not None or (log or Log()).log is not None:
            raise UsageError("--continue-with is a search: it takes no --as and no --log")
        from slabrace.scenarios.commands.continuing import go_on

        return go_on(plan, continue_with, runs, seed, extras, as_json=json)
    if runs is not None:
        raise UsageError("a replay is one run: --runs needs --continue-with")
    scenario = Catalogue(extras.plugins.scenarios).find(plan.scenario)
    arguments = scenario.arguments(plan.parameters)
    header = header_of(plan)
    world = World()
    trace = Trace(world, Witness(world)) if as_ else None
    with opened(log or Log(), header) as sink, blaming():
        tells: list[Tell] = [trace.tell] if trace is not None else []
        if sink is not None and (tell := sink.begin(world, 0)) is not None:
            tells.append(tell)
        scenario(world, **arguments)
        for add in extras.furnish():
            add(world)
        began = time.perf_counter()
        outcome = follow(world, plan, tell=all_of(tells))
        result = Result(scenario, sampled=True, seconds=time.perf_counter() - began)
        result.add(outcome, 0)
        result.stats = world.report()
        if sink is not None:
            sink.end(0, outcome)
    for found in result.found.values():
        found.schedule = plan
    told = as_text(trace, as_, outcome.violations) if trace is not None and as_ else None
    if json:
        print_json(document(result) | ({} if told is None else {as_: told}))
    elif told is not None:
        print(told, observation(result), trust(result), sep="\n")
    else:
        again = command("replay", schedule, *extras.words, "--as", "diagram")
        print(render(result, lambda _: again))
    return exit_code(result)


def all_of(tells: Sequence[Tell]) -> Tell | None:
    """One that tells all of them."""
    if len(tells) < 2:
        return tells[0] if tells else None

    def tell(envelope: Envelope) -> None:
        for each in tells:
            each(envelope)

    return tell


def as_text(trace: Trace, form: str, violations: Sequence[Violation]) -> str:
    """The run in the form that was asked for."""
    if form in VOICES:
        return "\n\n".join(splat(form, trace, each) for each in violations or (None,)) + "\n"
    if form == "diagram":
        drawn = [diagram(trace, violation, title) for violation in violations or (None,)]
        return "\n\n".join(drawn) + "\n"
    return "\n".join([*lines(trace), *(f"*** {violation}" for violation in violations), ""])
