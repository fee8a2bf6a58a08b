"""What `compare --races N` adds: whether either version breaks a law, as far as N runs can tell.

What is searched is the scenario itself, with the laws on, and not its size for being profiled. A
search here is a short one: it draws nothing and makes nothing small. `explore` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slabrace.runtime.exploration import Exploration
from slabrace.runtime.explore import explore, members_of
from slabrace.runtime.scenario import Scenario
from slabrace.runtime.strategy_table import Options
from slabrace.scenarios.commands import search_report
from slabrace.scenarios.commands.interrupt import GRACE, Interrupt
from slabrace.scenarios.commands.options import Extras, blaming
from slabrace.scenarios.commands.output import command, counted
from slabrace.scenarios.commands.report import observation
from slabrace.scenarios.commands.search_meter import SearchMeter
from slabrace.scenarios.commands.search_report import replay_line, trust_line
from slabrace.scenarios.commands.search_worker import Shop

__all__ = ["Races", "document", "render", "search"]

Races = Mapping[str, tuple[Shop, Exploration]]
"""Version -> what was asked of its search, and what came of it."""


def search(
    name: str, scenario: Scenario, settings: Mapping[str, Sequence[str]], extras: Extras, *,
    runs: int, seed: int, max_steps: int | None,
) -> Races:  # fmt: skip
    """Search ``scenario`` with the settings of each version; up to ``runs`` runs of each."""
    members = members_of("portfolio", Options(seed=seed), scenario.delays, fair=scenario.fair)
    found: dict[str, tuple[Shop, Exploration]] = {}
    for version, asked in settings.items():
        meter = SearchMeter(f"{scenario.name} of {version}", runs)
        with Interrupt(GRACE) as stop, meter, blaming():
            result = explore(
                scenario,
                scenario.parse(asked),
                members=members,
                reference=name,
                runs=runs,
                max_steps=max_steps,
                furnish=extras.furnish(),
                told=meter.told,
                stop=stop,
            )
        found[version] = Shop(name, tuple(asked), members, extras, max_steps), result
        if result.interrupted:
            break
    return found


def document(races: Races) -> dict[str, Any]:
    """The searches as `--json` prints them."""
    return {version: search_report.document(result, ()) for version, (_, result) in races.items()}


def render(races: Races, runs: int) -> str:
    """A paragraph for each version."""
    parts = [f"races, looked for in up to {counted(runs, 'run')} of each"]
    for version, (shop, result) in races.items():
        parts += ["", f"{version}:"]
        for each in result.found.values():
            parts.append(f"{each.law} in run {each.run + 1:,}: {each.message}")
            if each.schedule is not None:
                parts.append(f"  {replay_line(shop, each, each.schedule, None)}")
        if result.found:
            words = [word for setting in shop.settings for word in ("--set", setting)]
            parts.append(f"  {command('explore', shop.name, *words, *shop.extras.words)}")
        parts += [observation(result), trust_line(result)]
    return "\n".join(parts)
