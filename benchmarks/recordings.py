"""Importing a recording beside merely splitting its lines: the same text, the same process.

A recording of the function tracer, as the kernel prints it: shared/traces/ if it is there, else one
made here of the same mixture, at the length of the longest. In turns, the best of each counts, in
processor time. `conform` reads the same lines and looks closely at few of them.

    PYTHONPATH=src python benchmarks/recordings.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slabrace.runtime.line_file import LineFile
from slabrace.scenarios.conform.conformance import Checker
from slabrace.scenarios.recordings.importer import Importer
from slabrace.scenarios.recordings.source import lines_of

ROUNDS = 5
LINES = 140_000
SECONDS = 3.0
"""What LINES may take, packed input and plain output included."""
SHARED = Path(os.environ.get("SLABRACE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
RECORDING = SHARED / "traces" / "linux-6.12-churn-functions.txt.gz"
EXCERPT = Path(__file__).resolve().parents[1] / "tests" / "data" / "linux-6.12-overlap.txt"


def recording(folder: Path) -> Path:
    """A file of LINES lines or so."""
    if RECORDING.exists():
        return RECORDING
    shrinks = [line for line in EXCERPT.read_text().splitlines() if not line.startswith("#")]
    path = folder / "recording.txt"
    with path.open("w") as out:
        for number in range(LINES):
            head = (
                f"          mount-{number // 500:<7} [00{number % 4}] ..... {number / 1e5:12.6f}: "
            )
            if number % 80:
                out.write(f"{head}mem_cgroup_iter <-shrink_node_memcgs\n")
            else:
                out.write(f"{head}{shrinks[number // 80 % len(shrinks)].partition(': ')[2]}\n")
    return path


def timed(work: Callable[[], Any]) -> float:
    """Seconds of processor time."""
    began = time.process_time()
    work()
    return time.process_time() - began


def split(path: Path) -> None:
    """The least that anybody could do with the lines."""
    for line in lines_of(path, "x"):
        line.split()


def conform(path: Path) -> None:
    """Look at each line, and closely at those of the shrinker."""
    checker = Checker()
    for line in lines_of(path, "x"):
        checker.feed(line)


def imported(path: Path, log: Path) -> None:
    """Read each line and write what it says."""
    file = LineFile(log)
    importer = Importer({"host": "kernel"}, file.write)
    for line in lines_of(path, "x"):
        importer.feed(line)
    importer.finish()
    file.close()


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = recording(folder)
        lines = [len(line) + 1 for line in lines_of(path, "x")]
        count, size = len(lines), sum(lines) / 1e6
        works: dict[str, Callable[[], Any]] = {
            "lines, split": lambda: split(path),
            "conform": lambda: conform(path),
            "import, plain": lambda: imported(path, folder / "log"),
            "import, .gz": lambda: imported(path, folder / "log.gz"),
        }
        best = dict.fromkeys(works, float("inf"))
        for _ in range(ROUNDS):
            for what, work in works.items():
                best[what] = min(best[what], timed(work))
        print(f"{path.name}: {count:,} lines, {size:.1f} MB")
        print(f"{'':<16}{f's/{LINES:,} lines':>18}{'MB/s':>8}{'lines/s':>12}{'ratio':>8}")
        for what, seconds in best.items():
            print(
                f"{what:<16}{seconds * LINES / count:>18.2f}{size / seconds:>8.1f}"
                f"{count / seconds:>12,.0f}{seconds / best['lines, split']:>8.1f}"
            )
        good = best["import, plain"] * LINES / count <= SECONDS
        print(f"target: {LINES:,} lines within {SECONDS:g} s: {'ok' if good else 'short'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
