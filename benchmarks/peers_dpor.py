"""Searches of all orders beside ours: the seconds from a cold start to what they have to say.

    frontrun   DPOR over asyncio tasks, from PyPI, in an environment of its own (peers.py)
    spin       the model checker; Debian has it. Its text of the program becomes C, that is
               compiled, and what comes of it searches states. Left out if it is not installed.

Each figure is the best of a few new processes: to the first run that breaks the claim, and to the
end of the search. For spin that includes gcc. What is counted differs: we and frontrun count runs,
of which ours are one for each trace; spin counts states, and finds that it was in one before.

    PYTHONPATH=src python benchmarks/peers_dpor.py
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peers

ROUNDS, LIMIT = 3, 20.0  # a process that takes longer is ended
HERE = Path(__file__).resolve()
FIRST, ALL = "first", "all"


# -- ours ------------------------------------------------------------------------------------------


def slabrace(program: str, goal: str) -> int:
    """Runs that were made."""
    # Only what runs programs: what is imported counts as part of the cold start.
    from programs import fib, increments, last_zero  # noqa: PLC0415

    from slabrace.runtime.engine import Engine  # noqa: PLC0415
    from slabrace.runtime.scenario import abandon  # noqa: PLC0415
    from slabrace.runtime.strategies.dpor import Dpor  # noqa: PLC0415
    from slabrace.runtime.world import World  # noqa: PLC0415

    def no_claim(world: World) -> Callable[[], bool]:
        fib(world, 3)
        return lambda: True

    claims: dict[str, Callable[[World], Callable[[], bool]]] = {
        "increments(3)": lambda world: lost(increments(world, 3), 3),
        "lastzero(8)": lambda world: at_the_front(last_zero(world, 8)),
        "fib(3) and a third": no_claim,
    }
    search = Dpor()
    while True:
        world = World()
        holds = claims[program](world)
        if not search.begin(world):
            abandon(world)
            break
        search.end(Engine(world, search).run())
        if goal == FIRST and not holds():
            break
        world.discard()
    return search.runs


def lost(cell: Any, n: int) -> Callable[[], bool]:
    return lambda: bool(cell.value == n)


def at_the_front(descender: Any) -> Callable[[], bool]:
    return lambda: bool(descender.found > 0)


# -- frontrun: imported only in the environment that has it ----------------------------------------


class Shared:
    def __init__(self) -> None:
        self.value = self.i = self.j = 0
        self.found = -1
        self.cells = [0] * 9


Worker = Callable[[Shared], Any]


async def increment(shared: Shared) -> None:
    await asyncio.sleep(0)
    value = shared.value
    await asyncio.sleep(0)
    shared.value = value + 1


async def descend(shared: Shared) -> None:
    for number in reversed(range(9)):
        await asyncio.sleep(0)
        if shared.cells[number] == 0:
            shared.found = number
            break


def succeed(number: int) -> Worker:
    async def worker(shared: Shared) -> None:
        await asyncio.sleep(0)
        value = shared.cells[number - 1]
        await asyncio.sleep(0)
        shared.cells[number] = value + 1

    return worker


async def to_i(shared: Shared) -> None:
    for _ in range(3):
        await asyncio.sleep(0)
        value = shared.j
        await asyncio.sleep(0)
        shared.i = value


async def to_j(shared: Shared) -> None:
    for _ in range(3):
        await asyncio.sleep(0)
        value = shared.i
        await asyncio.sleep(0)
        shared.j = value


async def look(shared: Shared) -> None:
    await asyncio.sleep(0)
    first = shared.i
    await asyncio.sleep(0)
    shared.found = first + shared.j


TASKS: dict[str, tuple[list[Worker], Callable[[Shared], bool]]] = {
    "increments(3)": ([increment] * 3, lambda shared: shared.value == 3),
    "lastzero(8)": (
        [descend, *(succeed(number) for number in range(1, 9))],
        lambda shared: shared.found > 0,
    ),
    "fib(3) and a third": ([to_i, to_j, look], lambda _: True),
}


def frontrun(program: str, goal: str) -> int:
    """Runs that were made."""
    import frontrun  # type: ignore[import-not-found]  # noqa: PLC0415

    workers, claim = TASKS[program]
    result = asyncio.run(
        frontrun.explore(
            setup=Shared,
            workers=workers,
            invariant=claim if goal == FIRST else lambda _: True,
            stop_on_first=goal == FIRST,
            preemption_bound=None,
            reproduce_on_failure=0,
        )
    )
    return int(result.num_explored)


# -- spin ------------------------------------------------------------------------------------------

PROMELA = {
    "increments(3)": """
        byte value, done;
        proctype increment() { byte v; v = value; atomic { value = v + 1; done++ } }
        init { atomic { run increment(); run increment(); run increment() }
               done == 3; assert(CLAIM(value == 3)) }
    """,
    "lastzero(8)": """
        byte cell[9];
        proctype descend() {
            byte i = 8;
            do
            :: atomic { if :: cell[i] == 0 -> assert(CLAIM(i > 0)); break :: else -> i-- fi }
            od
        }
        proctype succeed(byte i) { byte v; v = cell[i - 1]; cell[i] = v + 1 }
        init { atomic {
            run descend(); run succeed(1); run succeed(2); run succeed(3); run succeed(4);
            run succeed(5); run succeed(6); run succeed(7); run succeed(8) } }
    """,
    "fib(3) and a third": """
        byte i, j;
        proctype to_i() { byte v, n; do :: n < 3; atomic { v = j; n++ } i = v :: else -> break od }
        proctype to_j() { byte v, n; do :: n < 3; atomic { v = i; n++ } j = v :: else -> break od }
        proctype look() { byte v; v = i; v = j }
        init { atomic { run to_i(); run to_j(); run look() } }
    """,
}


def spin(program: str, goal: str) -> int:
    """States that were seen."""
    claim = "#define CLAIM(x) (x)" if goal == FIRST else "#define CLAIM(x) true"
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "model.pml").write_text(f"{claim}\n{PROMELA[program]}")

        def call(*words: str) -> str:
            done = subprocess.run(words, cwd=scratch, capture_output=True, text=True, check=True)
            return done.stdout

        call("spin", "-a", "model.pml")
        call("gcc", "-O1", "-DSAFETY", "-w", "-o", "pan", "pan.c")
        said = call("./pan")
    errors = re.search(r"errors: (\d+)", said)
    states = re.search(r"(\d+) states, stored", said)
    assert errors is not None
    assert states is not None
    assert (errors[1] != "0") == (goal == FIRST), said
    return int(states[1])


# -- side by side ----------------------------------------------------------------------------------

SEARCHES = {"slabrace": slabrace, "frontrun": frontrun, "spin": spin}
COUNTED = {"slabrace": "runs", "frontrun": "runs", "spin": "states"}


def cold(python: str, search: str, program: str, goal: str) -> tuple[float, int] | None:
    """Seconds of a new process, the best of a few, and what it counted; None: it takes too long."""
    best = None
    for _ in range(ROUNDS):
        began = time.perf_counter()
        try:
            done = subprocess.run(
                [python, HERE, search, program, goal],
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        if done.returncode:
            sys.exit(f"{search} on {program}:\n{done.stderr}")
        seconds = time.perf_counter() - began
        best = (seconds if best is None else min(best[0], seconds), int(done.stdout))
    return best


def main() -> int:
    pythons = {"slabrace": sys.executable, "frontrun": str(peers.environment())}
    missing = [each for each in ("spin", "gcc") if shutil.which(each) is None]
    if missing:
        print(
            f"spin: left out, there is no {' and no '.join(missing)} (Debian: apt install spin gcc)"
        )
    else:
        pythons["spin"] = sys.executable
    print(f"{'seconds from a cold start':<28}{'to the first violation':>34}{'to the end':>34}")
    for program in PROMELA:
        print(program)
        ours: dict[str, float] = {}
        for search, python in pythons.items():
            line = f"  {search:<26}"
            for goal in (FIRST, ALL):
                if goal == FIRST and program.startswith("fib"):
                    line += f"{'it has no claim':>34}"
                    continue
                said = cold(python, search, program, goal)
                if said is None:
                    line += f"{f'more than {LIMIT:g}':>34}"
                    continue
                seconds, count = said
                ours.setdefault(goal, seconds)
                times = "" if search == "slabrace" else f"{seconds / ours[goal]:.1f} x"
                line += f"{f'{count:,} {COUNTED[search]}':>16}{seconds:>9.2f}{times:>9}"
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(SEARCHES[sys.argv[1]](*sys.argv[2:]))
        sys.stdout.flush()
        os._exit(0)  # what a library leaves behind is no part of the search
    else:
        sys.exit(main())
