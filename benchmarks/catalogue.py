"""Every bug of the catalogue, found from a cold start, as the table in docs/catalogue.md.

    PYTHONPATH=src python benchmarks/catalogue.py > docs/catalogue.md
    PYTHONPATH=src python benchmarks/catalogue.py 'A*' --seeds 1       # to look at some

A bug is searched for by the portfolio with its default settings, by a process of its own for each
seed, with two jobs unless told: seconds count from the start of that process to the end of its
report, minimised schedule, cause and diagram included. Medians of the seeds. The look-alike is
searched once, for so many seconds, and what is known of it then is told in `explore`'s own words.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import platform
import statistics
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from slabrace.runtime.scenario import Scenario, Verdict
from slabrace.scenarios.bugs import NOT_HERE
from slabrace.scenarios.catalogue import Catalogue

LIMIT = 20.0
"""Seconds in which a bug is to be found."""
PATIENCE = 120


def explored(name: str, *words: str) -> tuple[dict[str, Any], float]:
    """What `slabrace explore` says, and how long it took to say it."""
    command = [sys.executable, "-m", "slabrace", "explore", name, "--json", *words]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    seconds = time.perf_counter() - began
    if not done.stdout:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout)
    if "error" in told:
        raise SystemExit(f"{name}: {told['error']}")
    return told, seconds


def found_row(
    bug: Scenario, seeds: int, jobs: int, seconds_of_look_alike: float
) -> tuple[str, float]:
    """The row of one bug, and the median of the seconds."""
    runs, seconds, preemptions, finders = [], [], [], Counter[str]()
    held = True
    for seed in range(seeds):
        words = ("--seed", str(seed), "--jobs", str(jobs), "--time", "60")
        told, took = explored(bug.name, *words)
        held &= told["held"]
        runs.append(told["runs"])
        seconds.append(took)
        finders[told["finder"] or "nobody"] += 1
        small = [v["minimised"] for v in told["violations"] if v["minimised"]]
        preemptions += [each["preemptions"] for each in small[:1]]
    by = ", ".join(f"{who} {n}" if len(finders) > 1 else who for who, n in finders.most_common())
    laws = ", ".join(f"`{law}`" for law in bug.laws)
    silent = "-"
    if bug.fixed is not None:
        told, _ = explored(bug.fixed, "--time", f"{seconds_of_look_alike:g}")
        silent = f"{told['observed']}, {told['how']} ({told['why']})"
    cells = (
        bug.bug or bug.name.partition("_")[0],
        f"`{bug.name}`",
        laws,
        by if held else f"NOT FOUND ({by})",
        f"{statistics.median(runs):,.0f}",
        f"{statistics.median(seconds):.1f}",
        f"{statistics.median(preemptions):.0f}" if preemptions else "-",
        silent,
    )
    return f"| {' | '.join(cells)} |", statistics.median(seconds)


def order(bug: Scenario) -> tuple[str, int, str]:
    """A1, A2, ..., A10: by letter, then by number."""
    name = bug.bug or bug.name
    digits = "".join(each for each in name.partition("_")[0] if each.isdigit())
    return name[:1], int(digits or 0), bug.name


def main() -> int:
    parser = argparse.ArgumentParser(description="the table of docs/catalogue.md")
    parser.add_argument("pattern", nargs="?", default="*")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--look-alike", type=float, default=10.0, metavar="SECONDS")
    asked = parser.parse_args()
    bugs = [
        each
        for each in Catalogue()
        if each.kind in {"bug", "suspect"}
        and each.verdict is not Verdict.NEVER
        and fnmatch.fnmatchcase(each.name, asked.pattern)
    ]
    print("# The catalogue: who finds what, and how soon\n")
    print("Made by `PYTHONPATH=src python benchmarks/catalogue.py > docs/catalogue.md`: the")
    jobs = "one job" if asked.jobs == 1 else f"{asked.jobs} jobs"
    print(f"portfolio with its default settings, {jobs}, from a cold start, until the report with")
    print(f"the minimised schedule is out. Medians of {asked.seeds} seeds, Python")
    print(f"{platform.python_version()}. *Found by* says how often, if it was not always the same.")
    print(
        "*Preemptions* are those of the minimised schedule. The look-alike is the same stage with"
    )
    print(f"the fix, searched for {asked.look_alike:g} s on one core.\n")
    head = ("id", "scenario", "law", "found by", "runs", "seconds", "preemptions", "look-alike")
    print(f"| {' | '.join(head)} |")
    print(f"|{'---|' * len(head)}")
    slow = []
    for bug in sorted(bugs, key=order):
        row, seconds = found_row(bug, asked.seeds, asked.jobs, asked.look_alike)
        print(row, flush=True)
        if seconds > LIMIT or "NOT FOUND" in row:
            slow.append(bug.name)
    print("\n## Not here\n")
    for name, reason in NOT_HERE.items():
        print(f"- **{name}**: {reason}")
    if slow:
        print(f"not found within {LIMIT:g} s: {', '.join(slow)}", file=sys.stderr)
    return bool(slow)


if __name__ == "__main__":
    sys.exit(main())
