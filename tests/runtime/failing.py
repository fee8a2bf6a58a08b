"""Toys that fail: what is minimised, explained and searched in tests."""

from __future__ import annotations

from collections.abc import Callable

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Violation
from slabrace.runtime.message import Envelope, Message
from slabrace.runtime.monitor import Monitor
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.world import World

__all__ = [
    "Get", "Program", "Put", "Var", "fails", "idle", "lost_update", "seen_halfway", "unlucky",
]  # fmt: skip

Build = Callable[[], World]


class Get(Message, frozen=True, gc=False):
    writes = False


class Put(Message, frozen=True, gc=False):
    value: int


class Var(Actor):
    def __init__(self) -> None:
        self.value = 0

    @handles(Get)
    def get(self, message: Get) -> int:
        return self.value

    @handles(Put)
    def put(self, message: Put) -> None:
        self.value = message.value


class Program(Actor):
    """Does one thing after the other, in one lane. ``steps`` is what it runs."""

    def __init__(self, *variables: Var, **options: int) -> None:
        self.variables = variables
        self.options = options

    def do(self, variable: Var, message: Message) -> Envelope:
        envelope = Envelope(self, variable, message)
        self.world.ready.put(envelope, self.world.lane(self))
        return envelope

    async def run(self) -> None:
        """What it does."""


class Incrementer(Program):
    async def run(self) -> None:
        (x,) = self.variables
        for _ in range(self.options["rounds"]):
            value = await self.do(x, Get())
            await self.do(x, Put(value + 1))


class Bystander(Program):
    """Has nothing to do with it."""

    async def run(self) -> None:
        (x,) = self.variables
        for number in range(self.options["rounds"]):
            await self.do(x, Put(number))


class Total(Monitor):
    law = "lost"

    def __init__(self, x: Var, expected: int) -> None:
        self.x = x
        self.expected = expected

    def at_quiescence(self) -> None:
        if self.x.value != self.expected:
            self.violated(f"{self.x.value} is not {self.expected}", self.x)


def lost_update(writers: int = 2, rounds: int = 1, bystanders: int = 0) -> Build:
    """Judged at rest: needs one preemption, between a Get and its Put."""

    def build() -> World:
        world = World()
        x = world.add(Var(), "x")
        for number in range(writers):
            world.spawn(Incrementer(x, rounds=rounds), name=f"w{number}")
        for number in range(bystanders):
            other = world.add(Var(), f"y{number}")
            world.spawn(Bystander(other, rounds=4), name=f"b{number}")
        world.judge(Total(x, writers * rounds))
        return world

    return build


class Publisher(Program):
    async def run(self) -> None:
        x, y = self.variables
        for number in range(self.options["rounds"]):
            await self.do(x, Put(number + 1))
            await self.do(y, Put(number + 1))


class Reader(Program):
    async def run(self) -> None:
        x, y = self.variables
        first = await self.do(y, Get())
        second = await self.do(x, Get())
        if first != second:
            raise Violation("halfway", f"{first} and {second}", [self.name])


def seen_halfway(rounds: int = 2, bystanders: int = 0) -> Build:
    """Judged at once: needs one preemption, of the publisher or of the reader."""

    def build() -> World:
        world = World()
        x, y = (world.add(Var(), name) for name in "xy")
        world.spawn(Publisher(x, y, rounds=rounds), name="publisher")
        for number in range(bystanders):
            other = world.add(Var(), f"z{number}")
            world.spawn(Bystander(other, rounds=4), name=f"b{number}")
        world.spawn(Reader(x, y), name="reader")
        return world

    return build


class Gambler(Program):
    async def run(self) -> None:
        (x,) = self.variables
        drawn = [self.choose("dice", 6) for _ in range(3)]
        await self.do(x, Put(sum(drawn)))
        if self.choose("coin", 2) and drawn[1] >= 3:
            raise Violation("luck", "it ran out", [self.name])


def unlucky() -> World:
    """Depends on what is chosen, not on any order."""
    world = World()
    world.spawn(Gambler(world.add(Var(), "x")), name="gambler")
    return world


def idle() -> World:
    """Breaks no law."""
    return lost_update(1)()


def fails(build: Build, seed: int = 0, runs: int = 1000) -> Outcome:
    """A random run that breaks a law."""
    walk = RandomWalk(seed)
    for _ in range(runs):
        world = build()
        walk.begin(world)
        outcome = Engine(world, walk).run()
        if outcome.violations:
            return outcome
    raise AssertionError("no run failed")
