"""The lockless walk, as merged and as it is now, in every order: so many traces, and no law broken.

At the smallest sizes at which every step of the walk and every law that a race scenario is about is
reached: its goals are met, or these counts would be those of something else.
"""

from __future__ import annotations

import pytest

from slabrace.runtime.explore import explore, members_of
from slabrace.runtime.strategy_table import Options
from slabrace.scenarios.catalogue import Catalogue

SIZES = {
    # scenario and parameters: traces
    "mount_vs_umount mounts=1 passes=1 bare=true": 108,
    "free_vs_reclaim global_walks=0": 2_020,
    "offline_vs_reclaim passes=1 touches=0 owner=A": 12_480,
    "register_vs_reclaim passes=1 global_walks=0 objects=0": 29_562,
    "drop_caches_vs_memcg_removal children=1 owner=A once=true": 91_560,
    "expand_vs_reclaim mounts=0 expansions=1 passes=1 touches=0 objects=0 bits=1": 110_539,
}
QUICK = 2_020
"""Traces that may be made whenever tests are."""


@pytest.mark.parametrize("version", ["refcount_rcu", "refcount_rcu_fixed"])
@pytest.mark.parametrize(
    ("size", "traces"),
    [
        pytest.param(size, traces, marks=pytest.mark.slow if traces > QUICK else (), id=size)
        for size, traces in SIZES.items()
    ],
)
def test_no_order_of_deliveries_breaks_a_law(size: str, traces: int, version: str) -> None:
    name, *settings = size.split()
    scenario = Catalogue().find(name)
    result = explore(
        scenario,
        scenario.parse([*settings, f"version={version}"]),
        members=members_of("dpor", Options()),
        runs=2 * traces,
    )
    assert (result.runs, result.positive) == (traces, 0)
    assert (result.how, result.unreached) == ("exhaustive", [])
