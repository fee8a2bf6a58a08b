"""The engine delivers one message at a time, in the order a strategy picks, to the end."""

from collections.abc import Sequence

import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import MachineError, Violation
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import Message
from slabrace.runtime.outcome import End, Stop
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.round_robin import RoundRobin
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


def stepping(actors: int = 2, steps: int = 5) -> World:
    world = World()
    thing = world.add(Thing(), "thing")
    world.spawn(*(Stepper(thing, steps) for _ in range(actors)))
    return world


def test_a_run_that_does_not_end_is_cut_and_is_no_success() -> None:
    outcome = Engine(stepping(2, 1000), RoundRobin(), max_steps=50).run()
    assert outcome.end is End.BOUND
    assert len(outcome.picks) == 50
    assert outcome.violations == []


def test_a_run_that_ends_at_the_bound_is_quiet() -> None:
    assert Engine(stepping(2, 5), RoundRobin(), max_steps=10).run().end is End.QUIET


def test_the_same_picks_come_from_the_same_seed() -> None:
    def picks(seed: int) -> list[int]:
        strategy = RandomWalk(seed)
        world = stepping()
        strategy.begin(world)
        return Engine(world, strategy).run().picks

    assert picks(3) == picks(3)
    assert picks(3) != picks(4)


def test_tell_sees_every_envelope_after_its_delivery() -> None:
    told = []
    Engine(stepping(1, 3), RoundRobin(), tell=lambda envelope: told.append(envelope.answer)).run()
    assert told == [0, 1, 2]


def test_an_actor_spawned_during_the_run_begins_at_once() -> None:
    class Parent(Stepper):
        async def run(self) -> None:
            await super().run()
            self.world.spawn(Stepper(self.thing, 1), name="child")

    world = World()
    thing = world.add(Thing())
    world.spawn(Parent(thing, 1))
    assert Engine(world, RoundRobin()).run().end is End.QUIET
    assert thing.log == ["parent0.0", "child.0"]


def test_a_violation_ends_the_run_where_it_is_raised() -> None:
    class Strict(Thing):
        def step(self, message: Step) -> int:
            if message.number == 2:
                raise Violation("two", "no two here", [self.name])
            return super().step(message)

    world = World()
    strict = world.add(Strict(), "strict")
    world.spawn(Stepper(strict, 5))
    outcome = Engine(world, RoundRobin()).run()
    assert outcome.end is End.VIOLATION
    assert len(outcome.picks) == 3
    assert [violation.signature for violation in outcome.violations] == ["two:strict"]


def test_a_strategy_may_end_the_run() -> None:
    class Impatient(RoundRobin):
        def pick(self, ready: Sequence[Lane], /) -> int:
            raise Stop(End.INTERRUPTED)

    assert Engine(stepping(), Impatient()).run().end is End.INTERRUPTED


def test_ctrl_c_ends_the_run_with_what_there_is() -> None:
    class Pressed(RoundRobin):
        def pick(self, ready: Sequence[Lane], /) -> int:
            if len(world.picks) == 4:
                raise KeyboardInterrupt
            return super().pick(ready)

    world = stepping()
    outcome = Engine(world, Pressed()).run()
    assert outcome.end is End.INTERRUPTED
    assert len(outcome.picks) == 4


def test_a_choice_outside_its_range_is_the_strategys_fault() -> None:
    class Wild(RoundRobin):
        def choose(self, label: str, options: int, /) -> int:
            return options

    class Chooser(Actor):
        async def run(self) -> None:
            self.choose("size", 3)

    world = World()
    world.spawn(Chooser())
    with pytest.raises(MachineError, match=r"chose 3 for size, not one of 0\.\.2"):
        Engine(world, Wild()).run()


def test_an_error_in_an_actor_comes_out_as_it_is_and_closes_everything() -> None:
    class Broken(Thing):
        def step(self, message: Step) -> int:
            raise ZeroDivisionError

    world = World()
    broken = world.add(Broken())
    world.spawn(Stepper(broken, 1), Stepper(broken, 1))
    with pytest.raises(ZeroDivisionError):
        Engine(world, RoundRobin()).run()
    assert all(task.coroutine.cr_frame is None for task in world.tasks)  # type: ignore[attr-defined]


def test_a_coroutine_that_cleans_up_with_the_machine_is_closed_too() -> None:
    class Careful(Stepper):
        async def run(self) -> None:
            try:
                await super().run()
            finally:
                await self.ask(self.thing, Step(-1))
                await self.ask(self.thing, Step(-2))

    world = World()
    world.spawn(Careful(world.add(Thing()), 9))
    assert Engine(world, RoundRobin(), max_steps=3).run().end is End.BOUND
    assert world.tasks[0].coroutine.cr_frame is None  # type: ignore[attr-defined]
