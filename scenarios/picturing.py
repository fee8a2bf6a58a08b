"""Picturing: a schedule as a picture for a paper or a slide: the run, made again, and what decides.

The exporters of pictures (svg.py, png.py) draw from a trace with a witness, which no log has: a log
does not know in which function something was done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO, Final

from slabrace.runtime.cause import Cause, find_cause
from slabrace.runtime.errors import UsageError
from slabrace.runtime.scenario import Scenario
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.world import World
from slabrace.scenarios.retelling import Retelling, retell

__all__ = ["WORTH", "heading", "picture", "title", "what_decides"]

WORTH: Final = 2_000
"""Picks of a run up to which it is asked what decides: each pair tried is a run of its own."""

Draw = Callable[..., list[str]]
"""``write`` of an exporter of pictures."""


def picture(
    schedule: Schedule,
    scenario: Scenario,
    furnish: Sequence[Callable[[World], None]],
    draw: Draw,
    out: BinaryIO,
) -> tuple[Retelling, list[str]]:
    """Draw the run of ``schedule``; the run, and what was left out."""
    run = retell(schedule, scenario, furnish)
    remarks = []
    if not run.violations:
        remarks.append("this run breaks no law: the picture shows its last deliveries")
    if len(run.violations) > 1:
        others = ", ".join(each.law for each in run.violations[1:])
        remarks.append(
            f"more than one law was broken; the picture is of the first, not of {others}"
        )
    cause = None
    picks = run.trace.world.picks
    if run.violations and len(picks) <= WORTH:
        cause = what_decides(scenario, schedule, furnish, picks)
    elif run.violations:
        remarks.append(
            f"what decides was not looked for in a run of {len(picks):,} picks: "
            "`slabrace minimize` makes it small"
        )
    violation = run.violations[0] if run.violations else None
    remarks += draw(run.trace, violation, title, out, heading=heading(scenario), cause=cause)
    return run, remarks


def what_decides(
    scenario: Scenario,
    schedule: Schedule,
    furnish: Sequence[Callable[[World], None]],
    picks: Sequence[int],
) -> Cause | None:
    """The pair that decides; None where the run cannot be made again by its raw picks."""

    def build() -> World:
        world = World()
        scenario(world, **scenario.arguments(schedule.parameters))
        for add in furnish:
            add(world)
        return world

    try:
        return find_cause(build, picks)
    except UsageError:
        return None


def heading(scenario: Scenario) -> str:
    """What stands above the picture: the name, and what it is about."""
    return f"{scenario.name}\n{scenario.summary}"


def title(column: int, actor: str) -> str:
    """The head of a column, as in a commit message."""
    return f"CPU{column} ({actor})"
