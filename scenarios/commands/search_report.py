"""What `explore` says: each bug made small, drawn, with its cause; then herd7's line, and trust."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from slabrace.runtime.exploration import Exploration
from slabrace.runtime.exporters.diagram import WIDTH
from slabrace.runtime.finding import Finding, finding
from slabrace.runtime.result import Found
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.world import World
from slabrace.scenarios.commands.output import command, counted
from slabrace.scenarios.commands.report import document as result_document
from slabrace.scenarios.commands.report import observation, path_of, save_to
from slabrace.scenarios.commands.search_worker import Shop
from slabrace.scenarios.picturing import title

__all__ = ["document", "findings", "keep", "render"]

DRAWN: Final = 3
"""Bugs that are made small and drawn; of more, a line each."""
LONGEST: Final = 4096
"""Characters of a token that are still worth printing."""


def findings(result: Exploration, shop: Shop, *, small: bool) -> list[Finding]:
    """The first bugs, as they are told; made small, unless somebody has no patience for that."""
    workshop = shop()

    def populate(world: World) -> None:
        workshop.populate(world)

    told = []
    for each in [each for each in result.found.values() if each.schedule is not None][:DRAWN]:
        try:
            bug = finding(populate, each, small=small, title=title)
        except KeyboardInterrupt:
            result.interrupted = True
            small = False
            bug = finding(populate, each, small=False, title=title)
        told.append(bug)
    return told


def keep(result: Exploration, told: Sequence[Finding], save: Path) -> dict[str, Path]:
    """Save the schedule of each bug, made small if it was; signature -> where it is."""
    saved = {}
    small = [bug.schedule for bug in told]
    given = [each for each in result.found.values() if each.schedule is not None]
    for number, each in enumerate(given):
        schedule = small[number] if number < len(small) else each.schedule
        saved[each.signature] = path = path_of(result.scenario.name, each, save)
        if schedule is not None:
            save_to(path, schedule)
    return saved


def render(
    result: Exploration, shop: Shop, told: Sequence[Finding], save: Path | None = None
) -> str:
    """The result for people."""
    scenario = result.scenario
    parts = [f"{scenario.name}: {scenario.summary}"]
    for each, bug in zip(result.found.values(), told, strict=False):
        parts += ["", *bug_lines(result, each, bug), "", bug.diagram]
        if bug.cause is not None:
            parts += ["", *textwrap.wrap(str(bug.cause), WIDTH)]
        parts += [f"  {replay_line(shop, each, bug.schedule, save)}"]
    for each in list(result.found.values())[len(told) :]:
        times = counted(each.count, "run")
        parts += ["", f"{each.law} in {times}: {each.message}"]
        if each.schedule is not None:
            parts += [f"  {replay_line(shop, each, each.schedule, save)}"]
    if result.interrupted:
        parts.append("\ninterrupted: what follows is what was seen until then")
    parts += ["", observation(result), trust_line(result), work_line(result)]
    return "\n".join(parts)


def bug_lines(result: Exploration, found: Found, bug: Finding) -> list[str]:
    """What was found, by whom, and how small it could be made."""
    times = f", seen in {found.count:,} runs" if found.count > 1 else ""
    by = f" by {result.finder}" if result.finder and result.positive <= found.count else ""
    lines = [f"{found.law} found{by} in run {found.run + 1:,}{times}"]
    small = bug.small
    if small is not None:
        proven = "which no run can do with fewer" if small.exact else "the fewest that were found"
        lines.append(
            f"minimised from {bug.deliveries} deliveries to {small.deliveries}, with "
            f"{counted(small.preemptions, 'preemption')}, {proven}"
        )
    return lines


def replay_line(shop: Shop, found: Found, schedule: Schedule, save: Path | None) -> str:
    """The command that shows it again."""
    if save is not None:
        path = path_of(shop.scenario.name, found, save)
        return command("replay", str(path), *shop.extras.words)
    token = schedule.token()
    if len(token) > LONGEST:
        return f"its schedule is too long to print ({len(token):,} characters): add --save DIR"
    return command("replay", token, *shop.extras.words)


def trust_line(result: Exploration) -> str:
    """``exhaustive (1284 traces): the verdict Never holds``."""
    verdict = result.scenario.verdict.value
    if result.held:
        told = f"the verdict {verdict} holds"
    elif result.how == "inconclusive":
        told = f"neither for nor against the verdict {verdict}"
    else:
        told = f"the verdict {verdict} does NOT hold"
    return f"{result.trust}: {told}"


def work_line(result: Exploration) -> str:
    """Runs, deliveries, speed, coverage."""
    seconds = result.seconds or 1e-9
    runs, deliveries = result.runs / seconds, result.deliveries / seconds
    text = (
        f"{counted(result.runs, 'run')} in {result.seconds:.2f} s ({runs:,.0f}/s), "
        f"{result.deliveries:,} deliveries ({deliveries:,.0f}/s)"
    )
    coverage = result.coverage
    if coverage["pairs"]:
        text += (
            f"\ncoverage: {coverage['both']} of {coverage['pairs']} pairs of conflicting "
            f"deliveries in both orders, nothing new since run {coverage['flat_since']:,}"
        )
    return text


def document(result: Exploration, told: Sequence[Finding]) -> dict[str, Any]:
    """The result as `--json` prints it."""
    small = {}
    for found, bug in zip(result.found.values(), told, strict=False):
        small[found.signature] = {
            "schedule": bug.schedule.token(),
            "deliveries": bug.small.deliveries if bug.small else None,
            "preemptions": bug.small.preemptions if bug.small else None,
            "exact": bug.small.exact if bug.small else None,
            "cause": str(bug.cause) if bug.cause else None,
            "diagram": bug.diagram,
        }
    base = result_document(result)
    for violation in base["violations"]:
        violation["minimised"] = small.get(violation["signature"])
    return base | {
        "why": result.trust.why,
        "finder": result.finder,
        "unreached": result.unreached,
        "coverage": result.coverage | {"curve": result.curve},
        "jobs": result.jobs,
        "members": [
            {
                "strategy": each.member.strategy,
                "runs": each.runs,
                "violations": each.positive,
                "seconds": round(each.seconds, 6),
                "finished": each.finished,
                "trust": str(each.trust) if each.trust else None,
                "estimate": each.estimate,
            }
            for each in result.members
        ],
    }
