"""Toys that strategies are tried on: actors that step through cells, and ways to turn them."""

from __future__ import annotations

from collections.abc import Callable

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.message import Message
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World

__all__ = ["Add", "Cell", "Chooser", "Look", "Relay", "Stepper", "make", "race", "search", "turn"]

Populate = Callable[[World], None]


class Add(Message, frozen=True, gc=False):
    number: int = 1


class Look(Message, frozen=True, gc=False):
    writes = False


class Cell(Actor):
    """Logs who did what: ``a0``, ``b1``."""

    def __init__(self) -> None:
        self.log: list[str] = []

    @handles(Add)
    def add(self, message: Add) -> None:
        self.log.append(f"{self.sender.name}{message.number}")

    @handles(Look)
    def look(self, message: Look) -> int:
        return len(self.log)


class Relay(Cell):
    """Passes on what it gets."""

    def __init__(self, to: Actor) -> None:
        super().__init__()
        self.to = to

    @handles(Add)
    def add(self, message: Add) -> None:
        super().add(message)
        self.send(self.to, message)


class Stepper(Actor):
    def __init__(self, cell: Actor, steps: int) -> None:
        self.cell = cell
        self.steps = steps

    async def run(self) -> None:
        for number in range(self.steps):
            await self.ask(self.cell, Add(number))


class Chooser(Actor):
    def __init__(self, *options: int) -> None:
        self.options = options

    async def run(self) -> None:
        for number, options in enumerate(self.options):
            self.choose(f"choice {number}", options)


def race(*steps: int, apart: bool = False) -> Populate:
    """Actors a, b, ... that take so many steps each at one cell, or each at its own."""

    def populate(world: World) -> None:
        cells = [world.add(Cell()) for _ in (steps if apart else steps[:1])]
        for number, each in enumerate(steps):
            cell = cells[number if apart else 0]
            world.spawn(Stepper(cell, each), name=chr(ord("a") + number))
        world.report = lambda: {"log": " ".join(" ".join(cell.log) for cell in cells)}

    return populate


def make(populate: Populate) -> World:
    world = World()
    populate(world)
    return world


def turn(strategy: Strategy, populate: Populate, max_steps: int = 10_000) -> Outcome | None:
    """One run; None if the strategy has nothing left to try."""
    world = make(populate)
    if not strategy.begin(world):
        world.discard()
        return None
    outcome = Engine(world, strategy, max_steps=max_steps).run()
    strategy.end(outcome)
    return outcome


def search(strategy: Strategy, populate: Populate, most: int = 10_000) -> list[tuple[int, ...]]:
    """The picks of every run until the strategy has seen all, ``most`` runs at most."""
    found = []
    for _ in range(most):
        outcome = turn(strategy, populate)
        if outcome is None:
            break
        found.append(tuple(outcome.picks))
    return found
