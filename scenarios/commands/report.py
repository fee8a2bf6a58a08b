"""Report: what `run` and `replay` say of a result. One text for people, one document for programs.

The closing line is herd7's, so that whoever greps litmus results can grep ours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slabrace.runtime.errors import UsageError
from slabrace.runtime.result import Found, Result
from slabrace.runtime.schedule import Schedule
from slabrace.scenarios.commands.output import counted, tree

__all__ = ["document", "exit_code", "observation", "path_of", "render", "save_to", "trust"]

HELD, NOT_HELD, INTERRUPTED = 0, 1, 130


def document(result: Result) -> dict[str, Any]:
    """The result as `--json` prints it."""
    return {
        "scenario": result.scenario.name,
        "expected": result.scenario.verdict.value,
        "observed": result.observed.value,
        "held": result.held,
        "how": result.how,
        "runs": result.runs,
        "deliveries": result.deliveries,
        "seconds": round(result.seconds, 6),
        "violations": [
            {
                "law": found.law,
                "message": found.message,
                "signature": found.signature,
                "count": found.count,
                "schedule": found.schedule.token() if found.schedule else None,
            }
            for found in result.found.values()
        ],
        "stats": result.stats,
        "positive": result.positive,
        "negative": result.negative,
        "bound": result.bound,
        "interrupted": result.interrupted,
    }


def render(result: Result, replay: Callable[[Found], str]) -> str:
    """The result for people; ``replay`` gives the command that shows a violation again."""
    scenario = result.scenario
    parts = [f"{scenario.name}: {scenario.summary}"]
    if result.stats:
        of_many = " (the last run)" if result.runs > 1 else ""
        parts += [f"\nwhat happened{of_many}", tree(result.stats)]
    for found in sorted(result.found.values(), key=lambda each: -each.count):
        times = f" in {counted(found.count, 'run')}" if result.runs > 1 else ""
        parts += [f"\n{found.law}{times}: {found.message}", f"  {replay(found)}"]
    if result.bound:
        parts.append(
            f"\n{counted(result.bound, 'run')} reached the bound of picks and still moved: "
            "no success. Raise --max-steps, or look at such a run with --log."
        )
    if result.interrupted:
        parts.append("\ninterrupted: what follows is what was seen until then")
    parts += ["", observation(result), trust(result)]
    return "\n".join(parts)


def observation(result: Result) -> str:
    """Herd7's line: name, observed, positive, negative."""
    name, observed = result.scenario.name, result.observed.value
    return f"Observation {name} {observed} {result.positive} {result.negative}"


def trust(result: Result) -> str:
    """How far the line above can be trusted, and what it means for the verdict."""
    scenario = result.scenario
    held = "holds" if result.held else "does NOT hold"
    verdict = f"the verdict {scenario.verdict.value} {held}"
    if not result.held and result.how == "inconclusive":
        verdict = f"neither for nor against the verdict {scenario.verdict.value}"
    elif not result.held and result.positive and scenario.verdict.value != "Never":
        verdict += f" (expected {' or '.join(scenario.laws) or scenario.verdict.value})"
    speed = result.deliveries / result.seconds if result.seconds else 0.0
    return (
        f"{result.how}: {verdict} ({counted(result.runs, 'run')}, {result.deliveries:,} "
        f"deliveries in {result.seconds:.2f} s, {speed:,.0f}/s)"
    )


def path_of(scenario: str, found: Found, folder: Path) -> Path:
    """Where the schedule of a violation goes: the same bug has the same name in every search."""
    digest = hashlib.blake2b(found.signature.encode(), digest_size=4).hexdigest()
    told = re.sub(r"[^\w.-]+", "_", f"{scenario}-{found.law}")  # a law of the user's is any text
    return folder / f"{told}-{digest}.json"


def save_to(path: Path, schedule: Schedule) -> None:
    """Write ``schedule`` to ``path``, whose folder need not be there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        schedule.save(path)
    except OSError as error:
        raise UsageError(f"cannot save a schedule to {path}: {error.strerror}") from error


def exit_code(result: Result) -> int:
    """What the command answers to the shell."""
    if result.interrupted:
        return INTERRUPTED
    return HELD if result.held else NOT_HELD
