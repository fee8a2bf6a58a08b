"""Searching: runs per second of each kind of search on the same programs, and of two processes.

A search by partial orders has to find out what each new delivery depends on, and needs far fewer
runs for it; the random walk does nothing but draw. Each search makes so many runs of a program in
so many parts, the searches in turns; the best time of each part counts, in processor time, so that
other work on the machine hits all alike. A part of a search by partial orders is the same every
time.

Then a search that runs some ten seconds, by one process and by two, the start of the processes
included. It is what a wall clock says, so the machine must have two cores with nothing to do.

    PYTHONPATH=src python benchmarks/explore.py
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.explore import explore, members_of
from slabrace.runtime.message import Message
from slabrace.runtime.scenario import abandon
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.strategy_table import Options, build
from slabrace.runtime.world import World
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras
from slabrace.scenarios.commands.search_worker import Shop

ROUNDS, PARTS = 7, 20
STRATEGIES = ("random", "pct", "dpor")
TARGET, TARGET_OF_TWO = 0.4, 1.8
SECONDS = 10
SCENARIO = "expand_vs_reclaim"


class Load(Message, frozen=True, gc=False):
    writes = False


class Store(Message, frozen=True, gc=False):
    value: int


class Add(Message, frozen=True, gc=False):
    pass


class Cell(Actor):
    value = 0

    @handles(Load)
    def load(self, message: Load) -> int:
        return self.value

    @handles(Store)
    def store(self, message: Store) -> None:
        self.value = message.value

    @handles(Add)
    def add(self, message: Add) -> int:
        self.value += 1
        return self.value


class Copier(Actor):
    """Stores into one cell what it loaded from another, so many times."""

    def __init__(self, source: Actor, target: Actor, times: int) -> None:
        self.source, self.target, self.times = source, target, times

    async def run(self) -> None:
        for _ in range(self.times):
            await self.ask(self.target, Store(await self.ask(self.source, Load())))


class Reader(Actor):
    def __init__(self, *cells: Actor) -> None:
        self.cells = cells

    async def run(self) -> None:
        for cell in self.cells:
            await self.ask(cell, Load())


class Descender(Actor):
    """Looks for the last zero of an array."""

    def __init__(self, *cells: Actor) -> None:
        self.cells = cells

    async def run(self) -> None:
        for cell in reversed(self.cells):
            if await self.ask(cell, Load()) == 0:
                break


class Successor(Actor):
    """Stores one more than what stands before."""

    def __init__(self, before: Actor, cell: Actor) -> None:
        self.before, self.cell = before, cell

    async def run(self) -> None:
        await self.ask(self.cell, Store(await self.ask(self.before, Load()) + 1))


class Adder(Actor):
    def __init__(self, cell: Actor, steps: int) -> None:
        self.cell, self.steps = cell, steps

    async def run(self) -> None:
        for _ in range(self.steps):
            await self.ask(self.cell, Add())


def fib(world: World, n: int) -> None:
    i, j = world.add(Cell(), "i"), world.add(Cell(), "j")
    world.spawn(Copier(j, i, n), name="a")
    world.spawn(Copier(i, j, n), name="b")
    world.spawn(Reader(i, j), name="c")


def last_zero(world: World, n: int) -> None:
    cells = [world.add(Cell(), f"cell{number}") for number in range(n + 1)]
    world.spawn(Descender(*cells), name="t0")
    for number in range(1, n + 1):
        world.spawn(Successor(cells[number - 1], cells[number]), name=f"t{number}")


def counter(world: World, actors: int, steps: int) -> None:
    cell = world.add(Cell(), "cell")
    for number in range(actors):
        world.spawn(Adder(cell, steps), name=f"t{number}")


def kernel(world: World) -> None:
    Catalogue().find(SCENARIO)(world)


class Program(NamedTuple):
    """``runs`` of it are made; its first search by partial orders has no fewer."""

    name: str
    populate: Callable[[World], None]
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


def two_jobs() -> bool:
    """Two processes against one."""
    if (os.cpu_count() or 1) < 2:
        print("two jobs against one: left out, this machine has one core")
        return True
    runs = round(1_000 * SECONDS / search(1_000, 1))
    one, two = search(runs, 1), search(runs, 2)
    ratio = one / two
    good = ratio >= TARGET_OF_TWO
    print(f"{runs:,} random walks of {SCENARIO}: {one:.1f} s by one job, {two:.1f} s by two")
    verdict = f"{f'>= {TARGET_OF_TWO:g}':>10}  {'ok' if good else 'short'}"
    print(f"  {'two jobs':<20}{runs / two:>14,.0f}{'':>16}{ratio:>10.2f}{verdict}")
    return good


def main() -> int:
    print(f"{'':<22}{'runs/s':>14}{'deliveries/s':>16}{'ratio':>10}{'target':>10}")
    good = [compare(program) for program in PROGRAMS]
    good.append(two_jobs())
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
