"""Profiling: one run of a scenario under virtual time, and everything that can be measured of it.

All numbers are of the model's clock; the same seed and costs give the same ones to the nanosecond.
The seed draws what the scenario leaves to chance (does this allocation fail?): who is served next
is no matter of chance here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slabrace.actors.costs import Costs
from slabrace.actors.memcg_tariff import MemcgTariff
from slabrace.actors.tariff import KernelTariff
from slabrace.runtime.errors import UsageError
from slabrace.runtime.held_up import in_time
from slabrace.runtime.monitor import Event
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.perf import Profile
from slabrace.runtime.scenario import Scenario, abandon
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.timed import Timed
from slabrace.runtime.world import World

__all__ = ["Measured", "measure"]

NO_MEMCG = "(none)"
"""Where memcgs have a path: that of what was done before a CPU was in any."""


@dataclass
class Measured:
    """One timed run. Times are nanoseconds; ``duration`` is until the last CPU came to its end.

    ``calls`` counts functions of the kernel. ``umounts`` is how long each umount took,
    ``last_umount`` when the last was over. ``memcgs`` are the profiles of each memcg by its path,
    if they were asked for.
    """

    profile: Profile
    outcome: Outcome
    duration: int
    memcgs_scanned: int
    trylock_failures: int
    grace_periods: int
    calls: dict[str, int] = field(default_factory=dict)
    umounts: list[int] = field(default_factory=list)
    last_umount: int = 0
    memcgs: dict[str, Profile] = field(default_factory=dict)

    def shares(self) -> dict[str, float]:
        """Symbol -> its own part of all time on a CPU, in per cent; the largest first."""
        total = self.profile.total() or 1
        return {line.symbol: 100 * line.own / total for line in self.profile.lines()}

    @property
    def umounts_per_second(self) -> float:
        """Umounts per second of virtual time, until the last one was over."""
        return len(self.umounts) / self.last_umount * 1e9 if self.last_umount else 0.0

    @property
    def throughput(self) -> float:
        """Memcgs scanned per second of virtual time."""
        return self.memcgs_scanned / self.duration * 1e9 if self.duration else 0.0


def measure(
    scenario: Scenario,
    parameters: Mapping[str, Any],
    costs: Costs,
    *,
    seed: int = 0,
    delays: Sequence[str] = (),
    max_steps: int | None = None,
    per_memcg: bool = False,
    furnish: Iterable[Callable[[World], None]] = (),
    begin: Callable[[World], None] | None = None,
) -> Measured:
    """Run ``scenario`` once, messages held up as ``delays`` say (delay_policy.py).

    ``begin`` is shown the world before it is turned.
    """
    policies = in_time(delays, seed) if delays else None
    world = World()
    tariff = world.tariff = (MemcgTariff if per_memcg else KernelTariff)(costs)
    scenario(world, **scenario.arguments(parameters))
    for add in furnish:
        add(world)
    if not hasattr(tariff, "kernel"):
        abandon(world)
        raise UsageError(f"scenario {scenario.name} boots no kernel: nothing in it has a cost")
    umounts = Umounts(world)
    if begin is not None:
        begin(world)
    strategy = RandomWalk(seed=seed)
    host = Timed(
        world,
        tariff,
        strategy=strategy,
        delays=policies,
        max_steps=max_steps or scenario.max_steps,
    )
    outcome = host.run()
    kernel = tariff.kernel
    srcu = getattr(kernel.version, "shrinker_srcu", None)
    profile, by_memcg = tariff.split() if isinstance(tariff, MemcgTariff) else (tariff.profile, {})
    return Measured(
        profile=profile,
        outcome=outcome,
        duration=host.latest or world.clock.now,
        memcgs_scanned=kernel.calls["shrink_slab"],
        trylock_failures=kernel.stats["trylock_failures"],
        grace_periods=kernel.rcu.grace_periods() + (srcu.gp_seq if srcu is not None else 0),
        calls=dict(kernel.calls),
        umounts=umounts.took,
        last_umount=umounts.last,
        memcgs={
            NO_MEMCG if memcg is None else kernel.path(memcg): its
            for memcg, its in by_memcg.items()
        },
    )


class Umounts:
    """How long each umount takes, from its beginning until its superblock is gone."""

    def __init__(self, world: World) -> None:
        self.took: list[int] = []
        self.last = 0
        self._began: dict[Any, int] = {}
        world.watch("umount_begin", self.began)
        world.watch("super_block_gone", self.gone)

    def began(self, event: Event) -> None:
        self._began[event.fields["sb"]] = event.time

    def gone(self, event: Event) -> None:
        self.took.append(event.time - self._began.pop(event.fields["sb"]))
        self.last = event.time
