"""stress at three sizes: does the cost grow with memcgs x units, and does the memory fit?

Each size runs in a process of its own, so that the resident memory is its own. The last column is
the time per unit of shrinker_info, relative to the smallest size: 1 means linear.

    PYTHONPATH=src python benchmarks/stress_size.py [refcount_rcu|rwsem ...]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

from slabrace.runtime.engine import Engine
from slabrace.runtime.outcome import End
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.scenarios.stress import stress

SIZES = ((401, 301), (1001, 751), (4001, 3001))
LIMIT_MIB = 1536


def one(version: str, memcgs: int, touches: int) -> dict[str, float]:
    """One run in this process."""
    world = stress.build(version=version, memcgs=memcgs, mounts=memcgs, touches=touches)
    walk = RandomWalk()
    walk.begin(world)
    begin = time.perf_counter()
    outcome = Engine(world, walk, max_steps=stress.max_steps).run()
    seconds = time.perf_counter() - begin
    assert outcome.end is End.QUIET, outcome.violations
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "units": world.report()["units"],
        "deliveries": outcome.deliveries,
        "seconds": seconds,
        "resident": resident,
    }


def main() -> int:
    if len(sys.argv) == 5 and sys.argv[1] == "--one":
        print(json.dumps(one(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
        return 0
    good = True
    print(f"{'':<14}{'memcgs':>8}{'units':>10}{'deliveries':>13}{'MiB':>7}{'per unit':>10}")
    for version in sys.argv[1:] or ["rwsem", "refcount_rcu"]:
        first = 0.0
        for memcgs, touches in SIZES:
            command = [sys.executable, __file__, "--one", version, str(memcgs), str(touches)]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            run = json.loads(out)
            each = run["seconds"] / run["units"]
            first = first or each
            print(
                f"{version:<14}{memcgs:>8}{run['units']:>10,}{run['deliveries']:>13,}"
                f"{run['resident']:>7.0f}{each / first:>10.2f}"
            )
            good = good and run["resident"] <= LIMIT_MIB
    print("memory", "ok" if good else "short", f"(at most {LIMIT_MIB} MiB)")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
