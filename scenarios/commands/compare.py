"""`slabrace compare`: what two versions of the walk cost on the same scenario, and their races."""

from __future__ import annotations

from typing import Annotated, Final

from cyclopts import Parameter

from slabrace.runtime.errors import UsageError
from slabrace.runtime.outcome import End
from slabrace.runtime.scenario import Scenario
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands import compare_races
from slabrace.scenarios.commands.compare_races import Races, search
from slabrace.scenarios.commands.compare_report import document, render
from slabrace.scenarios.commands.meter import Meter
from slabrace.scenarios.commands.options import Extras, Help, Prices, blaming, settings_in
from slabrace.scenarios.commands.output import AsJson, print_json
from slabrace.scenarios.commands.perf import exit_code, given
from slabrace.scenarios.commands.perf_report import Wanted
from slabrace.scenarios.commands.report import exit_code as held_code
from slabrace.scenarios.profiling import Measured, measure

__all__ = ["compare"]

VERSION: Final = "version"


def compare(
    first: Annotated[str, Help("A version of the walk.", name="A")],
    second: Annotated[str, Help("Another one.", name="B")],
    name: Annotated[str, Help("A name from `slabrace list`, or path/to/file.py::name.")],
    /,
    *words: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)],
    set: Annotated[  # noqa: A002  # the option's name
        list[str] | None, Help("A parameter of the scenario: name=value. Repeatable.")
    ] = None,
    percent_limit: Annotated[
        float, Help("Leave out what is below so many percent on both sides.")
    ] = 0.0,
    delay: Annotated[
        list[str] | None,
        Help("Hold messages up: 'from=* to=rcu message=GpEnd for=exp:5ms p=0.5'. Repeatable."),
    ] = None,
    seed: Annotated[int, Help("Of all that is drawn at random.")] = 0,
    max_steps: Annotated[
        int | None, Help("Picks after which a run is cut off, and reported as such.")
    ] = None,
    races: Annotated[
        int | None, Help("Search both for a broken law, too, in up to so many runs of each.")
    ] = None,
    prices: Prices | None = None,
    extras: Extras | None = None,
    json: AsJson = False,
) -> int:
    """Profile a scenario under two versions of the walk, side by side.

    Exit code 0: measured; 1: a run broke a law, or with --races the verdict was not found to hold.
    Your settings count for both, the scenario's own ones for being profiled only there. Where
    profiles of real kernels were published, they stand beside the model's: `slabrace compare
    rwsem_flat refcount_rcu stress`.
    """
    wanted = Wanted(percent_limit)
    extras = extras or Extras()
    costs = (prices or Prices()).read()
    scenario = Catalogue(extras.plugins.scenarios).find(name)
    asked = [*(set or []), *settings_in(words, scenario, "compare")]
    refuse(scenario, first, second, asked)
    if races is not None and races < 1:
        raise UsageError(f"--races {races}: expected 1 run or more")
    settings = [*scenario.perf, *asked]
    with Meter(scenario.name) as meter, blaming():

        def turn(number: int, version: str) -> Measured:
            measured = measure(
                scenario,
                scenario.parse([*settings, f"{VERSION}={version}"]),
                costs,
                seed=seed,
                delays=delay or (),
                max_steps=max_steps,
                furnish=extras.furnish(),
                begin=lambda world: meter.begin(number, 2, world),
            )
            meter.end(measured.outcome)
            if measured.outcome.end is End.INTERRUPTED:  # half a comparison is none
                raise KeyboardInterrupt
            return measured

        found = {version: turn(n, version) for n, version in enumerate((first, second))}
    code = max(exit_code(each.outcome, f"{version}: ") for version, each in found.items())
    raced: Races = {}
    if races is not None:
        both = {version: [*asked, f"{VERSION}={version}"] for version in found}
        raced = search(name, scenario, both, extras, runs=races, seed=seed, max_steps=max_steps)
    if json:
        parameters = scenario.stored(scenario.parse(settings))
        del parameters[VERSION]
        head = {"scenario": name, "parameters": parameters, "seed": seed, "costs": costs.changed()}
        tail = {"races": compare_races.document(raced)} if raced else {}
        print_json(head | document(scenario.name, found, wanted) | tail)
    else:
        print(render(scenario.name, found, wanted, f"{name}{given(settings)}, seed {seed}"))
        if races is not None and raced:
            print(f"\n{compare_races.render(raced, races)}")
    return max(code, *(held_code(result) for _, result in raced.values()), 0)


def refuse(scenario: Scenario, first: str, second: str, asked: list[str]) -> None:
    """Say what cannot be compared."""
    if VERSION not in scenario.parameters:
        raise UsageError(
            f"scenario {scenario.name} has no parameter {VERSION!r}: there is one version of it, "
            "and nothing to compare"
        )
    for version in (first, second):
        scenario.parse([f"{VERSION}={version}"])
    if first == second:
        raise UsageError(f"{first} twice: compare takes two versions")
    if any(setting.partition("=")[0] == VERSION for setting in asked):
        raise UsageError(f"the versions are {first} and {second}: leave --{VERSION} out")
