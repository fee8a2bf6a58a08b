"""The live host against bare anyio: round trips between two actors, and between two tasks.

The bare program is the fastest ping-pong that anyio's memory object streams allow (``send_nowait``
into an unbounded buffer, ``await receive``). The live host does the same with an actor that asks
and one that answers, and records a schedule that the engine can replay.

    PYTHONPATH=src python benchmarks/live.py
"""

from __future__ import annotations

import math
import sys
import time

import anyio

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.live import Backend, Live
from slabrace.runtime.message import Message
from slabrace.runtime.outcome import End
from slabrace.runtime.world import World

TRIPS, ROUNDS, TARGET = 5_000, 9, 0.5


class Add(Message, frozen=True, gc=False):
    amount: int


class Counter(Actor):
    value = 0

    @handles(Add)
    def add(self, message: Add) -> int:
        self.value += message.amount
        return self.value


class User(Actor):
    def __init__(self, counter: Actor) -> None:
        self.counter = counter

    async def run(self) -> None:
        for _ in range(TRIPS):
            await self.ask(self.counter, Add(1))


async def live() -> float:
    world = World()
    world.spawn(User(world.add(Counter())))
    begin = time.perf_counter()
    outcome = await Live(world).run()
    spent = time.perf_counter() - begin
    assert (outcome.end, outcome.deliveries) == (End.QUIET, TRIPS)
    return spent


async def bare() -> float:
    ask, asked = anyio.create_memory_object_stream[int](math.inf)
    answer, answered = anyio.create_memory_object_stream[int](math.inf)

    async def counter() -> None:
        value = 0
        async for amount in asked:
            value += amount
            answer.send_nowait(value)

    begin = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(counter)
        for _ in range(TRIPS):
            ask.send_nowait(1)
            await answered.receive()
        ask.close()
    spent = time.perf_counter() - begin
    for stream in (asked, answer, answered):
        stream.close()
    return spent


def main() -> int:
    print(f"{'round trips':<16}{'per second':>16}{'ratio':>10}{'target':>10}")
    good = True
    backends: tuple[Backend, ...] = ("trio", "asyncio")
    for backend in backends:
        rounds = [
            (anyio.run(bare, backend=backend), anyio.run(live, backend=backend))
            for _ in range(ROUNDS)
        ]
        plain, ours = (min(times) for times in zip(*rounds, strict=True))
        ratio = plain / ours
        good &= ratio >= TARGET
        print(f"{'bare ' + backend:<16}{TRIPS / plain:>16,.0f}{1:>10.2f}")
        verdict = "ok" if ratio >= TARGET else "short"
        print(
            f"{'live ' + backend:<16}{TRIPS / ours:>16,.0f}{ratio:>10.2f}{'>= 0.5':>10}  {verdict}"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
