"""Bugs of weak memory: on pso and nowhere else; what is right is right on every machine."""

from typing import Any

import pytest

from slabrace.actors.kernel import Kernel
from slabrace.runtime.campaign import run
from slabrace.runtime.engine import Engine
from slabrace.runtime.outcome import End
from slabrace.runtime.scenario import NEVER
from slabrace.runtime.strategies.dpor import Dpor
from slabrace.scenarios.catalogue import Catalogue

WEAK = (
    "B6_online_before_info",
    "D4_registered_flag",
    "D13_no_barrier_after_clear_bit",
    "D13_no_barrier_before_set_bit",
    "L3_refcount_set",
    "O2_plain_publication",
    "O8_refcount_before_fields",
    "O10_born_before_filled",
)
RACES = (
    "drop_caches_vs_memcg_removal",
    "expand_vs_reclaim",
    "free_vs_reclaim",
    "mount_vs_umount",
    "offline_vs_reclaim",
    "register_vs_reclaim",
)


def all_traces(name: str, **values: Any) -> tuple[int, int]:
    """How many traces there are, and in how many a law is broken."""
    scenario = Catalogue().find(name)
    search = Dpor()
    runs = broken = 0
    while True:
        world = scenario.build(**values)
        if not search.begin(world):
            for task in world.tasks:
                task.close()
            return runs, broken
        outcome = Engine(world, search).run()
        search.end(outcome)
        runs += outcome.end is not End.REDUNDANT
        broken += outcome.end not in (End.QUIET, End.REDUNDANT)


@pytest.mark.parametrize("name", WEAK)
@pytest.mark.parametrize("memory", ["sc", "tso"])
def test_it_takes_a_machine_that_reorders_stores(name: str, memory: str) -> None:
    result = run(Catalogue().find(name), {"memory": memory}, runs=150)
    assert (result.positive, result.bound) == (0, 0)


@pytest.mark.parametrize(
    ("name", "traces"),
    [
        ("B6_online_before_info_fixed", 30),
        ("O2_plain_publication_fixed", 30),
        ("O10_born_before_filled_fixed", 2),
        ("D13_barriers_fixed", 602),
    ],
)
def test_with_its_barrier_it_is_right_in_every_trace(name: str, traces: int) -> None:
    assert all_traces(name) == (traces, 0)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "traces"),
    [
        ("D4_registered_flag_fixed", 912),
        ("O8_refcount_before_fields_fixed", 780),
        ("L3_refcount_set_release", 780),
        ("L3_in_a_mount", 13440),
    ],
)
def test_with_release_it_is_right_in_every_trace(name: str, traces: int) -> None:
    assert all_traces(name) == (traces, 0)


@pytest.mark.parametrize("name", RACES)
@pytest.mark.parametrize("memory", ["tso", "pso"])
def test_the_races_are_right_on_weak_machines(
    name: str, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = Kernel.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "memory", memory)
    result = run(Catalogue().find(name), runs=60)
    assert (result.positive, result.bound, result.observed) == (0, 0, NEVER)
