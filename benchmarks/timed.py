"""Timed deliveries beside untimed ones: the same actors, the same messages, the same process.

The steady state of the stress script, its walkers picked at random on the engine and by time under
virtual time; both kernels; without laws and profile exports. In turns, in processor time; the
median of the pairs counts, since a shared machine has its good moments for one of the two alone.

    PYTHONPATH=src python benchmarks/timed.py
"""

from __future__ import annotations

import sys
import time
from statistics import median

from slabrace.actors.costs import Costs
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.tariff import KernelTariff
from slabrace.runtime.engine import Engine
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.timed import Timed
from slabrace.runtime.world import World
from slabrace.scenarios.steady_state import settled

ROUNDS = 15
SIZE, CPUS = 401, 8
TARGET = 0.5


def rate(version: str, *, timed: bool) -> float:
    """Deliveries per second of processor time."""
    world = World()
    tariff = KernelTariff(Costs())
    if timed:
        world.tariff = tariff
    kernel = Kernel(world, VERSIONS[version], laws=False)
    settled(kernel, memcgs=SIZE, mounts=SIZE, touches=SIZE, cpus=CPUS, passes=1)
    strategy = RandomWalk(seed=0)
    strategy.begin(world)
    engine = Timed(world, tariff) if timed else Engine(world, strategy)
    began = time.process_time()
    outcome = engine.run()
    seconds = time.process_time() - began
    world.discard()
    return outcome.deliveries / seconds


def main() -> int:
    print(f"{'deliveries per second':<24}{'engine':>12}{'timed':>12}{'ratio':>8}{'target':>10}")
    good = True
    for version in ("rwsem_flat", "refcount_rcu"):
        pairs = [(rate(version, timed=False), rate(version, timed=True)) for _ in range(ROUNDS)]
        engine, timed = (median(each) for each in zip(*pairs, strict=True))
        ratio = median(timed / engine for engine, timed in pairs)
        good &= ratio >= TARGET
        verdict = "ok" if ratio >= TARGET else "short"
        print(
            f"{version:<24}{engine:>12,.0f}{timed:>12,.0f}{ratio:>8.2f}{f'>= {TARGET:g}':>10}"
            f"  {verdict}"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
