"""Searching: runs per second of each kind of search on the same programs, and of two processes.

A search by partial orders has to find out what each new delivery depends on, and needs far fewer
runs for it; the random walk does nothing but draw. Each search makes so many runs of a program in
so many parts, the searches in turns; the best time of each part counts, in processor time, so that
other work on the machine hits all alike. A part of a search by partial orders is the same every
time.

Then a search that runs some ten seconds, by one process and by two, the start of the processes
included. A wall clock tells that, so beside it stand two bare loops against one: on a machine
with two cores and nothing else to do they are twice as fast.

    PYTHONPATH=src python benchmarks/explore.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from programs import counter, fib, last_zero

from slabrace.runtime.engine import Engine
from slabrace.runtime.explore import explore, members_of
from slabrace.runtime.scenario import abandon
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.strategy_table import Options, build
from slabrace.runtime.world import World
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras
from slabrace.scenarios.commands.search_worker import Shop

ROUNDS, PARTS = 7, 20
ROUNDS_OF_TWO = 3
POSSIBLE = 1.9  # times as fast as one bare loop are two, or the machine has not two cores to spare
STRATEGIES = ("random", "pct", "dpor")
TARGET, TARGET_OF_TWO = 0.4, 1.8
SECONDS, SPINS = 10, 200_000_000
SCENARIO = "expand_vs_reclaim"


def kernel(world: World) -> None:
    Catalogue().find(SCENARIO)(world)


class Program(NamedTuple):
    """``runs`` of it are made; its first search by partial orders has no fewer."""

    name: str
    populate: Callable[[World], object]
    runs: int


PROGRAMS = (
    Program("fib(3) and a third thread", partial(fib, n=3), 1_680),
    Program("lastzero(8)", partial(last_zero, n=8), 700),
    Program("4 actors x 5 steps", partial(counter, actors=4, steps=5), 1_000),
    Program(SCENARIO, kernel, 60),
)


def make(program: Program, strategy: Strategy, runs: int) -> tuple[float, int]:
    """So many runs: processor time, deliveries."""
    deliveries = 0
    began = time.process_time()
    for _ in range(runs):
        world = World()
        program.populate(world)
        if not strategy.begin(world):
            abandon(world)
            raise SystemExit(f"{strategy.describe()} has seen all of {program.name}: fewer runs")
        outcome = Engine(world, strategy).run()
        strategy.end(outcome)
        deliveries += outcome.deliveries
        world.discard()
    return time.process_time() - began, deliveries


def compare(program: Program) -> bool:
    """Every strategy on one program; whether the target is met."""
    size = program.runs // PARTS
    best = {name: [float("inf")] * PARTS for name in STRATEGIES}
    deliveries = dict.fromkeys(STRATEGIES, 0)
    for _ in range(ROUNDS):
        strategies = {name: build(name) for name in STRATEGIES}
        deliveries = dict.fromkeys(STRATEGIES, 0)
        for part in range(PARTS):
            for name, strategy in strategies.items():
                seconds, delivered = make(program, strategy, size)
                best[name][part] = min(best[name][part], seconds)
                deliveries[name] += delivered
    print(program.name)
    seconds_of = {name: sum(parts) for name, parts in best.items()}
    good = True
    for name, seconds in seconds_of.items():
        ratio = seconds_of["random"] / seconds
        rates = f"{size * PARTS / seconds:>14,.0f}{deliveries[name] / seconds:>16,.0f}"
        good = name != "dpor" or ratio >= TARGET
        verdict = f"{f'>= {TARGET:g}':>10}  {'ok' if good else 'short'}" if name == "dpor" else ""
        print(f"  {name:<20}{rates}{ratio:>10.2f}{verdict}")
    return good


def search(runs: int, jobs: int) -> float:
    """A search by random walks, all its runs; seconds."""
    members = members_of("random", Options())
    loader = Shop(SCENARIO, (), members, Extras(), until_violation=False)
    result = explore(
        loader.scenario,
        members=members,
        runs=runs,
        jobs=jobs,
        loader=loader,
        until_violation=False,
    )
    assert result.runs == runs
    return result.seconds


def spinning(jobs: int) -> float:
    """The same for processes that do nothing but count: how much there is to be had; seconds."""
    began = time.perf_counter()
    words = [sys.executable, "-S", "-c", f"for _ in range({SPINS // jobs}): pass"]
    processes = [subprocess.Popen(words) for _ in range(jobs)]
    for process in processes:
        process.wait()
    return time.perf_counter() - began


def two_jobs() -> bool:
    """Two processes against one."""
    if (os.cpu_count() or 1) < 2:
        print("two jobs against one: left out, this machine has one core")
        return True
    runs = round(1_000 * SECONDS / search(1_000, 1))
    rounds = [
        (search(runs, 1), spinning(1), search(runs, 2), spinning(2)) for _ in range(ROUNDS_OF_TWO)
    ]
    one, bare, two, bare_two = (min(each) for each in zip(*rounds, strict=True))
    possible, ratio = bare / bare_two, one / two
    print(f"{runs:,} random walks of {SCENARIO}: {one:.1f} s by one job, {two:.1f} s by two")
    print(f"  {'two bare loops':<50}{possible:>10.2f}")
    good = bool(ratio >= TARGET_OF_TWO)
    busy = possible < POSSIBLE
    verdict = "ok" if good else "not judged: the machine is busy" if busy else "short"
    bound = f">= {TARGET_OF_TWO:g}"
    print(f"  {'two jobs':<20}{runs / two:>14,.0f}{'':>16}{ratio:>10.2f}{bound:>10}  {verdict}")
    return good or busy


def main() -> int:
    print(f"{'':<22}{'runs/s':>14}{'deliveries/s':>16}{'ratio':>10}{'target':>10}")
    good = [compare(program) for program in PROGRAMS]
    good.append(two_jobs())
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
