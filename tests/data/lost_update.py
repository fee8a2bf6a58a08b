"""A user's script: two writers, one counter, and nobody who guards it."""

from typing import Literal

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.message import Message
from slabrace.runtime.monitor import Event, Monitor, watches
from slabrace.runtime.scenario import ALWAYS, NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World


class Load(Message, frozen=True):
    pass


class Store(Message, frozen=True):
    value: int


class Add(Message, frozen=True):
    amount: int


class Counter(Actor):
    value = 0

    @handles(Load)
    def load(self, message: Load) -> int:
        return self.value

    @handles(Store)
    def store(self, message: Store) -> None:
        self.value = message.value

    @handles(Add)
    def add(self, message: Add) -> int:
        self.value += message.amount
        return self.value


class Writer(Actor):
    def __init__(self, counter: Counter, *, atomic: bool) -> None:
        self.counter = counter
        self.atomic = atomic

    async def run(self) -> None:
        self.note("function", name="increment")
        if self.atomic:
            value = await self.ask(self.counter, Add(1))
        else:
            value = await self.ask(self.counter, Load()) + 1
            await self.ask(self.counter, Store(value))
        self.note("counted", value=value, counter=self.counter)


class Spinner(Actor):
    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    async def run(self) -> None:
        while True:
            value = await self.ask(self.counter, Load())
            self.note("looked", value=value)


class Total(Monitor):
    law = "no_update_lost"

    def __init__(self, counter: Counter, expected: int) -> None:
        self.counter = counter
        self.expected = expected

    def at_quiescence(self) -> None:
        if self.counter.value != self.expected:
            self.violated(f"{self.expected} expected, {self.counter.value} found", self.counter)


class Suspicious(Monitor):
    law = "suspicion"

    @watches("counted")
    def counted(self, event: Event) -> None:
        self.violated("somebody counts", event.actor)


class Meddler(Actor):
    async def run(self) -> None:
        self.note("meddled", how="gently")


def populate(world: World, writers: int, *, atomic: bool) -> None:
    counter = world.spawn(Counter(), name="counter")
    world.spawn(*(Writer(counter, atomic=atomic) for _ in range(writers)))
    world.judge(Total(counter, writers))
    world.report = lambda: {"value": counter.value}


@scenario(verdict=SOMETIMES, runs=40, law="no_update_lost", fixed="kept_update")
def lost_update(world: World, *, writers: int = 2, noisy: bool = False) -> None:
    """Two writers, one counter: sometimes an update is lost.

    The second paragraph is for those who ask.
    """
    populate(world, writers, atomic=False)


@scenario(verdict=NEVER, runs=40)
def kept_update(world: World, *, writers: int = 2) -> None:
    """The look-alike: addition in one step."""
    populate(world, writers, atomic=True)


@scenario(verdict=NEVER, runs=40)
def wrong_claim(world: World) -> None:
    """Claims what does not hold."""
    populate(world, 2, atomic=False)


@scenario(verdict=ALWAYS, runs=3, bug="Z9", name="Z9_one_too_few")
def one_too_few(world: World) -> None:
    """Nobody can make two of one."""
    populate(world, 1, atomic=True)
    world.judge(Total(world.spawn(Counter(), name="other"), 2))


@scenario(verdict=NEVER)
def endless(world: World, *, pace: Literal["fast", "slow"] = "fast") -> None:
    """Never comes to rest."""
    world.spawn(Spinner(world.spawn(Counter(), name="counter")))


@scenario(verdict=NEVER)
def broken(world: World) -> None:
    """Has a mistake in it."""
    populate(world, 1, atomic=False)
    raise ZeroDivisionError("the mistake")


class Mistaken(Actor):
    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    async def run(self) -> None:
        await self.ask(self.counter, Load())
        raise KeyError("the slip")


@scenario(verdict=NEVER)
def breaks_off(world: World) -> None:
    """An actor has a mistake in it."""
    world.spawn(Mistaken(world.spawn(Counter(), name="counter")))


class Question(Message, frozen=True):
    pass


class Misguided(Actor):
    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    async def run(self) -> None:
        await self.ask(self.counter, Question())


@scenario(verdict=NEVER)
def misaddressed(world: World) -> None:
    """Sends a message that nobody handles."""
    world.spawn(Misguided(world.spawn(Counter(), name="counter")))
