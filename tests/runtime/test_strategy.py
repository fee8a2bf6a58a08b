"""The protocol of strategies carries a search: all interleavings, and no more."""

from collections.abc import Callable, Sequence

import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import Message
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World


class Step(Message, frozen=True, gc=False):
    number: int


class Thing(Actor):
    def __init__(self) -> None:
        self.log: list[str] = []

    @handles(Step)
    def step(self, message: Step) -> int:
        self.log.append(f"{self.sender.name}.{message.number}")
        return message.number


class Stepper(Actor):
    def __init__(self, thing: Actor, steps: int) -> None:
        self.thing = thing
        self.steps = steps

    async def run(self) -> None:
        for number in range(self.steps):
            await self.ask(self.thing, Step(number))


class Tree:
    """Every run there is, depth first: the protocol of strategies carries a search."""

    def __init__(self) -> None:
        self.path: list[list[int]] = []  # of each pick: the branch taken, and how many there are

    def begin(self, world: World) -> bool:
        while self.path and self.path[-1][0] + 1 == self.path[-1][1]:
            self.path.pop()
        if self.path:
            self.path[-1][0] += 1
        elif hasattr(self, "depth"):
            return False
        self.depth = 0
        return True

    def branch(self, options: int) -> int:
        if self.depth == len(self.path):
            self.path.append([0, options])
        self.depth += 1
        return self.path[self.depth - 1][0]

    def pick(self, ready: Sequence[Lane], /) -> int:
        return self.branch(len(ready))

    def choose(self, label: str, options: int, /) -> int:
        return self.branch(options)

    def end(self, outcome: Outcome) -> None:
        pass

    def describe(self) -> str:
        return "tree"


def all_runs(populate: Callable[[World], None]) -> list[tuple[World, Outcome]]:
    tree = Tree()
    runs: list[tuple[World, Outcome]] = []
    while True:
        world = World()
        populate(world)
        if not tree.begin(world):
            for task in world.tasks:
                task.close()
            return runs
        runs.append((world, Engine(world, tree).run()))


@pytest.mark.parametrize(
    ("steps", "schedules"),
    [([2, 2], 6), ([1, 1, 1], 6), ([3], 1), ([3, 3], 20), ([2, 2, 2], 90), ([4, 4], 70)],
    ids=str,
)
def test_the_schedules_are_all_interleavings_and_no_more(steps: list[int], schedules: int) -> None:
    def populate(world: World) -> None:
        thing = world.add(Thing())
        world.spawn(*(Stepper(thing, each) for each in steps))

    runs = all_runs(populate)
    assert len(runs) == schedules
    assert len({tuple(outcome.picks) for _, outcome in runs}) == schedules
    assert {outcome.end for _, outcome in runs} == {End.QUIET}


def test_messages_sent_into_one_lane_are_delivered_in_order() -> None:
    class Sender(Stepper):
        async def run(self) -> None:
            for number in range(3):
                self.send(self.thing, Step(number))

    def populate(world: World) -> None:
        thing = world.add(Thing())
        world.spawn(Sender(thing, 0))
        world.report = lambda: {"log": thing.log}

    ((world, _),) = all_runs(populate)
    assert world.report()["log"] == ["sender0.0", "sender0.1", "sender0.2"]


def test_nothing_is_promised_between_two_lanes() -> None:
    class Sender(Stepper):
        async def run(self) -> None:
            self.send(self.thing, Step(0))
            self.send(other, Step(1))

    def populate(world: World) -> None:
        world.add(other, "other")
        world.spawn(Sender(world.add(Thing()), 0))

    other = Thing()
    assert len(all_runs(populate)) == 2


def test_a_data_choice_is_a_pick() -> None:
    class Chooser(Actor):
        async def run(self) -> None:
            self.value = self.choose("size", 3)

    def populate(world: World) -> None:
        world.spawn(Chooser())

    runs = all_runs(populate)
    assert [outcome.picks for _, outcome in runs] == [[-1], [-2], [-3]]
    assert [outcome.deliveries for _, outcome in runs] == [0, 0, 0]


def test_a_lost_update_is_found_in_exactly_the_runs_that_have_it() -> None:
    class Cell(Actor):
        value = 0

        @handles(Step)
        def swap(self, message: Step) -> int:
            old = self.value
            if message.number >= 0:
                self.value = message.number
            return old

    class Adder(Stepper):
        async def run(self) -> None:
            value = await self.ask(self.thing, Step(-1))
            await self.ask(self.thing, Step(value + 1))

    def populate(world: World) -> None:
        cell = world.add(Cell(), "cell")
        world.spawn(Adder(cell, 0), Adder(cell, 0))
        world.report = lambda: {"value": cell.value}

    values = [world.report()["value"] for world, _ in all_runs(populate)]
    assert (values.count(1), values.count(2)) == (4, 2)


@pytest.mark.parametrize(
    "strategy", [Tree(), RandomWalk(), RoundRobin()], ids=["tree", "random", "robin"]
)
def test_every_strategy_keeps_the_protocol(strategy: Strategy) -> None:
    assert isinstance(strategy, Strategy)


def test_round_robin_takes_the_lanes_in_turn() -> None:
    world = World()
    thing = world.add(Thing())
    world.spawn(*(Stepper(thing, 2) for _ in range(3)))
    assert Engine(world, RoundRobin()).run().picks == [0, 1, 2, 0, 1, 2]


def test_a_random_run_can_be_repeated_without_those_before_it() -> None:
    def picks(strategy: RandomWalk) -> list[int]:
        world = World()
        thing = world.add(Thing())
        world.spawn(*(Stepper(thing, 9) for _ in range(3)))
        strategy.begin(world)
        return Engine(world, strategy).run().picks

    walk = RandomWalk(5)
    runs = [picks(walk) for _ in range(4)]
    assert picks(RandomWalk(5, first=3)) == runs[3]
