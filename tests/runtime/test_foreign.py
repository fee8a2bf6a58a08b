"""On the engine a foreign await is a clear error, whether an event loop is there or not."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
import pytest
import trio

from slabrace.runtime.actor import Actor
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import ForeignAwait
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.world import World

NAPS: dict[str, Callable[[], Awaitable[object]]] = {
    "anyio.sleep": partial(anyio.sleep, 0.01),
    "anyio.checkpoint": anyio.lowlevel.checkpoint,
    "asyncio.sleep": partial(asyncio.sleep, 0.01),
    "asyncio.sleep(0)": partial(asyncio.sleep, 0),
    "trio.sleep": partial(trio.sleep, 0.01),
    "trio.checkpoint": trio.lowlevel.checkpoint,
}


class Napper(Actor):
    def __init__(self, nap: Callable[[], Awaitable[object]]) -> None:
        self.nap = nap

    async def run(self) -> None:
        await self.nap()


def turn(nap: Callable[[], Awaitable[object]]) -> None:
    world = World()
    world.spawn(Napper(nap), name="napper")
    Engine(world, RoundRobin()).run()


def refused(nap: str) -> str:
    with pytest.raises(ForeignAwait) as caught:
        turn(NAPS[nap])
    return str(caught.value)


@pytest.mark.parametrize("nap", NAPS)
def test_names_the_actor_and_the_hosts_that_allow_it(nap: str) -> None:
    text = refused(nap)
    assert text.startswith("actor napper awaited ")
    assert "which is not the machine's" in text
    assert "--host trio or --host asyncio" in text


@pytest.mark.anyio
@pytest.mark.parametrize("nap", ["anyio.sleep", "anyio.checkpoint"])
async def test_inside_an_event_loop_too(nap: str) -> None:
    assert refused(nap).startswith("actor napper awaited ")
    await anyio.lowlevel.checkpoint()  # and the loop is as it was


@pytest.mark.trio
@pytest.mark.parametrize("nap", ["trio.sleep", "trio.checkpoint"])
async def test_inside_trio_too(nap: str) -> None:
    assert refused(nap).startswith("actor napper awaited ")
    await trio.lowlevel.checkpoint()


def test_inside_asyncio_too() -> None:
    async def main() -> None:
        assert "NoneType" in refused("asyncio.sleep(0)")
        assert "Future" in refused("asyncio.sleep")
        await asyncio.sleep(0)

    asyncio.run(main())


def test_an_error_of_the_actors_own_is_not_blamed_on_a_library() -> None:
    async def nap() -> None:
        raise RuntimeError("my own")

    with pytest.raises(RuntimeError, match=r"^my own$"):
        turn(nap)


def test_outside_is_refused_by_name() -> None:
    async def fetch() -> None:
        raise AssertionError

    class Caller(Actor):
        async def run(self) -> None:
            await self.outside(fetch)

    world = World()
    world.spawn(Caller(), name="caller")
    with pytest.raises(ForeignAwait, match=r"actor caller awaited outside\(.*fetch\)"):
        Engine(world, RoundRobin()).run()
