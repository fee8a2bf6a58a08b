"""Finding: a bug as it is told: made small, with what decides it, its picture, and its schedule.

A search finds a run; a person wants the shortest one, and why. Here the parts are put together, for
the command line and for tests alike: minimize.py, cause.py, exporters/diagram.py. Whether a run
that was made small is still the same bug, minimize.py sees to; that the schedule repeats it,
`verified` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from slabrace.runtime.cause import Cause, find_cause
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Violation
from slabrace.runtime.exporters.diagram import diagram
from slabrace.runtime.minimize import BUDGET, Minimized, minimize
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.result import Found
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.trace import Trace
from slabrace.runtime.witness import Witness
from slabrace.runtime.world import World

__all__ = ["Finding", "finding", "watched"]

Title = Callable[[int, str], str]


def by_name(_number: int, actor: str) -> str:
    """A column is headed by the name of its actor."""
    return actor


@dataclass
class Finding:
    """One bug. ``small`` and ``cause`` are None where nobody asked for them."""

    violation: Violation
    deliveries: int  # of the run that was found
    small: Minimized | None
    cause: Cause | None
    diagram: str
    schedule: Schedule


def finding(
    populate: Callable[[World], None],
    found: Found,
    *,
    small: bool = True,
    budget: int = BUDGET,
    title: Title = by_name,
) -> Finding:
    """What ``found``, whose schedule is known, comes to. ``populate`` fills an empty world."""
    schedule = found.schedule
    if schedule is None:
        raise ValueError(f"{found.signature} has no schedule yet")

    def build() -> World:
        world = World()
        populate(world)
        return world

    picks = found.picks
    less = None
    if small:
        law = found.signature.partition(" [")[0]
        less = minimize(build, picks, law, budget=budget, max_steps=schedule.max_steps)
        picks = less.picks
        schedule = Schedule(
            schedule.scenario,
            schedule.parameters,
            less.described,
            f"{schedule.made_by}, minimised",
            max_steps=schedule.max_steps,
            end=schedule.end,
        )
    cause = find_cause(build, picks) if small else None
    trace, outcome = watched(populate, picks)
    violation = next(
        (each for each in outcome.violations if found.signature.startswith(each.signature)),
        outcome.violations[0],
    )
    return Finding(
        violation,
        len(found.picks),
        less,
        cause,
        diagram(trace, violation, title),
        schedule,
    )


def watched(populate: Callable[[World], None], picks: list[int]) -> tuple[Trace, Outcome]:
    """The run with the raw ``picks``, seen by a witness."""
    world = World()
    trace = Trace(world, Witness(world))
    populate(world)
    strategy = RawReplay(picks)
    strategy.begin(world)
    return trace, Engine(world, strategy, max_steps=len(picks) + 1, tell=trace.tell).run()
