"""`slabrace growth`: what one drop_caches costs with n memcgs and n mounts, for several n."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from slabrace.runtime.errors import UsageError
from slabrace.runtime.outcome import End
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.choices import at_least
from slabrace.scenarios.commands.canvas import canvas, save
from slabrace.scenarios.commands.compare_report import aligned, factor
from slabrace.scenarios.commands.meter import Meter
from slabrace.scenarios.commands.options import Help, Prices
from slabrace.scenarios.commands.output import AsJson, print_json, say
from slabrace.scenarios.commands.perf_report import time
from slabrace.scenarios.profiling import measure

__all__ = ["Cost", "growth"]

SCENARIO: Final = "drop_caches_growth"
SIZES: Final = (100, 200, 400, 800)
INTERRUPTED: Final = 130


class Cost(NamedTuple):
    """Of one drop_caches: calls of do_shrink_slab(), and virtual nanoseconds."""

    calls: int
    nanoseconds: int


Table = Mapping[int, Mapping[str, Cost]]
"""n -> version -> what it costs."""


def growth(
    first: Annotated[str, Help("A version of the walk.", name="A")] = "no_map",
    second: Annotated[str, Help("Another one.", name="B")] = "rwsem_flat",
    /,
    *,
    n: Annotated[
        list[int] | None,
        Help(
            "So many memcgs and as many mounts. Repeatable; 100, 200, 400 and 800 unless told, "
            "which takes about 40 seconds; 2000 takes about three minutes."
        ),
    ] = None,
    plot_to: Annotated[
        Path | None, Help("Draw it, too, into a .svg or .png file.", name="plot")
    ] = None,
    prices: Prices | None = None,
    json: AsJson = False,
) -> int:
    """Measure one drop_caches with and without the map of memcgs, for several n.

    All is at rest, and one object is there to be freed. Without the map n times n calls are made.
    The exponent of the growth is that from the least n to the greatest. --plot needs Matplotlib:
    `slabrace[cost]`.
    """
    if plot_to is not None:
        canvas(plot_to, SCENARIO)  # before the work, lest it was in vain
    sizes = sorted(set(n or SIZES))
    for size in sizes:
        at_least(1, n=size)
    if first == second:
        raise UsageError(f"{first} twice: growth takes two versions")
    scenario = Catalogue().find(SCENARIO)
    versions = (first, second)
    for version in versions:
        scenario.parse([f"version={version}"])
    costs = (prices or Prices()).read()
    table: dict[int, dict[str, Cost]] = {size: {} for size in sizes}
    with Meter(SCENARIO) as meter:
        for size, version in itertools.product(sizes, versions):
            settings = [*scenario.perf, f"version={version}", f"n={size}"]
            measured = measure(
                scenario,
                scenario.parse(settings),
                costs,
                begin=lambda world: meter.begin(0, len(sizes) * len(versions), world),
            )
            meter.end(measured.outcome)
            if measured.outcome.end is End.INTERRUPTED:
                say("interrupted, and half a drop_caches is no figure")
                return INTERRUPTED
            calls = measured.calls["do_shrink_slab"]
            table[size][version] = Cost(calls, measured.duration)
    if plot_to is not None:
        plot(table, plot_to)
    if json:
        print_json(
            {
                "scenario": SCENARIO,
                "costs": costs.changed(),
                "points": [
                    {"n": size, "versions": {each: row[each]._asdict() for each in versions}}
                    for size, row in table.items()
                ],
                "exponents": {each: exponents(table, each)._asdict() for each in versions},
            }
        )
    else:
        print(render(table, versions))
    return 0


class Exponents(NamedTuple):
    """Calls and time grow like n to the power of these; None of one n alone."""

    calls: float | None
    nanoseconds: float | None


def exponents(table: Table, version: str) -> Exponents:
    """The slope from the first to the last n, both axes logarithmic."""
    (small, few), *_, (large, many) = [*table.items(), *table.items()]
    if small == large:
        return Exponents(None, None)
    width = math.log(large / small)
    return Exponents(
        *(math.log(b / a) / width for a, b in zip(few[version], many[version], strict=True))
    )


def render(table: Table, versions: Sequence[str]) -> str:
    """The table for people."""
    one, other = versions
    head = ("n", f"calls, {one}", other, "factor", f"time, {one}", other, "factor")
    rows: list[tuple[str, ...]] = [head]
    for n, row in table.items():
        here, there = row[one], row[other]
        rows.append(
            (
                f"{n:,}",
                f"{here.calls:,}",
                f"{there.calls:,}",
                factor(there.calls, here.calls),
                time(here.nanoseconds),
                time(there.nanoseconds),
                factor(there.nanoseconds, here.nanoseconds),
            )
        )
    first, second = (exponents(table, version) for version in versions)
    calls = (power(first.calls), power(second.calls), "")
    times = (power(first.nanoseconds), power(second.nanoseconds), "")
    rows.append(("grows as", *calls, *times))
    return "\n".join(aligned(rows))


def power(exponent: float | None) -> str:
    """``n^1.98``."""
    return "-" if exponent is None else f"n^{exponent:.2f}"


def plot(table: Table, path: Path) -> None:
    """Two panels, both axes logarithmic: calls, and time."""
    figure, axes = canvas(path, SCENARIO).subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    sizes = list(table)
    for marker, version in zip("os", table[sizes[0]], strict=True):
        found = [row[version] for row in table.values()]
        style = {"marker": marker, "label": version}
        axes[0].plot(sizes, [each.calls for each in found], **style)
        axes[1].plot(sizes, [each.nanoseconds / 1e9 for each in found], **style)
    labels = ("calls of do_shrink_slab()", "one drop_caches (seconds)")
    for axis, label in zip(axes, labels, strict=True):
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xticks(sizes, [str(size) for size in sizes])
        axis.set_xticks([], minor=True)
        axis.set_xlabel("memcgs, and as many mounts")
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[0].legend()
    save(figure, path)
