"""Strategies against the random walk: executions per second of the same small program.

So many actors each ask a shared counter so many times; every delivery conflicts with every other,
which is the worst case of POS and of coverage. Rounds are taken in turns and the best one of each
counts, in processor time, so that other work on the machine hits all alike.

    PYTHONPATH=src python benchmarks/strategies.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.message import Message
from slabrace.runtime.strategies.coverage import Coverage
from slabrace.runtime.strategies.determinism import Determinism
from slabrace.runtime.strategies.fair import Fair
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.strategy_table import STRATEGIES, Options, build
from slabrace.runtime.world import World

PROGRAMS = ((4, 5), (4, 50))  # actors, steps
DELIVERIES, ROUNDS = 4_000, 25
BOUNDED = {"delay": Options(delays=4), "dfs, preemptions": Options(preemptions=4)}


class Add(Message, frozen=True, gc=False):
    amount: int


class Counter(Actor):
    value = 0

    @handles(Add)
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


def seconds(strategy: Strategy, actors: int, steps: int) -> float:
    """Of one run, in processor time."""
    runs = DELIVERIES // (actors * steps)
    began = time.process_time()
    for _ in range(runs):
        world = World()
        counter = world.add(Counter())
        for _ in range(actors):
            world.spawn(User(counter, steps))
        if not strategy.begin(world):
            raise SystemExit(f"{strategy.describe()} has nothing left to try: fewer DELIVERIES")
        strategy.end(Engine(world, strategy).run())
        world.discard()
    return (time.process_time() - began) / runs


def main() -> None:
    makers: dict[str, Callable[[], Strategy]] = {"random": lambda: build("random")}
    for name in STRATEGIES:
        makers[name] = partial(build, name, BOUNDED.get(name))
    makers |= {
        "dfs, preemptions": lambda: build("dfs", BOUNDED["dfs, preemptions"]),
        "delay, sampled": lambda: build("delay", Options(sampled=True)),
        "fair random": lambda: Fair(build("random"), 10),
        "covered random": lambda: Coverage(build("random")),
        "random, each twice": lambda: Determinism(build("random")),
    }
    for actors, steps in PROGRAMS:
        best = dict.fromkeys(makers, float("inf"))
        for _ in range(ROUNDS):
            for name, make in makers.items():
                best[name] = min(best[name], seconds(make(), actors, steps))
        plain = best["random"]
        print(f"{actors} actors x {steps} steps")
        for name, each in best.items():
            more = (each - plain) * 1e6 / (actors * steps)
            print(f"  {name:20}{1 / each:8.0f} runs/s {plain / each:6.2f} {more:+6.2f} us/delivery")


if __name__ == "__main__":
    main()
