"""`slabrace scaling`: how two versions of the walk fare as more CPUs reclaim at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from slabrace.actors.costs import Costs
from slabrace.runtime.scenario import Scenario
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.canvas import canvas, save
from slabrace.scenarios.commands.options import Help, Prices
from slabrace.scenarios.commands.output import AsJson, print_json, say
from slabrace.scenarios.profiling import measure

__all__ = ["Point", "plot", "scaling"]

SCENARIO: Final = "stress"
CPUS: Final = (1, 2, 4, 8, 16, 32, 64)
LOCK: Final = ("down_read_trylock", "up_read")


class Point(NamedTuple):
    """So many CPUs: the lock's share of each version, in per cent, and memcgs scanned a second."""

    cpus: int
    locked: tuple[float, float]
    throughput: tuple[float, float]


def scaling(
    first: Annotated[str, Help("A version of the walk.", name="A")] = "rwsem_flat",
    second: Annotated[str, Help("Another one.", name="B")] = "refcount_rcu",
    /,
    *,
    cpus: Annotated[
        list[int] | None, Help("Numbers of reclaiming CPUs; 1, 2, 4 ... 64 unless told.")
    ] = None,
    memcgs: Annotated[int, Help("How many memcgs they walk.")] = 201,
    plot_to: Annotated[
        Path | None, Help("Draw it, too, into a .svg or .png file.", name="plot")
    ] = None,
    prices: Prices | None = None,
    json: AsJson = False,
) -> int:
    """Profile the steady state of the stress script on more and more CPUs.

    Prints the share of shrinker_rwsem and memcgs scanned per second: the old lock flattens, what
    takes no lock does not. --plot needs Matplotlib: `slabrace[cost]`.
    """
    if plot_to is not None:
        canvas(plot_to, SCENARIO)  # before the work, lest it was in vain
    scenario = Catalogue().find(SCENARIO)
    costs = (prices or Prices()).read()
    points = []
    for number in cpus or CPUS:
        points.append(point(scenario, (first, second), number, memcgs, costs))
        say(f"{number} of {max(cpus or CPUS)} CPUs")
    if plot_to is not None:
        plot(points, (first, second), plot_to)
    if json:
        print_json(
            {
                "scenario": SCENARIO,
                "costs": costs.changed(),
                "points": [
                    {
                        "cpus": each.cpus,
                        "versions": {
                            version: {"rwsem_percent": locked, "throughput": throughput}
                            for version, locked, throughput in zip(
                                (first, second), each.locked, each.throughput, strict=True
                            )
                        },
                    }
                    for each in points
                ],
            }
        )
        return 0
    print(f"{'':>4}  {'rwsem, % of time':^25}  {'memcgs scanned per second':^27}")
    print(f"CPUs  {first:>12} {second:>12}  {first:>13} {second:>13}  factor")
    for each in points:
        print(
            f"{each.cpus:>4}  {each.locked[0]:>11.2f}% {each.locked[1]:>11.2f}%  "
            f"{each.throughput[0]:>13,.0f} {each.throughput[1]:>13,.0f}  "
            f"x{each.throughput[1] / each.throughput[0]:.2f}"
        )
    return 0


def point(
    scenario: Scenario, versions: tuple[str, str], cpus: int, memcgs: int, costs: Costs
) -> Point:
    """Both versions on so many CPUs."""

    def one(version: str) -> tuple[float, float]:
        settings = [
            *scenario.perf, f"version={version}", "mounts=4001", f"memcgs={memcgs}",
            f"touches={memcgs * 3 // 4}", f"cpus={cpus}",
        ]  # fmt: skip
        measured = measure(scenario, scenario.parse(settings), costs)
        shares = measured.shares()
        return sum(shares.get(symbol, 0.0) for symbol in LOCK), measured.throughput

    one_of, other = one(versions[0]), one(versions[1])
    return Point(cpus, (one_of[0], other[0]), (one_of[1], other[1]))


def plot(points: Sequence[Point], versions: tuple[str, str], path: Path) -> None:
    """Two panels: throughput, and the lock's share."""
    figure, axes = canvas(path, SCENARIO).subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    cpus = [each.cpus for each in points]
    for which, version in enumerate(versions):
        style = {"marker": "os"[which], "label": version}
        axes[0].plot(cpus, [each.throughput[which] / 1e6 for each in points], **style)
        axes[1].plot(cpus, [each.locked[which] for each in points], **style)
    for axis, label in zip(
        axes, ("memcgs scanned per second (millions)", "share of shrinker_rwsem (%)"), strict=True
    ):
        axis.set_xscale("log", base=2)
        axis.set_xticks(cpus, [str(number) for number in cpus])
        axis.set_xlabel("reclaiming CPUs")
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    axes[0].legend()
    save(figure, path)
