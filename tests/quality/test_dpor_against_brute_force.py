"""The search finds the traces that all runs together have, each once, on programs made up for it.

Brute force is every run there is (dfs.py); the trace of a run is told by definition (orders.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from tests.quality.orders import Order, Orders
from tests.quality.programs import (
    Cell,
    Gate,
    Give,
    Number,
    Populate,
    Read,
    Take,
    Thread,
    TooMany,
    TryTake,
    Write,
    each_run,
)

from slabrace.runtime.actor import Actor
from slabrace.runtime.monitor import Monitor
from slabrace.runtime.strategies.dfs import DFS
from slabrace.runtime.strategies.dpor import Dpor
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World

CELLS = 2


class Step(NamedTuple):
    """What a thread does (a key of ``STEPS``) and to which cell."""

    what: str
    cell: int


class Program(NamedTuple):
    """Threads as steps; ``hears``: how many numbers the box listens for, one of its steps each."""

    threads: tuple[tuple[Step, ...], ...]
    hears: tuple[str, ...] = ()


class Stage:
    """What the threads of one run share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.cells = [world.add(Cell(), f"c{number}") for number in range(CELLS)]
        self.gate = world.add(Gate(), "gate")
        self.box: Actor | None = None
        self.tally = 0  # shared outside of messages


# -- what a thread can do --------------------------------------------------------------


async def read(self: Thread, stage: Stage, cell: Actor) -> None:
    await self.ask(cell, Read())


async def write(self: Thread, stage: Stage, cell: Actor) -> None:
    await self.ask(cell, Write(1))


async def post(self: Thread, stage: Stage, cell: Actor) -> None:
    """Nobody waits for it."""
    self.send(cell, Write(2))


async def add(self: Thread, stage: Stage, cell: Actor) -> None:
    value = await self.ask(cell, Read())
    await self.ask(cell, Write(value + 1))


async def follow(self: Thread, stage: Stage, cell: Actor) -> None:
    """What it does depends on what it sees."""
    if await self.ask(cell, Read()):
        await self.ask(stage.cells[-1], Write(3))


async def early(self: Thread, stage: Stage, cell: Actor) -> None:
    """Sent now, waited for later."""
    under_way = self.ask(cell, Read())
    await self.ask(stage.cells[0], Write(4))
    await under_way


async def choose(self: Thread, stage: Stage, cell: Actor) -> None:
    if self.choose("write", 2):
        await self.ask(cell, Write(5))


async def choose_twice(self: Thread, stage: Stage, cell: Actor) -> None:
    """How much there is to choose depends on what was chosen."""
    if self.choose("go on", 2) and self.choose("write", 2):
        await self.ask(cell, Write(6))


async def choose_if(self: Thread, stage: Stage, cell: Actor) -> None:
    """Whether there is a choice depends on what it sees."""
    if await self.ask(cell, Read()) and self.choose("write", 2):
        self.send(cell, Write(7))


async def behind_gate(self: Thread, stage: Stage, cell: Actor) -> None:
    await self.ask(stage.gate, Take())
    await self.ask(cell, Write(8))
    self.send(stage.gate, Give())


async def try_gate(self: Thread, stage: Stage, cell: Actor) -> None:
    if await self.ask(stage.gate, TryTake()):
        await self.ask(stage.gate, Give())


async def tell(self: Thread, stage: Stage, cell: Actor) -> None:
    if stage.box is not None:
        self.send(stage.box, Number(1))


async def ask(self: Thread, stage: Stage, cell: Actor) -> None:
    """Waits until the box has heard it."""
    if stage.box is not None:
        await self.ask(stage.box, Number(2))


async def share(self: Thread, stage: Stage, cell: Actor) -> None:
    """Uses what is nobody's, and says so."""
    await self.ask(cell, Read())
    stage.world.touch("tally")
    stage.tally += 1
    if stage.tally == 2:
        await self.ask(cell, Write(9))


async def poke(self: Thread, stage: Stage, cell: Actor) -> None:
    """Changes another cell in passing, and says so."""
    await self.ask(cell, Read())
    other = stage.cells[-1]
    stage.world.touch(other)
    other.value += 1


Do = Callable[[Thread, Stage, Any], Any]
STEPS: dict[str, Do] = {
    each.__name__: each
    for each in (
        read, write, post, add, follow, early, choose, choose_twice, choose_if, behind_gate,
        try_gate, tell, ask, share, poke,
    )
}  # fmt: skip


async def hear_and_write(self: Thread, stage: Stage) -> None:
    await self.receive()
    await self.ask(stage.cells[0], Write(10))


async def hear_and_post(self: Thread, stage: Stage) -> None:
    await self.receive()
    self.send(stage.cells[0], Write(11))


async def hear_and_share(self: Thread, stage: Stage) -> None:
    await self.receive()
    stage.world.touch("tally")
    stage.tally += 1
    if stage.tally == 2:
        self.send(stage.cells[0], Write(12))


async def look_and_hear(self: Thread, stage: Stage) -> None:
    """Whether it listens depends on what it sees."""
    if not await self.ask(stage.cells[0], Read()):
        await self.receive()


HEARS: dict[str, Callable[[Thread, Stage], Any]] = {
    each.__name__: each for each in (hear_and_write, hear_and_post, hear_and_share, look_and_hear)
}


def staged(program: Program, *laws: Callable[[], Monitor]) -> Populate:
    """``program``, ready to be run."""

    def populate(world: World) -> None:
        stage = Stage(world)
        world.judge(*(law() for law in laws))

        async def listen(self: Thread) -> None:
            for each in program.hears:
                await HEARS[each](self, stage)

        async def run(self: Thread, steps: tuple[Step, ...]) -> None:
            for what, cell in steps:
                await STEPS[what](self, stage, stage.cells[cell])

        if program.hears:
            stage.box = world.spawn(Box(listen), name="box")
        for number, steps in enumerate(program.threads):
            world.spawn(Thread(run, steps), name=f"t{number}")

    return populate


class Box(Thread):
    daemon = True


# -- brute force, and the search -------------------------------------------------------


def all_orders(strategy: Strategy, populate: Populate, most: int) -> list[Order]:
    orders = Orders(strategy)
    return [orders.order() for _ in each_run(populate, orders, most=most)]


def compare(program: Program, most: int) -> None:
    populate = staged(program)
    try:
        wanted = set(all_orders(DFS(), populate, most))
    except TooMany:
        assume(False)  # that is how it is called
    search = Dpor()
    found = all_orders(search, populate, most)
    assert len(set(found)) == len(found), "a trace twice"
    assert search.blocked == 0
    assert len(wanted - set(found)) == 0, "traces that were missed"
    assert set(found) == wanted


steps = st.builds(Step, st.sampled_from(sorted(STEPS)), st.integers(0, CELLS - 1))
programs = st.builds(
    Program,
    st.lists(st.lists(steps, min_size=1, max_size=3).map(tuple), min_size=2, max_size=3).map(tuple),
    st.lists(st.sampled_from(sorted(HEARS)), max_size=2).map(tuple),
)


def of(*threads: str, hears: str = "") -> Program:
    """As text: ``of("write 0, read 1", "add 1")``."""
    return Program(
        tuple(
            tuple(
                Step(what, int(cell)) for what, cell in (each.split() for each in text.split(","))
            )
            for text in threads
        ),
        tuple(hears.split()),
    )


@settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    database=None,
)
@given(programs)
def test_made_up_programs(program: Program) -> None:
    compare(program, most=1_500)
