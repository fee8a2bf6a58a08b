"""Executions per second, side by side with other labs for interleavings of Python's coroutines.

The same small programs, as random walks: so many actors, each of which asks a shared counter so
many times, and may be interrupted at every step. ``detangle`` and ``frontrun`` do it with asyncio
tasks that touch a shared object between two awaits; the engine with actors and messages. They are
installed from the package index into an environment of this benchmark's own, once. Every lab runs
in a process of its own; rounds are taken in turns and the best one of each counts.

    PYTHONPATH=src python benchmarks/peers.py
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

PEERS = ("detangle", "frontrun")
PROGRAMS = {(2, 1): 2.0, (4, 5): 5.0, (8, 20): 5.0}  # actors x steps: times the faster peer
ROUNDS, SECONDS = 9, 0.2
OPS = 10  # frontrun draws a schedule before the run; too short a one cuts the run

Run = Callable[[int, int, int], None]  # actors, steps, how many executions


# -- the labs: each imports its library only in its own process ------------------------------------


class Shared:
    value = 0


async def user(counter: Shared, steps: int) -> None:
    for _ in range(steps):
        counter.value += 1
        await asyncio.sleep(0)


# Each side is run in an environment that has no other: it imports what it needs where it needs it,
# and the type checker knows neither of the peers.


def detangle() -> Run:
    from detangle import explore  # type: ignore[import-not-found]  # noqa: PLC0415

    def run(actors: int, steps: int, count: int) -> None:
        async def program() -> None:
            counter = Shared()
            await asyncio.gather(*(user(counter, steps) for _ in range(actors)))
            assert counter.value == actors * steps

        stats = explore(
            program, runs=count, strategy="random", seed=1, shrink=False, database=False
        )
        assert stats.runs == count, stats

    return run


def frontrun() -> Run:
    from frontrun.async_shuffler import (  # type: ignore[import-not-found]  # noqa: PLC0415
        explore_async_random,
    )

    def run(actors: int, steps: int, count: int) -> None:
        async def task(counter: Shared) -> None:
            await user(counter, steps)

        done = seed = 0
        while done < count:  # it ends early where it sees a deadlock, which there is not
            result = asyncio.run(
                explore_async_random(
                    setup=Shared,
                    tasks=[task] * actors,
                    invariant=lambda _: True,
                    max_attempts=count - done,
                    max_ops=OPS * actors * steps,
                    seed=seed,
                )
            )
            done += result.num_explored
            seed += 1

    return run


def slabrace() -> Run:
    from slabrace.runtime.actor import Actor, handles  # noqa: PLC0415
    from slabrace.runtime.engine import Engine  # noqa: PLC0415
    from slabrace.runtime.message import Message  # noqa: PLC0415
    from slabrace.runtime.strategies.random_walk import RandomWalk  # noqa: PLC0415
    from slabrace.runtime.world import World  # noqa: PLC0415

    class Add(Message, frozen=True, gc=False):
        amount: int

    class Counter(Actor):
        value = 0

        def add(self, message: Add) -> int:
            self.value += message.amount
            return self.value

        add = handles(Add)(add)  # not as a decorator: its annotation would be looked up globally

    class User(Actor):
        def __init__(self, counter: Actor, steps: int) -> None:
            self.counter = counter
            self.steps = steps

        async def run(self) -> None:
            for _ in range(self.steps):
                await self.ask(self.counter, Add(1))

    walk = RandomWalk(1)

    def run(actors: int, steps: int, count: int) -> None:
        for _ in range(count):
            world = World()
            counter = world.add(Counter())
            for _ in range(actors):
                world.spawn(User(counter, steps))
            walk.begin(world)
            Engine(world, walk).run()
            assert counter.value == actors * steps
            world.discard()

    return run


LABS = {"slabrace": slabrace, "detangle": detangle, "frontrun": frontrun}


def work(lab: str) -> None:
    """Answer each line ``actors steps`` with executions per second."""
    run = LABS[lab]()
    counts: dict[str, int] = {}
    for line in sys.stdin:
        actors, steps = map(int, line.split())
        count = counts.get(line, 10)
        while True:
            begin = time.perf_counter()
            run(actors, steps, count)
            spent = time.perf_counter() - begin
            if spent > SECONDS / 2:
                break
            count *= 2
        counts[line] = max(10, round(count * SECONDS / spent))
        print(count / spent, flush=True)


# -- side by side ----------------------------------------------------------------------------------


def environment() -> Path:
    """Make, once, the environment that has the peers; its Python."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        home = cache / "slabrace" / f"peers-{version}"
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        home = Path(tempfile.gettempdir()) / f"slabrace-peers-{version}"
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        print(f"installing {' and '.join(PEERS)} into {home}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PEERS], check=True)
        (home / "complete").touch()
    return python


def ask(worker: subprocess.Popen[str], program: tuple[int, int]) -> float:
    def pipe(end: IO[str] | None) -> IO[str]:
        assert end is not None
        return end

    print(*program, file=pipe(worker.stdin), flush=True)
    answer = pipe(worker.stdout).readline()
    if not answer:
        sys.exit(f"the worker {worker.args!r} ended; its error stands above")
    return float(answer)


def main() -> int:
    peers = environment()
    good = True
    with ExitStack() as stack, tempfile.TemporaryDirectory() as scratch:
        workers = {
            lab: stack.enter_context(
                subprocess.Popen(
                    [peers if lab in PEERS else sys.executable, Path(__file__).resolve(), lab],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=None if lab == "slabrace" else scratch,
                )
            )
            for lab in LABS
        }
        print(
            f"{'executions/s':<14}", *(f"{lab:>12}" for lab in LABS), f"{'ratio':>8}{'target':>8}"
        )
        for program, target in PROGRAMS.items():
            rounds = [
                {lab: ask(worker, program) for lab, worker in workers.items()}
                for _ in range(ROUNDS)
            ]
            best = {lab: max(each[lab] for each in rounds) for lab in LABS}
            ratio = best["slabrace"] / max(best[peer] for peer in PEERS)
            good &= ratio >= target
            figures = " ".join(f"{best[lab]:>12,.0f}" for lab in LABS)
            verdict = "ok" if ratio >= target else "short"
            name = f"{program[0]} x {program[1]}"
            print(f"{name:<14} {figures} {ratio:>8.1f}{f'>= {target:g}':>8}  {verdict}")
        for worker in workers.values():
            if worker.stdin:
                worker.stdin.close()
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(sys.argv[1])
    else:
        sys.exit(main())
