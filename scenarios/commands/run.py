"""`slabrace run`: turn one scenario, and see whether its verdict holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from slabrace.runtime import campaign
from slabrace.runtime.result import Found, Result
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.meter import Meter
from slabrace.scenarios.commands.options import Extras, Help, Log, blaming, opened, settings_in
from slabrace.scenarios.commands.output import AsJson, command, print_json, say
from slabrace.scenarios.commands.report import document, exit_code, path_of, render, save_to
from slabrace.scenarios.reports.record import Asked, record
from slabrace.scenarios.reports.record import save as keep_record

__all__ = ["run"]

LONGEST = 4096
"""Characters of a token that are still worth printing."""


def run(
    name: Annotated[str, Help("A name from `slabrace list`, or path/to/file.py::name.")],
    /,
    *words: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)],
    set: Annotated[  # noqa: A002  # the option's name
        list[str] | None, Help("A parameter of the scenario: name=value. Repeatable.")
    ] = None,
    host: Annotated[
        Literal["engine", "trio", "asyncio"],
        Help("Who turns the actors: the engine, or one real task for each on trio or asyncio."),
    ] = "engine",
    strategy: Annotated[
        Literal["random", "round_robin"] | None,
        Help("Who picks the next delivery; unless told, the scenario says."),
    ] = None,
    delay: Annotated[
        list[str] | None,
        Help("Hold messages back: 'from=* to=rcu message=Load for=1..20 p=0.5'. Repeatable."),
    ] = None,
    seed: Annotated[int, Help("Of all that is drawn at random.")] = 0,
    runs: Annotated[int | None, Help("How many; unless told, the scenario says.")] = None,
    first: Annotated[int, Help("Number of the first run; 0 unless told.")] = 0,
    jitter: Annotated[
        float, Help("Most that a live host lets a delivery wait at random, in seconds.")
    ] = campaign.JITTER,
    max_steps: Annotated[
        int | None, Help("Picks after which a run is cut off, and reported as such.")
    ] = None,
    save: Annotated[
        Path | None,
        Help(
            "Write the schedule of each violation, and what the runs amount to, to this directory."
        ),
    ] = None,
    log: Log | None = None,
    extras: Extras | None = None,
    json: AsJson = False,
) -> int:
    """Run a scenario. Exit code 0: its verdict held; 1: it did not.

    Each parameter of the scenario is an option too: `slabrace run stress --full --memcgs 40`.
    `slabrace list NAME` shows them.
    """
    extras = extras or Extras()
    scenario = Catalogue(extras.plugins.scenarios).find(name)
    settings = [*(set or []), *settings_in(words, scenario)]
    parameters = scenario.parse(settings)
    chosen = strategy or scenario.strategy
    delays = list(scenario.delays) if delay is None else delay
    header = {
        "scenario": name,
        "parameters": scenario.stored(parameters),
        "host": host,
        "strategy": chosen,
        "delays": delays,
        "seed": seed,
    }
    with opened(log or Log(), header) as sink, Meter(scenario.name) as meter, blaming():
        result = campaign.run(
            scenario,
            parameters,
            reference=name,
            host=host,
            strategy=chosen,
            seed=seed,
            first=first,
            runs=runs,
            delays=delays,
            jitter=jitter,
            max_steps=max_steps,
            furnish=extras.furnish(),
            log=sink,
            progress=meter,
        )
    saved: dict[str, Path] = {}
    if save is not None:
        saved = keep(result, save)
        asked = Asked(
            "run",
            name,
            scenario.stored(parameters),
            [chosen if host == "engine" else host],
            seed,
            first,
            host,
            delays,
            extras.words,
            max_steps,
        )
        keep_record(record(result, asked, saved), scenario.name, save)

    def again(found: Found) -> str:
        """The command that shows a violation again, short enough to be copied."""
        token = found.schedule.token() if found.schedule is not None else ""
        if found.signature in saved:
            return command("replay", str(saved[found.signature]), *extras.words)
        if token and len(token) <= LONGEST:
            return command("replay", token, *extras.words)
        if host != "engine":  # its order cannot be made again, only followed
            return f"its schedule is too long to print ({len(token):,} characters): add --save DIR"
        asked = [word for text in settings for word in ("--set", text)]
        asked += [word for text in delays for word in ("--delay", text)]
        asked += ["--max-steps", str(max_steps)] if max_steps is not None else []
        asked += ["--strategy", chosen, "--seed", str(seed), "--first", str(found.run)]
        return command("run", name, *asked, "--runs", "1", *extras.words)

    if json:
        print_json(document(result))
    else:
        print(render(result, again))
    return exit_code(result)


def keep(result: Result, folder: Path) -> dict[str, Path]:
    """Save the schedule of each violation; signature -> where it is."""
    saved = {}
    for found in result.found.values():
        if found.schedule is None:  # interrupted before it was made
            continue
        path = path_of(result.scenario.name, found, folder)
        save_to(path, found.schedule)
        saved[found.signature] = path
        say(f"the schedule of {found.signature} is in {path}")
    return saved
