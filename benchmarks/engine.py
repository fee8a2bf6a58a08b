"""Engine against a bare loop: what the machine costs on top of Python's own coroutines.

The bare loop does what no lab can do without: pick a coroutine at random, call one method of a
shared object, ``send`` the coroutine on. The engine does the same with actors, messages, lanes, a
recorded schedule and a bounded number of picks. Each figure is the best of many short rounds, taken
in turns, so that other work on the machine hits both alike.

    PYTHONPATH=src python benchmarks/engine.py
"""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Callable, Generator
from random import Random

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.message import Message
from slabrace.runtime.monitor import Event, Monitor, watches
from slabrace.runtime.outcome import End
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.world import World
from slabrace.scenarios.stress import stress

ACTORS, STEPS, ROUNDS = 8, 4_000, 15


class Add(Message, frozen=True, gc=False):
    amount: int


class Counter(Actor):
    value = 0

    @handles(Add)
    def add(self, message: Add) -> int:
        self.value += message.amount
        self.note("added", value=self.value)
        return self.value


class Silent(Counter):
    def add(self, message: Add) -> int:
        self.value += message.amount
        return self.value


class User(Actor):
    def __init__(self, counter: Actor, steps: int) -> None:
        self.counter = counter
        self.steps = steps

    async def run(self) -> None:
        for _ in range(self.steps):
            await self.ask(self.counter, Add(1))


class Grows(Monitor):
    """Stands in for a law of the model: looks at every event there is."""

    law = "grows"
    last = 0

    @watches("added")
    def added(self, event: Event) -> None:
        value = event.fields["value"]
        if value <= self.last:
            self.violated(f"{value} after {self.last}", event.actor)
        self.last = value


def monitors() -> list[Monitor]:
    """Two monitors that look at every delivery: worse than any law of the model, which do not."""
    return [Grows(), Grows()]


def kernel(*, laws: bool) -> int:
    """The stress script at a tenth of its size on refcount_rcu; deliveries."""
    world = stress.build(memcgs=401, laws=laws)
    walk.begin(world)
    outcome = Engine(world, walk).run()
    assert outcome.end is End.QUIET
    world.discard()
    return outcome.deliveries


# -- what is measured ------------------------------------------------------------------------------


@types.coroutine
def switch() -> Generator[None, None, None]:
    yield


class Thing:
    value = 0

    def add(self, amount: int) -> int:
        self.value += amount
        return self.value


async def program(steps: int) -> None:
    for _ in range(steps):
        await switch()


def bare(actors: int, steps: int) -> None:
    thing = Thing()
    randrange = Random(1).randrange
    ready = [program(steps) for _ in range(actors)]
    for each in ready:
        each.send(None)
    while ready:
        index = randrange(len(ready))
        thing.add(1)
        try:
            ready[index].send(None)
        except StopIteration:
            ready[index] = ready[-1]
            del ready[-1]


walk = RandomWalk(1)


def engine(actors: int, steps: int, *laws: Monitor) -> None:
    world = World()
    counter = world.add(Counter() if laws else Silent(), "counter")
    world.judge(*laws)
    for _ in range(actors):
        world.spawn(User(counter, steps))
    walk.begin(world)
    outcome = Engine(world, walk).run()
    assert outcome.end is End.QUIET
    assert outcome.deliveries == actors * steps
    world.discard()


def seconds(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def best(*functions: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Measure the functions in turns; the best time of each."""
    return [
        min(times)
        for times in zip(
            *([seconds(each) for each in functions] for _ in range(rounds)), strict=True
        )
    ]


def repeat(count: int, actors: int, steps: int) -> None:
    for _ in range(count):
        engine(actors, steps)


def row(what: str, figure: str, ratio: float, target: float, *, low: bool = False) -> bool:
    good = ratio <= target if low else ratio >= target
    bound = f"{'<=' if low else '>='} {target:g}"
    print(f"{what:<38}{figure:>16}{ratio:>10.2f}{bound:>10}  {'ok' if good else 'short'}")
    return good


def main() -> int:
    total = ACTORS * STEPS
    times = best(
        lambda: bare(ACTORS, STEPS),
        lambda: engine(ACTORS, STEPS),
        lambda: engine(ACTORS, STEPS, *monitors()),
        lambda: repeat(200, 2, 1),
        lambda: repeat(100, 4, 5),
        lambda: repeat(20, 8, 20),
    )
    loop, plain, judged, small, middle, large = times
    start = (small / 200 - 2 * plain / total) / (plain / total)
    print(f"{'':<38}{'per second':>16}{'ratio':>10}{'target':>10}")
    print(f"{'bare loop, steps':<38}{total / loop:>16,.0f}{1:>10.2f}")
    judged_kernel, plain_kernel = best(
        lambda: kernel(laws=True), lambda: kernel(laws=False), rounds=3
    )
    delivered = kernel(laws=True)
    good = [
        row("engine, deliveries", f"{total / plain:,.0f}", loop / plain, 0.40),
        row("engine with monitors, deliveries", f"{total / judged:,.0f}", loop / judged, 0.25),
        row(
            "kernel model, no laws, deliveries",
            f"{delivered / plain_kernel:,.0f}",
            loop / total * delivered / plain_kernel,
            0.25,
        ),
        row(
            "kernel model, all laws, deliveries",
            f"{delivered / judged_kernel:,.0f}",
            loop / total * delivered / judged_kernel,
            0.25,
        ),
        row("start of a run, in deliveries", f"{200 / small:,.0f}", start, 20, low=True),
    ]
    print(f"{'runs of 4 actors x 5 steps':<38}{100 / middle:>16,.0f}")
    print(f"{'runs of 8 actors x 20 steps':<38}{20 / large:>16,.0f}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
