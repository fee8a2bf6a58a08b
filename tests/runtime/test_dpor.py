"""DPOR is broken off, in a run or between two, and goes on as if nothing had been."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Any

import msgspec
import pytest
from tests.quality.programs import (
    Cell,
    Gate,
    Give,
    Number,
    Populate,
    Read,
    Take,
    Thread,
    Write,
    each_run,
    threads,
)

from slabrace.runtime.mailbox import Lane
from slabrace.runtime.outcome import End
from slabrace.runtime.strategies.dpor import Dpor
from slabrace.runtime.world import World


def fib(world: World) -> None:
    i, j = world.add(Cell(), "i"), world.add(Cell(), "j")

    def adds(source: Cell, target: Cell) -> Callable[[Thread], Awaitable[None]]:
        async def add(self: Thread) -> None:
            for _ in range(2):
                await self.ask(target, Write(await self.ask(source, Read())))

        return add

    threads(world, adds(j, i), adds(i, j))


def choices(world: World) -> None:
    x = world.add(Cell(), "x")

    async def choose(self: Thread) -> None:
        await self.ask(x, Write(self.choose("value", 3)))
        if await self.ask(x, Read()):
            await self.ask(x, Write(self.choose("again", 2)))

    threads(world, choose, choose)


def listeners(world: World) -> None:
    x = world.add(Cell(), "x")

    async def hear(self: Thread) -> None:
        for _ in range(2):
            heard = await self.receive()
            assert isinstance(heard, Number)
            self.send(x, Write(heard.value))

    box = world.spawn(Thread(hear), name="box")

    def tells(value: int) -> Callable[[Thread], Awaitable[None]]:
        async def tell(self: Thread) -> None:
            self.send(box, Number(value))

        return tell

    threads(world, tells(1), tells(2), tells(3))


def touches(world: World) -> None:
    x, gate = world.add(Cell(), "x"), world.add(Gate(), "gate")

    async def touch(self: Thread) -> None:
        early = self.ask(x, Read())
        await self.ask(gate, Take())
        if await early:
            world.touch("seen")
        await self.ask(x, Write(1))
        await self.ask(gate, Give())

    threads(world, touch, touch)


PROGRAMS = (fib, choices, listeners, touches)


def picks(populate: Populate, search: Dpor, most: int | None = None) -> list[tuple[int, ...]]:
    return [tuple(outcome.picks) for outcome in islice(each_run(populate, search), most)]


def elsewhere(state: dict[str, Any]) -> Dpor:
    """A search that was told where the other stands, as text."""
    search = Dpor()
    search.resume(msgspec.json.decode(msgspec.json.encode(state)))
    return search


@pytest.mark.parametrize("populate", PROGRAMS, ids=lambda each: each.__name__)
def test_broken_off_after_each_run_it_makes_the_same_runs(populate: Populate) -> None:
    whole = Dpor()
    expected = picks(populate, whole)
    assert len(expected) > 3
    search, found = Dpor(), []
    while not search.finished:
        found += picks(populate, search, 1)
        search = elsewhere(search.state())
    assert found == expected
    assert (search.runs, search.trust()) == (whole.runs, whole.trust())


def test_it_estimates_as_before() -> None:
    search = Dpor()
    picks(fib, search, 7)
    assert elsewhere(search.state()).estimate() == search.estimate()


class Interrupted(Dpor):
    """Somebody presses Ctrl-C at one pick of one run."""

    at = (5, 3)

    def pick(self, ready: Sequence[Lane], /) -> int:
        index = super().pick(ready)
        if (self.runs, self._index) == self.at:
            self.at = (-1, -1)
            raise KeyboardInterrupt
        return index


@pytest.mark.parametrize("at", [(0, 1), (0, 4), (5, 3), (5, 8)], ids=str)
@pytest.mark.parametrize("populate", PROGRAMS, ids=lambda each: each.__name__)
def test_a_run_that_was_interrupted_is_made_again(populate: Populate, at: tuple[int, int]) -> None:
    search = Interrupted()
    search.at = at
    found = [
        tuple(outcome.picks)
        for outcome in each_run(populate, search)
        if outcome.end is not End.INTERRUPTED
    ]
    assert found == picks(populate, Dpor())
