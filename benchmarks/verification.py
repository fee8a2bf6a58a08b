"""The lockless walk, verified: every order of the race scenarios, as the table of verification.md.

    PYTHONPATH=src python benchmarks/verification.py > docs/verification.md
    PYTHONPATH=src python benchmarks/verification.py --seconds 10      # to look at it

Each race scenario is searched by DPOR on the walk as merged and on the walk with its fixes: at the
smallest size at which every step of the walk and every law that the scenario is about is reached
(the goals of the scenario say which), and at the sizes of kernel.md 9.5. What does not end within
its seconds is told as it is: so many traces of about so many.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any, NamedTuple

PATIENCE = 20  # times as long as the others may a small size take: it has to end
PATIENCE_BOUNDED = 4  # and a search within a bound
DELAYS = 2
VERSIONS = ("refcount_rcu", "refcount_rcu_fixed")


class Size(NamedTuple):
    """A scenario and its parameters; ``small``: as small as it can be."""

    scenario: str
    parameters: tuple[str, ...]
    small: bool


HEAD = """\
Made by `PYTHONPATH=src python benchmarks/verification.py > docs/verification.md`: DPOR, one core,
{seconds:g} s for each row that did not end. *Exhaustive* means every order of deliveries and every
data choice at that size, up to what commutes, and no law broken in any. What did not end in time
says how far it came, and within what bound every run was made: *delays <= 2* are all runs in which
a round robin is held up at most twice (`--strategy dfs --delays 2`). SHRINKER_UNIT_BITS is 2.
Nothing here says anything of larger sizes, of weaker memory, or of what the model leaves out
(README).
"""

SIZES = (
    Size("free_vs_reclaim", ("global_walks=0",), small=True),
    Size("free_vs_reclaim", (), small=False),
    Size("register_vs_reclaim", ("passes=1", "global_walks=0", "objects=0"), small=True),
    Size("register_vs_reclaim", (), small=False),
    Size("mount_vs_umount", ("mounts=1", "passes=1", "bare=true"), small=True),
    Size("mount_vs_umount", ("mounts=1", "passes=1"), small=False),
    Size("mount_vs_umount", (), small=False),
    Size("offline_vs_reclaim", ("passes=1", "touches=0", "owner=A"), small=True),
    Size("offline_vs_reclaim", ("passes=1", "touches=0"), small=False),
    Size("offline_vs_reclaim", (), small=False),
    Size("drop_caches_vs_memcg_removal", ("children=1", "owner=A", "once=true"), small=True),
    Size("drop_caches_vs_memcg_removal", ("children=1",), small=False),
    Size("drop_caches_vs_memcg_removal", (), small=False),
    Size(
        "expand_vs_reclaim",
        ("mounts=0", "expansions=1", "passes=1", "touches=0", "objects=0", "bits=1"),
        small=True,
    ),
    Size("expand_vs_reclaim", ("passes=1",), small=False),
    Size("expand_vs_reclaim", ("nodes=2",), small=False),
)


def explored(size: Size, version: str, seconds: float, *options: str) -> dict[str, Any]:
    """What a search says."""
    settings = [
        word for text in (*size.parameters, f"version={version}") for word in ("--set", text)
    ]
    command = [
        sys.executable, "-m", "slabrace", "explore", size.scenario, *settings, *options,
        "--time", str(seconds), "--json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told: dict[str, Any] = json.loads(done.stdout)
    if "error" in told:
        raise SystemExit(f"{' '.join(command)}\n{told['error']}")
    return told


def bounded(size: Size, version: str, seconds: float) -> str:
    """All runs within so few delays of a round robin, as many as there is time for."""
    for delays in range(DELAYS, 0, -1):
        told = explored(size, version, seconds, "--strategy", "dfs", "--delays", str(delays))
        if told["how"] == "bounded":
            return f"bounded ({told['why']}; {told['runs']:,} runs). "
    return ""


def row(size: Size, version: str, seconds: float) -> tuple[str, bool]:
    """A line of the table, and whether it says what it has to."""
    limit = seconds * PATIENCE if size.small else seconds
    told = explored(size, version, limit, "--strategy", "dpor")
    speed = told["runs"] / max(told["seconds"], 1e-9)
    laws = ", ".join(sorted({each["law"] for each in told["violations"]}))
    observed = f"{told['observed']}: {laws}" if laws else told["observed"]
    parameters = " ".join(size.parameters) or "as they are"
    far = f"{told['how']} ({told['why']})"
    if told["how"] == "inconclusive":
        far = f"{bounded(size, version, seconds * PATIENCE_BOUNDED)}All: {far}"
    line = f"| {size.scenario} | {parameters} | {version} | {observed} | {far} | {speed:,.0f} |"
    return line, not size.small or told["how"] == "exhaustive"


def main() -> int:
    parser = argparse.ArgumentParser(description="the table of docs/verification.md")
    parser.add_argument("--seconds", type=float, default=30.0)
    asked = parser.parse_args()
    print("# The walk, verified\n")
    print(HEAD.format(seconds=asked.seconds))
    print("| scenario | parameters | version | observed | how far | runs/s |")
    print("|---|---|---|---|---|---|")
    good = True
    for size in SIZES:
        for version in VERSIONS:
            line, as_it_must = row(size, version, asked.seconds)
            print(line, flush=True)
            good &= as_it_must
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
