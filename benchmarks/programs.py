"""Small programs for searches, ours and those of others, to be measured on. Itself does nothing.

    fib         two copy between two cells, over and over, and a third looks at both
    last_zero   one looks for the last zero of an array, the others each write one element
    counter     all add to one cell, each time in one delivery
    increments  all add one to a cell, by loading it and storing what is more by one: some get lost

The first two are known from the literature on partial orders, with their numbers of traces.
"""

from __future__ import annotations

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.message import Message
from slabrace.runtime.world import World

__all__ = ["Cell", "counter", "fib", "increments", "last_zero"]


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

    found = -1

    def __init__(self, *cells: Actor) -> None:
        self.cells = cells

    async def run(self) -> None:
        for number in reversed(range(len(self.cells))):
            if await self.ask(self.cells[number], Load()) == 0:
                self.found = number
                break


class Successor(Actor):
    """Stores one more than what it loaded."""

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


def last_zero(world: World, n: int) -> Descender:
    cells = [world.add(Cell(), f"cell{number}") for number in range(n + 1)]
    descender = world.spawn(Descender(*cells), name="t0")
    for number in range(1, n + 1):
        world.spawn(Successor(cells[number - 1], cells[number]), name=f"t{number}")
    return descender


def counter(world: World, actors: int, steps: int) -> None:
    cell = world.add(Cell(), "cell")
    for number in range(actors):
        world.spawn(Adder(cell, steps), name=f"t{number}")


def increments(world: World, n: int) -> Cell:
    cell = world.add(Cell(), "cell")
    for number in range(n):
        world.spawn(Successor(cell, cell), name=f"t{number}")
    return cell
