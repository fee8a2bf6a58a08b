"""Retelling: a schedule made again with everybody watching: a log, a trace, and what was broken.

A run that is looked for is light; the one that was found is made again, and told in full. What is
exported is told from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

import slabrace
from slabrace.actors.legend import LEGEND
from slabrace.runtime.errors import Violation
from slabrace.runtime.log_types import SCHEMA
from slabrace.runtime.message import Envelope
from slabrace.runtime.replaying import replay
from slabrace.runtime.run_log import RunLog
from slabrace.runtime.scenario import Scenario
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.scribe import Scribe
from slabrace.runtime.trace import Trace
from slabrace.runtime.witness import Witness
from slabrace.runtime.world import World

__all__ = ["Retelling", "header_of", "retell"]


@dataclass
class Retelling:
    """One run: its log, with what each object holds; its trace, with a witness; broken laws."""

    log: RunLog
    trace: Trace
    violations: list[Violation]


def header_of(schedule: Schedule) -> dict[str, Any]:
    """The header of the log of a replay."""
    return {
        "scenario": schedule.scenario,
        "parameters": schedule.parameters,
        "host": "engine",
        "strategy": f"replay of {schedule.made_by}",
        "schedule": schedule.token(),
        "versions": {"slabrace": slabrace.__version__},
    }


def retell(
    schedule: Schedule, scenario: Scenario, furnish: Iterable[Callable[[World], None]] = ()
) -> Retelling:
    """Make the run of ``schedule`` again. Raises a `Divergence` where it takes another path."""
    lines: list[str] = []
    world = World()
    trace = Trace(world, Witness(world))
    token = schedule.token()
    run = hashlib.blake2b(token.encode(), digest_size=6).hexdigest()
    scribe = Scribe(world, run, lines.extend, columns=LEGEND.columns, state=True)

    def tell(envelope: Envelope) -> None:
        trace.tell(envelope)
        scribe.delivered(envelope)

    scenario(world, **scenario.arguments(schedule.parameters))
    for add in furnish:
        add(world)
    outcome = replay(world, schedule, tell=tell)
    scribe.end(outcome)
    records = [msgspec.json.decode(line) for line in lines]
    log = RunLog({"schema": SCHEMA, **header_of(schedule)}, run, records)
    return Retelling(log, trace, outcome.violations)
