"""`slabrace perf`: what a profiler would see of a scenario, under virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import Parameter

import slabrace
from slabrace.runtime.errors import UsageError
from slabrace.runtime.exporters import perf_script
from slabrace.runtime.exporters.folded import lines as folded_lines
from slabrace.runtime.exporters.speedscope import document as speedscope_document
from slabrace.runtime.outcome import End, Outcome
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.meter import Meter
from slabrace.scenarios.commands.options import Extras, Help, Prices, blaming, settings_in
from slabrace.scenarios.commands.output import AsJson, print_json, say
from slabrace.scenarios.commands.perf_report import Wanted, document, render
from slabrace.scenarios.profiling import Measured, measure

__all__ = ["exit_code", "given", "perf"]

MEASURED, BROKEN, INTERRUPTED = 0, 1, 130
EVENT: Final = "cpu-clock:k"
IMAGE: Final = "[kernel.kallsyms]"


def perf(
    name: Annotated[str, Help("A name from `slabrace list`, or path/to/file.py::name.")],
    /,
    *words: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)],
    set: Annotated[  # noqa: A002  # the option's name
        list[str] | None, Help("A parameter of the scenario: name=value. Repeatable.")
    ] = None,
    percent_limit: Annotated[
        float, Help("Leave out of tables what is below so many percent.")
    ] = 0.0,
    children: Annotated[
        bool, Help("Two columns: with what a function called, which sorts, and without.")
    ] = False,
    per_cpu: Annotated[bool, Help("One profile for each CPU.")] = False,
    per_memcg: Annotated[bool, Help("One profile for each memcg.")] = False,
    folded: Annotated[
        bool, Help("Print stacks for a flame graph: frame;frame nanoseconds.")
    ] = False,
    script: Annotated[
        bool, Help("Print samples as `perf script` does, for the Firefox profiler and others.")
    ] = False,
    speedscope: Annotated[
        Path | None, Help("Write the profile for https://www.speedscope.app to this file.")
    ] = None,
    delay: Annotated[
        list[str] | None,
        Help("Hold messages up: 'from=* to=rcu message=GpEnd for=exp:5ms p=0.5'. Repeatable."),
    ] = None,
    seed: Annotated[int, Help("Of all that is drawn at random.")] = 0,
    max_steps: Annotated[
        int | None, Help("Picks after which the run is cut off, and reported as such.")
    ] = None,
    prices: Prices | None = None,
    extras: Extras | None = None,
    json: AsJson = False,
) -> int:
    """Profile a scenario in perf's layout. Exit code 0: measured; 1: the run broke a law.

    Time is virtual: the same seed and costs give the same profile to the nanosecond. A scenario may
    have settings of its own for being profiled; yours come after them. Each parameter of the
    scenario is an option too: `slabrace perf stress --version rwsem_flat`.
    """
    if folded + script + json > 1:
        raise UsageError("--folded, --script and --json are three texts, and stdout is one: choose")
    if speedscope is not None and not speedscope.absolute().parent.is_dir():
        raise UsageError(f"cannot write {speedscope}: there is no such folder")
    wanted = Wanted(percent_limit, children, per_cpu=per_cpu, per_memcg=per_memcg)
    extras = extras or Extras()
    costs = (prices or Prices()).read()
    scenario = Catalogue(extras.plugins.scenarios).find(name)
    settings = [*scenario.perf, *(set or []), *settings_in(words, scenario, "perf")]
    parameters = scenario.parse(settings)
    with Meter(scenario.name) as meter, blaming():
        measured = measure(
            scenario,
            parameters,
            costs,
            seed=seed,
            delays=delay or (),
            max_steps=max_steps,
            per_memcg=per_memcg,
            furnish=extras.furnish(),
            begin=lambda world: meter.begin(0, 1, world),
        )
        meter.end(measured.outcome)
    title = f"{name}{given(settings)}, seed {seed}"
    if speedscope is not None:
        write(speedscope, measured, title)
    if json:
        asked = {
            "scenario": name,
            "parameters": scenario.stored(parameters),
            "seed": seed,
            "costs": costs.changed(),
        }
        print_json(asked | document(measured, wanted))
    elif folded:
        for line in stacks(measured, wanted):
            print(line)
    elif script:
        for line in perf_script.lines(
            measured.profile, event=EVENT, image=IMAGE, title=f"slabrace perf {title}"
        ):
            print(line)
    else:
        print(render(measured, wanted, title))
    return exit_code(measured.outcome)


def stacks(measured: Measured, wanted: Wanted) -> Iterator[str]:
    """The folded stacks; the memcg, if asked for, is the outermost frame, then the CPU."""
    if not wanted.per_memcg:
        yield from folded_lines(measured.profile, apart=wanted.per_cpu)
    for path, profile in sorted(measured.memcgs.items()):
        yield from folded_lines(profile, apart=wanted.per_cpu, below=path)


def write(path: Path, measured: Measured, title: str) -> None:
    """Write the speedscope file."""
    exporter = f"slabrace {slabrace.__version__}"
    told = speedscope_document(measured.profile, f"slabrace perf {title}", exporter)
    try:
        path.write_bytes(msgspec.json.encode(told))
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def given(settings: list[str]) -> str:
    """The settings that count, as they are told of: of a name that is given twice, the last."""
    last = {name: text for name, _, text in (setting.partition("=") for setting in settings)}
    return "".join(f" {name}={text}" for name, text in last.items())


def exit_code(outcome: Outcome, of: str = "") -> int:
    """What the command answers to the shell; what is wrong with the run is said on stderr."""
    for violation in outcome.violations:
        say(f"{of}the run broke a law: {violation.law}: {violation.message}")
    if outcome.violations:
        say(f"{of}the profile ends there")
        return BROKEN
    if outcome.end is End.BOUND:
        say(
            f"{of}cut off after {len(outcome.picks):,} picks, and still moving: the profile is of "
            "that part. Raise --max-steps"
        )
    if outcome.end is End.INTERRUPTED:
        say(f"{of}interrupted: the profile is of what was seen until then")
        return INTERRUPTED
    return MEASURED
