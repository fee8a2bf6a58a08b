"""What a structured log costs: the stress script made again from its picks, with and without one.

In turns, the best of each counts, in processor time. An event is a line of the log; logs are
written to a temporary directory.

    PYTHONPATH=src python benchmarks/log.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from slabrace.actors.legend import LEGEND
from slabrace.runtime.engine import Engine
from slabrace.runtime.log import EventLog
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World
from slabrace.scenarios.stress import stress

ROUNDS = 7
SIZE = 101
TARGET = 150_000
FORMS = ("plain", ".gz", ".zst", "notes only", "state")


def turned(strategy: Strategy, form: str | None, folder: Path) -> tuple[list[int], float, int, int]:
    """Picks, seconds, lines and bytes of one run; ``form`` says how it is logged."""
    world = World()
    path = folder / f"log{form if form and form[0] == '.' else ''}"
    began = time.process_time()
    if form is None:
        stress(world, memcgs=SIZE, mounts=SIZE, touches=SIZE)
        strategy.begin(world)
        outcome = Engine(world, strategy).run()
    else:
        with EventLog(
            path, {"scenario": "stress"}, columns=LEGEND.columns,
            deliveries=form != "notes only", state=form == "state",
        ) as log:  # fmt: skip
            tell = log.begin(world, 0)
            stress(world, memcgs=SIZE, mounts=SIZE, touches=SIZE)
            strategy.begin(world)
            began = time.process_time()
            outcome = Engine(world, strategy, tell=tell).run()
            log.end(0, outcome)
        lines = log.file.safe_lines
        return [], time.process_time() - began, lines, path.stat().st_size
    return outcome.picks, time.process_time() - began, 0, 0


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picks, *_ = turned(RandomWalk(seed=0), None, folder)
        best: dict[str | None, tuple[float, int, int]] = {}
        for _ in range(ROUNDS):
            for form in (None, *FORMS):
                _, seconds, lines, size = turned(RawReplay(picks), form, folder)
                if form not in best or seconds < best[form][0]:
                    best[form] = seconds, lines, size
    bare = best[None][0]
    print(f"{'log':<12}{'events/s':>10}{'bytes/event':>13}{'times the run alone':>21}")
    for form in FORMS:
        seconds, lines, size = best[form]
        print(f"{form:<12}{lines / seconds:>10,.0f}{size / lines:>13.1f}{seconds / bare:>21.1f}")
    seconds, lines, _ = best["plain"]
    good = lines / seconds >= TARGET
    print(f"target: {TARGET:,} events/s, plain: {'ok' if good else 'short'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
