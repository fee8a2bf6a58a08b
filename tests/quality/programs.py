"""Small programs for partial orders: plain cells, a gate, threads; and every run of one.

One actor for each variable, and every access is one delivery. What a program does is a coroutine
function of the thread that runs it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.message import DEFERRED, Envelope, Message
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.scenario import abandon
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World

__all__ = [
    "Cell", "Gate", "Give", "Number", "Populate", "Read", "Take", "Thread", "TooMany", "TryTake",
    "Write", "each_run", "threads",
]  # fmt: skip

Populate = Callable[[World], None]


class Read(Message, frozen=True, gc=False):
    writes = False


class Write(Message, frozen=True, gc=False):
    value: int


class Cell(Actor):
    value = 0

    @handles(Read)
    def read(self, message: Read) -> int:
        return self.value

    @handles(Write)
    def write(self, message: Write) -> None:
        self.value = message.value


class Take(Message, frozen=True, gc=False):
    pass


class TryTake(Message, frozen=True, gc=False):
    pass


class Give(Message, frozen=True, gc=False):
    pass


class Gate(Actor):
    """Lets in one at a time, those who wait in the order in which they came."""

    def __init__(self) -> None:
        self.inside: Actor | None = None
        self.waiting: deque[Envelope] = deque()

    @handles(Take)
    def take(self, message: Take) -> object:
        if self.inside is None:
            self.inside = self.sender
            return None
        self.waiting.append(self.defer())
        return DEFERRED

    @handles(TryTake)
    def try_take(self, message: TryTake) -> bool:
        if self.inside is not None:
            return False
        self.inside = self.sender
        return True

    @handles(Give)
    def give(self, message: Give) -> None:
        self.inside = None
        if self.waiting:
            following = self.waiting.popleft()
            self.inside = following.sender
            self.answer(following)


class Number(Message, frozen=True, gc=False):
    """What is sent to threads, which hear it when they listen."""

    value: int


class Thread(Actor):
    """Runs ``steps(self, *arguments)``."""

    def __init__(self, steps: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        self.steps = steps
        self.arguments = arguments

    async def run(self) -> None:
        await self.steps(self, *self.arguments)


def threads(world: World, *steps: Callable[[Thread], Awaitable[None]]) -> None:
    """One thread for each coroutine function: t0, t1, ..."""
    for number, each in enumerate(steps):
        world.spawn(Thread(each), name=f"t{number}")


def each_run(populate: Populate, strategy: Strategy, *, most: int = 100_000) -> Iterator[Outcome]:
    """Every run that ``strategy`` makes, the redundant ones too; an error if they are too many."""
    for _ in range(most):
        world = World()
        populate(world)
        if not strategy.begin(world):
            abandon(world)
            return
        outcome = Engine(world, strategy, max_steps=1_000).run()
        strategy.end(outcome)
        yield outcome
        world.discard()
    raise TooMany


class TooMany(Exception):
    """More runs than the caller has time for."""
