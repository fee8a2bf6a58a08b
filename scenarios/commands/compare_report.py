"""What `compare` says of two profiles: side by side, and beside what was published.

The difference is in percentage points: what a function has of all time there, less what it has
here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slabrace.scenarios.commands import perf_report
from slabrace.scenarios.commands.perf_report import Wanted, latency, percent, time
from slabrace.scenarios.profiling import Measured
from slabrace.scenarios.published import LEFT_OUT, PROFILES, SOURCE, beside, rank_correlation

__all__ = ["document", "render"]

NOTHING = "-"


def shares(measured: Measured) -> dict[str, float]:
    """Symbol -> percent, the largest first."""
    total = measured.profile.total()
    return {line.symbol: percent(line.own, total) for line in measured.profile.lines() if line.own}


def differing(found: Mapping[str, Measured], wanted: Wanted) -> list[tuple[str, float, float]]:
    """Symbol and both its shares, the largest first, without what is below the limit in both."""
    one, other = (shares(measured) for measured in found.values())
    rows = [
        (symbol, one.get(symbol, 0.0), other.get(symbol, 0.0))
        for symbol in dict.fromkeys([*one, *other])
    ]
    rows = [row for row in rows if max(row[1:]) >= wanted.limit]
    return sorted(rows, key=lambda row: (-max(row[1:]), row[0]))


# -- for programs ---------------------------------------------------------------------------------


def document(scenario: str, found: Mapping[str, Measured], wanted: Wanted) -> dict[str, Any]:
    """The comparison as `--json` prints it. Times are nanoseconds."""
    published = PROFILES.get(scenario, {})
    versions: dict[str, Any] = {}
    for version, measured in found.items():
        versions[version] = perf_report.document(measured, wanted)
        if version in published:
            model = shares(measured)
            versions[version]["published"] = [
                each._asdict() for each in beside(published[version], model)
            ]
            versions[version]["rank_correlation"] = rank_correlation(published[version], model)
    one, other = found
    told: dict[str, Any] = {
        "versions": versions,
        "differences": [
            {"symbol": symbol, one: here, other: there, "difference": there - here}
            for symbol, here, there in differing(found, wanted)
        ],
    }
    if any(version in published for version in found):
        told["published"] = {"source": SOURCE, "left_out": list(LEFT_OUT)}
    return told


# -- for people -----------------------------------------------------------------------------------


def render(scenario: str, found: Mapping[str, Measured], wanted: Wanted, title: str) -> str:
    """The tables."""
    one, other = found
    rows = [("symbol", one, other, "difference")]
    rows += [
        (symbol, f"{here:.2f}%", f"{there:.2f}%", f"{there - here:+.2f}")
        for symbol, here, there in differing(found, wanted)
    ]
    parts = [f"# {title}", "", *aligned(rows), "", *aligned(figures(found))]
    published = {
        version: PROFILES[scenario][version]
        for version in found
        if version in PROFILES.get(scenario, {})
    }
    for version, profile in published.items():
        model = shares(found[version])
        rows = [(version, "model", "published", "error")]
        rows += [
            (
                each.symbol,
                NOTHING if each.model is None else f"{each.model:.2f}%",
                f"{each.published:.2f}%",
                NOTHING if each.error is None else f"{each.error:+.2f}",
            )
            for each in beside(profile, model)
        ]
        correlation = rank_correlation(profile, model)
        told = NOTHING if correlation is None else f"{correlation:.2f}"
        parts += ["", *aligned(rows), f"Spearman's rank correlation, of what both have: {told}"]
    if published:
        parts += ["", f"published: {SOURCE}. The model leaves out:"]
        parts += [f"  {each}" for each in LEFT_OUT]
    return "\n".join(parts)


def figures(found: Mapping[str, Measured]) -> list[tuple[str, ...]]:
    """What is no share of time: both, and how many times the first the second is."""
    one, other = found.values()
    rows: list[tuple[str, ...]] = [("", *found, "factor")]
    for name, here, there in (
        ("memcgs scanned", one.memcgs_scanned, other.memcgs_scanned),
        ("memcgs scanned per second", round(one.throughput), round(other.throughput)),
        ("trylock failures", one.trylock_failures, other.trylock_failures),
        ("grace periods", one.grace_periods, other.grace_periods),
    ):
        rows.append((name, f"{here:,}", f"{there:,}", factor(here, there)))
    if not one.umounts and not other.umounts:
        return [*rows, ("umount latency", NOTHING, NOTHING, NOTHING)]
    pace, paces = (round(each.umounts_per_second) for each in found.values())
    rows.append(("umounts per second", f"{pace:,}", f"{paces:,}", factor(pace, paces)))
    times = [latency(each.umounts) for each in found.values()]
    for name in ("median", "p99", "max"):
        took, takes = (each[name] for each in times)
        rows.append((f"umount latency, {name}", shown(took), shown(takes), factor(took, takes)))
    return rows


def shown(took: int | None) -> str:
    """A time, if there is one."""
    return NOTHING if took is None else time(took)


def factor(here: int | None, there: int | None) -> str:
    """How many times ``here`` it is there."""
    return f"x{there / here:.2f}" if here and there is not None else NOTHING


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table: names to the left, figures to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            [
                f"{row[0]:<{widths[0]}}",
                *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in rows
    ]
