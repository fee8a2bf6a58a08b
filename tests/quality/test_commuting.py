"""The relation misses nothing: what it calls independent commutes, in every scenario there is."""

from __future__ import annotations

from random import Random

import pytest
from tests.quality.programs import Cell, Read, Thread, Write, threads
from tests.quality.reordered import differences, follow, guilty, record, shuffled

from slabrace.actors.shrink_slab import VERSIONS
from slabrace.runtime.scenario import Scenario
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.small import PREEMPTION

LARGE = ("stress", "phases", "umount_storm", "drop_caches_growth")
SCENARIOS = [scenario for scenario in Catalogue() if scenario.name not in LARGE]
VERSIONED = [scenario for scenario in SCENARIOS if "version" in scenario.parameters]


def walk(seed: int) -> Strategy:
    """Every other one with messages held up: what is too even meets no race."""
    if seed % 2 == 0:
        return RandomWalk(seed)
    return Delayed(RandomWalk(seed), [Delay.parse(text) for text in PREEMPTION], seed)


def commutes(scenario: Scenario, runs: int, orders: int, **values: object) -> None:
    """Of so many runs, so many orders each."""

    def build() -> World:
        return scenario.build(**values)

    for seed in range(runs):
        run = record(build, walk(seed))
        for number in range(orders):
            order = shuffled(run, Random(f"{scenario.name} {seed} {number}"))
            other = follow(build, run, order)
            if not (run.of_time or other.of_time) and differences(run, other):
                pytest.fail(f"{scenario.name}, run {seed}: {guilty(build, run, order)}")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_what_is_called_independent_commutes(scenario: Scenario) -> None:
    commutes(scenario, runs=2, orders=2)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_it_commutes_in_many_runs(scenario: Scenario) -> None:
    commutes(scenario, runs=60, orders=4)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", VERSIONED, ids=lambda scenario: scenario.name)
@pytest.mark.parametrize("version", VERSIONS)
def test_it_commutes_in_every_version(scenario: Scenario, version: str) -> None:
    commutes(scenario, runs=20, orders=3, version=version)


# -- the test itself -------------------------------------------------------------------


def sharing(*, told: bool) -> World:
    """Two threads that count together, outside of messages."""
    world = World()
    cells = [world.add(Cell(), f"c{number}") for number in range(2)]
    counted: list[str] = []

    async def count(self: Thread) -> None:
        cell = cells[int(self.name[1:])]
        await self.ask(cell, Read())
        if told:
            world.touch("counted")
        counted.append(self.name)
        await self.ask(cell, Write(len(counted)))

    threads(world, count, count)
    return world


def orders_that_differ(*, told: bool) -> list[list[int]]:
    run = record(lambda: sharing(told=told), walk(0))
    orders = [shuffled(run, Random(number)) for number in range(20)]
    return [
        order
        for order in orders
        if differences(run, follow(lambda: sharing(told=told), run, order))
    ]


def test_what_is_shared_and_told_commutes() -> None:
    assert orders_that_differ(told=True) == []


def test_what_is_shared_and_not_told_is_found_and_named() -> None:
    wrong = orders_that_differ(told=False)
    assert wrong
    run = record(lambda: sharing(told=False), walk(0))
    said = guilty(lambda: sharing(told=False), run, wrong[0])
    assert "t0/c0 #0: c0: Read() = 0" in said
    assert "t1/c1 #0: c1: Read() = 0" in said


def test_an_order_that_cannot_be_followed_is_a_difference() -> None:
    run = record(lambda: sharing(told=True), walk(0))
    backwards = list(reversed(range(len(run.events))))
    assert differences(run, follow(lambda: sharing(told=True), run, backwards))
