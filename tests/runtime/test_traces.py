"""Runs that differ in the order of what commutes have one number; others have others."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from tests.runtime.toys import Add, Cell, Chooser, Look, make, race

from slabrace.runtime.actor import Actor
from slabrace.runtime.engine import Engine
from slabrace.runtime.strategies.dfs import DFS
from slabrace.runtime.strategies.dpor import Dpor
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.strategies.traces import Traces, unseen
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World

Populate = Callable[[World], None]


def numbers(strategy: Strategy, populate: Populate, most: int = 5_000) -> list[int]:
    """The number of each run until the strategy has seen all."""
    traces = Traces(strategy)
    for _ in range(most):
        world = make(populate)
        if not traces.begin(world):
            world.discard()
            break
        traces.end(Engine(world, traces).run())
    return traces.numbers


class Looker(Actor):
    def __init__(self, cell: Actor, *, writes: bool) -> None:
        self.cell = cell
        self.writes = writes

    async def run(self) -> None:
        await self.ask(self.cell, Add() if self.writes else Look())


def lookers(*writes: bool) -> Populate:
    """Actors that write to one cell, or look at it."""

    def populate(world: World) -> None:
        cell = world.spawn(Cell(), name="cell")
        for number, each in enumerate(writes):
            world.spawn(Looker(cell, writes=each), name=f"looker{number}")

    return populate


def test_runs_in_which_nothing_meets_are_one_trace() -> None:
    found = numbers(DFS(), race(2, 2, apart=True))
    assert len(found) == 6
    assert len(set(found)) == 1


def test_every_order_of_writes_to_one_cell_is_a_trace() -> None:
    found = numbers(DFS(), race(1, 1, 1))
    assert len(found) == len(set(found)) == 6


def test_reads_between_two_writes_have_no_order() -> None:
    found = numbers(DFS(), lookers(True, False, False))
    assert (len(found), len(set(found))) == (6, 4)


@pytest.mark.parametrize(
    "populate",
    [race(2, 2), race(2, 1, 1), lookers(True, False, True, False)],
    ids=["two of two", "three", "readers and writers"],
)
def test_there_are_as_many_numbers_as_traces(populate: Populate) -> None:
    assert len(set(numbers(DFS(), populate))) == len(numbers(Dpor(), populate))


def test_data_choices_tell_runs_apart() -> None:
    def populate(world: World) -> None:
        world.spawn(Chooser(2, 3))

    found = numbers(DFS(), populate)
    assert len(found) == len(set(found)) == 6


def test_the_strategy_inside_decides() -> None:
    world = make(race(2, 2))
    traces = Traces(RawReplay([0, 1, 1, 0]))
    traces.begin(world)
    assert Engine(world, traces, max_steps=5).run().picks == [0, 1, 1, 0]


PROGRAM = """
from tests.runtime.test_traces import lookers, numbers
from slabrace.runtime.strategies.random_walk import RandomWalk
print(numbers(RandomWalk(3), lookers(True, False, True), most=20))
"""


def test_numbers_are_the_same_in_any_process() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert said[0].count(",") == 19


@pytest.mark.parametrize(
    ("seen", "share"), [([], 1.0), ([7], 1.0), ([7, 7], 0.0), ([1, 1, 2, 3], 0.5)]
)
def test_what_was_seen_once_tells_how_much_was_not_seen(seen: list[int], share: float) -> None:
    assert unseen(seen) == share
    for order in itertools.permutations(seen):
        assert unseen(order) == share
