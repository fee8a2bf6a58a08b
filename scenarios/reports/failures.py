"""Failures: the schedules of a folder, replayed, told apart by signature, and made small.

Of several schedules of one failure the shortest stands for all. How often it was seen is not in a
schedule: it comes from the records, as far as there are any. What cannot be replayed any more, or
breaks no law, is said to be so; the report goes on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, Literal

from slabrace.runtime.cause import Cause
from slabrace.runtime.errors import SlabraceError, UsageError, Violation
from slabrace.runtime.exporters import svg
from slabrace.runtime.exporters.diagram import diagram
from slabrace.runtime.exporters.picture import Picture
from slabrace.runtime.minimize import Minimized, minimize
from slabrace.runtime.replaying import replay
from slabrace.runtime.run_log import RunLog
from slabrace.runtime.scenario import Scenario
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.signature import pairs_of
from slabrace.runtime.world import World
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.minimize import MADE, Stage
from slabrace.scenarios.commands.options import Extras, blaming
from slabrace.scenarios.picturing import WORTH, heading, title, what_decides
from slabrace.scenarios.reports.folder import Folder, Skipped
from slabrace.scenarios.reports.record import Seen
from slabrace.scenarios.retelling import retell

__all__ = ["BUDGET", "Failure", "Sizing", "collect", "finish"]

BUDGET: Final = 2_000
"""Runs that may be made to make one failure small."""

Sizing = Literal["before", "here", "not"]
"""Whether the schedule had been made small, was made small for the report, or is as it was."""


@dataclass
class Failure:
    """One failure. ``files`` have it; ``seen`` is what records say of it, by name of the record.

    ``words`` are the options that a replay of it needs.
    """

    scenario: Scenario
    stage: Stage
    words: list[str]
    signature: str
    violation: Violation
    schedule: Schedule
    picks: list[int]
    files: list[str]
    seen: dict[str, Seen] = field(default_factory=dict)
    sizing: Sizing = "not"
    small: Minimized | None = None
    remark: str = ""
    cause: Cause | None = None
    drawing: str = ""
    picture: Picture | None = None


def collect(folder: Folder, extras: Extras) -> list[Failure]:
    """The failures, as they were saved; see `finish`."""
    catalogue = Catalogue(extras.plugins.scenarios)
    links = dict(linked(folder))
    found: dict[tuple[str, str], Failure] = {}
    for name, schedule in folder.schedules.items():
        try:
            with blaming():
                failure = failing(catalogue, extras, name, schedule, links.get(name))
        except SlabraceError as error:
            folder.skipped.append(Skipped(name, f"a schedule that cannot be used: {error}"))
            continue
        known = found.setdefault((schedule.scenario, failure.signature), failure)
        if known is not failure:
            found[schedule.scenario, failure.signature] = merged(known, failure)
    return list(found.values())


def linked(folder: Folder) -> Iterator[tuple[str, dict[str, Seen]]]:
    """Name of a schedule -> what records say of it, each by its own name."""
    links: dict[str, dict[str, Seen]] = {}
    for name, record in folder.records.items():
        for seen in record.found:
            if seen.file is not None:
                place = (PurePosixPath(name).parent / seen.file).as_posix()
                links.setdefault(place, {})[name] = seen
    yield from links.items()


def failing(
    catalogue: Catalogue, extras: Extras, name: str, schedule: Schedule,
    seen: dict[str, Seen] | None,
) -> Failure:  # fmt: skip
    """What ``schedule`` shows when it is replayed."""
    scenario = catalogue.find(schedule.scenario)
    stage = Stage(scenario, extras)
    arguments = scenario.arguments(schedule.parameters)
    outcome = replay(stage.build(arguments), schedule)
    if not outcome.violations:
        raise UsageError("its run breaks no law any more")
    pairs = pairs_of(lambda: stage.build(arguments), outcome)
    whole = [f"{v.signature}{pair}" for v, pair in zip(outcome.violations, pairs, strict=True)]
    wanted = next(iter(seen.values())).signature if seen else whole[0]
    number = next(
        (n for n, each in enumerate(outcome.violations) if wanted.startswith(each.signature)), None
    )
    if number is None:  # it is another failure than the one that was recorded
        seen, number = None, 0
    violation = outcome.violations[number]
    paired = seen and wanted != violation.signature  # by the run that was found, not by a small one
    return Failure(
        scenario,
        stage,
        extras.words,
        wanted if paired else whole[number],
        violation,
        schedule,
        outcome.picks,
        [name],
        dict(seen or {}),
    )


def merged(known: Failure, other: Failure) -> Failure:
    """Both as one: told by the shorter run."""
    best, rest = (other, known) if len(other.picks) < len(known.picks) else (known, other)
    best.files = known.files + other.files
    best.seen = rest.seen | best.seen
    return best


def finish(failure: Failure, budget: int | None, told: Callable[[str], None]) -> RunLog:
    """Make it small, ask what decides, and draw it; the log of its run.

    ``budget`` None makes nothing small. ``told`` hears of what takes a while.
    """
    stage, schedule = failure.stage, failure.schedule
    arguments = failure.scenario.arguments(schedule.parameters)

    def build() -> World:
        return stage.build(arguments)

    def smaller(most: int) -> Minimized:
        law, longest = failure.violation.law, schedule.max_steps
        return minimize(build, failure.picks, law, budget=most, max_steps=longest)

    if schedule.made_by.endswith(MADE):
        failure.sizing = "before"
        failure.small = smaller(1)  # with one run it stays as it is, and is measured
    elif budget is not None:
        told(f"making {failure.files[0]} small ({len(failure.picks):,} picks)")
        try:
            adopt(failure, smaller(budget))
        except SlabraceError as error:
            failure.remark = f"could not be made small: {error}"
    if failure.small is not None or len(failure.picks) <= WORTH:
        failure.cause = what_decides(
            failure.scenario, failure.schedule, stage.additions, failure.picks
        )
    run = retell(failure.schedule, failure.scenario, stage.additions)
    failure.violation = same(failure.violation, run.violations)
    failure.drawing = diagram(run.trace, failure.violation, title)
    above = heading(failure.scenario)
    failure.picture = svg.drawn(
        run.trace, failure.violation, title, heading=above, cause=failure.cause
    )
    return run.log


def same(known: Violation, others: Sequence[Violation]) -> Violation:
    """The one of ``others`` that is like ``known``, as far as one is."""
    ranked = sorted(
        others, key=lambda each: (each.signature != known.signature, each.law != known.law)
    )
    return ranked[0] if ranked else known


def adopt(failure: Failure, small: Minimized) -> None:
    """Let the small run stand for the failure."""
    given = failure.schedule
    failure.small = small
    failure.sizing = "here"
    failure.picks = small.picks
    failure.schedule = Schedule(
        given.scenario,
        given.parameters,
        small.described,
        given.made_by + MADE,
        max_steps=given.max_steps,
        end=given.end,
    )
