"""`slabrace explore`: search for a run that breaks a law, or show that there is none."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from slabrace.runtime.explore import explore as search
from slabrace.runtime.explore import members_of
from slabrace.runtime.strategy_table import Options
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands import search_state
from slabrace.scenarios.commands.interrupt import GRACE, Interrupt
from slabrace.scenarios.commands.options import Extras, Help, blaming, settings_in
from slabrace.scenarios.commands.output import AsJson, print_json, say
from slabrace.scenarios.commands.report import exit_code
from slabrace.scenarios.commands.search_meter import SearchMeter
from slabrace.scenarios.commands.search_report import document, findings, keep, render
from slabrace.scenarios.commands.search_worker import Shop
from slabrace.scenarios.reports.record import Asked, record
from slabrace.scenarios.reports.record import save as keep_record

__all__ = ["explore"]

Strategies = Literal["portfolio", "dpor", "dfs", "pct", "pos", "random", "delay"]


def explore(
    name: Annotated[str, Help("A name from `slabrace list`, or path/to/file.py::name.")],
    /,
    *words: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)],
    set: Annotated[  # noqa: A002  # the option's name
        list[str] | None, Help("A parameter of the scenario: name=value. Repeatable.")
    ] = None,
    strategy: Annotated[
        Strategies, Help("Who searches; the portfolio is dpor, random, pct, delay and pos in turn.")
    ] = ("portfolio"),
    runs: Annotated[
        int | None, Help("Bound on the runs, those before a --resume included.")
    ] = None,
    time: Annotated[float | None, Help("Bound on the time, in seconds.")] = None,
    seed: Annotated[int, Help("Of all that is drawn at random.")] = 0,
    jobs: Annotated[int, Help("Processes that search side by side.")] = 1,
    depth: Annotated[int | None, Help("pct: the depth of the bugs it aims at.")] = None,
    preemptions: Annotated[int | None, Help("dfs: at most so many.")] = None,
    delays: Annotated[int | None, Help("dfs, delay: at most so many.")] = None,
    steps: Annotated[int | None, Help("dfs, delay: deliveries of a run.")] = None,
    max_steps: Annotated[
        int | None, Help("Picks after which a run is cut off, and reported as such.")
    ] = None,
    fair: Annotated[
        int | None, Help("No lane that can be delivered waits for more than so many picks.")
    ] = None,
    check: Annotated[
        bool, Help("Make every schedule twice, to see that a run follows from it.")
    ] = False,
    keep_going: Annotated[bool, Help("Do not stop at the first violation.")] = False,
    minimize: Annotated[
        bool, Help("Make what is found small, and say what decides.", negative="--no-minimize")
    ] = True,
    save: Annotated[
        Path | None,
        Help("Write schedules, what was seen, and where the search stands, to this directory."),
    ] = None,
    resume: Annotated[
        Path | None, Help("Go on from where an interrupted search said that it stands.")
    ] = None,
    extras: Extras | None = None,
    json: AsJson = False,
) -> int:
    """Search a scenario. Exit code 0: its verdict held; 1: it did not.

    With neither --runs nor --time it is 20,000 runs. Parameters of the scenario are options, as in
    `slabrace run`.
    """
    extras = extras or Extras()
    scenario = Catalogue(extras.plugins.scenarios).find(name)
    settings = [*(set or []), *settings_in(words, scenario)]
    parameters = scenario.parse(settings)
    options = Options(seed=seed, depth=depth, preemptions=preemptions, delays=delays, steps=steps)
    fair = scenario.fair if fair is None else fair
    members = members_of(strategy, options, scenario.delays, fair=fair, checked=check)
    shop = Shop(name, tuple(settings), members, extras, max_steps, not keep_going)
    earlier = search_state.load(resume, shop) if resume is not None else None
    grace = GRACE if jobs == 1 else None  # others make the runs, and are not interrupted
    with Interrupt(grace) as stop, SearchMeter(scenario.name, runs, time) as meter, blaming():
        result = search(
            scenario,
            parameters,
            members=members,
            reference=name,
            runs=runs,
            seconds=time,
            jobs=jobs,
            loader=shop,
            max_steps=max_steps,
            furnish=extras.furnish(),
            until_violation=not keep_going,
            resume=earlier,
            told=meter.told,
            stop=stop,
        )
    goes_on = not (result.decided or result.broken)
    if goes_on and (save is not None or result.interrupted):
        place = search_state.save(result, shop, save)
        say(f"where it stands is in {place}; to go on, add --resume {shlex.quote(str(place))}")
    elif result.broken:
        say("broken off between two runs, so that nobody can go on from here")
    with blaming():
        told = findings(result, shop, small=minimize)
    if save is not None:
        files = keep(result, told, save)
        asked = Asked(
            "explore",
            name,
            scenario.stored(parameters),
            [each.strategy for each in members],
            seed,
            delays=sorted({delay for each in members for delay in each.delays}),
            added=extras.words,
            max_steps=max_steps,
            keep_going=keep_going,
        )
        keep_record(record(result, asked, files), scenario.name, save)
    if json:
        print_json(document(result, told))
    else:
        print(render(result, shop, told, save))
    return exit_code(result)
