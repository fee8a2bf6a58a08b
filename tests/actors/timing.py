"""A tiny kernel under virtual time: short programs, one CPU each, and what they cost."""

from __future__ import annotations

from typing import Final

from tests.actors.laboratory import BOOTED, Program, start

from slabrace.actors.costs import Costs
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg_tariff import MemcgTariff
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.tariff import KernelTariff
from slabrace.actors.version import Version
from slabrace.runtime.outcome import End
from slabrace.runtime.perf import Line, Profile
from slabrace.runtime.timed import Timed
from slabrace.runtime.world import World

__all__ = ["COSTS", "boot", "line", "turn"]

COSTS: Final = Costs(
    hit=1, refill=20, transfer=100, rmw=5, store=2, rcu_read_lock=7, rcu_read_unlock=11,
    wake=3_000, switch=400, trylock=0,
)  # fmt: skip


def boot(
    version: type[Version] = RefcountRcu, *, costs: Costs = COSTS, per_memcg: bool = False
) -> Kernel:
    """A kernel whose CPUs are counted, without laws."""
    world = World()
    world.tariff = (MemcgTariff if per_memcg else KernelTariff)(costs)
    BOOTED.append(world)
    return Kernel(world, version, laws=False)


def turn(kernel: Kernel, *programs: Program) -> Profile:
    """Run ``programs`` to the end; nothing is wrong."""
    start(kernel, *programs)
    tariff: KernelTariff = kernel.world.tariff
    outcome = Timed(kernel.world, tariff).run()
    assert (outcome.end, outcome.violations) == (End.QUIET, [])
    return tariff.profile


def line(profile: Profile, symbol: str, cpu: str | None = None) -> Line:
    """The line of ``symbol``; all noughts if there is none."""
    found = [each for each in profile.lines(cpu) if each.symbol == symbol]
    return found[0] if found else Line(symbol, 0, 0, 0, 0)
