"""Questions to a log of a million events, beside a plain loop over it in Python.

The log is made up: eight CPUs that access fifty objects, with causes, clocks and notes as a real
one has them. Each figure is the best of three, in seconds of wall time, since DuckDB uses several
threads; the plain loop (msgspec, every line decoded to a dictionary and counted) is what they are
compared with. Run alone, or the figures are those of the neighbours.

    PYTHONPATH=src python benchmarks/query.py [EVENTS]
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from slabrace.scenarios.cli import main as slabrace

EVENTS = 1_000_000
ROUNDS = 3
TARGET = 5.0
"""Seconds in which a group-by over JSON lines is to be done."""

GROUP = "select event, actor, count(*) from events group by all order by all"
JOIN = "select sender, max(latency) from messages group by all order by all"
SPANS = "select holder, max(duration) from sections group by all order by all"
POINT = "select fields from events where step = 70007"


def records(events: int) -> Any:
    """Deliveries, three of four lines, and the beginnings and ends of sections."""
    chance = random.Random(0)
    cpus = [f"cpu{number}" for number in range(8)]
    objects = [f"A.info{number}" for number in range(50)]
    last = dict.fromkeys(cpus, 0)
    inside: set[str] = set()
    step = 0
    for number in range(events):
        actor = chance.choice(cpus)
        base = {"run": "abcdef012345", "step": step, "vt": step * 1000}
        if number % 4 == 3:
            event = "rcu_read_unlock" if actor in inside else "rcu_read_lock"
            inside ^= {actor}
            yield {**base, "event": event, "actor": actor, "cpu": int(actor[3:])}
            continue
        step += 1
        writes = step % 3 == 0
        cause, last[actor] = last[actor], step
        yield {
            "run": "abcdef012345", "step": step, "vt": step * 1000, "event": "deliver",
            "actor": actor, "cpu": int(actor[3:]), "memcg": "A", "to": chance.choice(objects),
            "message": "WRITE_ONCE(map_nr_max, 7)" if writes else "READ_ONCE(map_nr_max)",
            "type": "Store" if writes else "Load", "answer": None if writes else step % 7,
            "writes": writes, "cause": cause, "clock": dict(last),
        }  # fmt: skip


def write(path: Path, events: int) -> None:
    encode = msgspec.json.encode
    with path.open("wb") as out:
        head = {"schema": "slabrace.log/2", "scenario": "made_up", "parameters": {}}
        out.write(encode(head) + b"\n")
        out.writelines(encode(record) + b"\n" for record in records(events))


def plain(path: Path) -> None:
    """What one would write without any of this."""
    decode = msgspec.json.decode
    with path.open("rb") as file:
        counted = Counter((each.get("event"), each.get("actor")) for each in map(decode, file))
    assert counted


def command(*words: str | Path) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert slabrace(["log", *map(str, words)]) == 0


def best(what: Callable[[], None], rounds: int = ROUNDS) -> float:
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        what()
        found.append(time.perf_counter() - began)
    return min(found)


def main() -> int:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with tempfile.TemporaryDirectory() as name:
        log, parquet = Path(name) / "log.jsonl", Path(name) / "log.parquet"
        write(log, events)
        convert = best(lambda: command("convert", log, parquet), 1)
        sizes = f"{log.stat().st_size / 1e6:,.0f} MB", f"{parquet.stat().st_size / 1e6:,.0f} MB"
        print(f"{events:,} events: {sizes[0]} of JSON lines, {sizes[1]} of Parquet")
        loop = best(lambda: plain(log))
        group = best(lambda: command("query", log, GROUP))
        rows = [
            ("plain loop: decode and count", loop),
            ("query: group-by", group),
            ("query: send joined with receive", best(lambda: command("query", log, JOIN))),
            ("query: sections by their ends", best(lambda: command("query", log, SPANS))),
            ("query: one event, all its fields", best(lambda: command("query", log, POINT))),
            ("convert to Parquet", convert),
            ("query Parquet: group-by", best(lambda: command("query", parquet, GROUP))),
            ("query Parquet: join", best(lambda: command("query", parquet, JOIN))),
            ("query Parquet: sections", best(lambda: command("query", parquet, SPANS))),
            ("query Parquet: one event", best(lambda: command("query", parquet, POINT))),
            ("stats", best(lambda: command("stats", log), 1)),
            ("why, at the end", best(lambda: command("why", log, str(events // 2)), 1)),
            ("show, one event", best(lambda: command("show", log, "--step", "70007"), 1)),
        ]
    print(f"\n{'':<34}{'s':>8}{'of the loop':>14}{'events/s':>14}")
    for what, seconds in rows:
        print(f"{what:<34}{seconds:>8.2f}{seconds / loop:>14.2f}{events / seconds:>14,.0f}")
    verdict = "ok" if group <= TARGET else "slow"
    print(f"\na group-by over JSON lines in {group:.2f} s, target {TARGET:g} s: {verdict}")
    return 0 if group <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
