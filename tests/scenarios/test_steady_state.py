"""The steady state: the profiles of the patch come out of it, in a size that tests can afford."""

from __future__ import annotations

import pytest

from slabrace.actors.costs import Costs
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.profiling import Measured, measure
from slabrace.scenarios.published import PROFILES, rank_correlation

LOCK = {"down_read_trylock", "up_read"}
VERSION = pytest.mark.parametrize("version", ["rwsem_flat", "refcount_rcu"])


def steady(version: str, **values: object) -> Measured:
    scenario = Catalogue().find("stress")
    asked = {"mounts": 4001, "memcgs": 101, "touches": 75} | values
    settings = [f"{name}={value}" for name, value in asked.items()]
    return measure(
        scenario, scenario.parse([*scenario.perf, *settings, f"version={version}"]), Costs()
    )


@pytest.fixture(scope="module")
def profiles() -> dict[str, dict[str, float]]:
    return {each: steady(each).shares() for each in ("rwsem_flat", "refcount_rcu")}


Profiles = dict[str, dict[str, float]]


def test_before_the_lock_takes_more_than_half(profiles: Profiles) -> None:
    before = profiles["rwsem_flat"]
    assert list(before)[:3] == ["down_read_trylock", "shrink_slab", "up_read"]
    assert sum(before[symbol] for symbol in LOCK) == pytest.approx(54.9, abs=5)


def test_after_the_walk_itself_is_what_is_left(profiles: Profiles) -> None:
    after = profiles["refcount_rcu"]
    assert list(after)[:2] == ["shrink_slab", "do_shrink_slab"]
    assert after["shrink_slab"] == pytest.approx(64.56, abs=8)
    assert 1 < after["__rcu_read_lock"] < 6
    assert 1 < after["__rcu_read_unlock"] < 6
    assert not LOCK & set(after)


def test_the_order_of_the_symbols_is_that_of_the_published_profiles(profiles: Profiles) -> None:
    for version, published in PROFILES["stress"].items():
        correlation = rank_correlation(published, profiles[version])
        assert correlation is not None
        assert correlation >= 0.8


def test_the_old_lock_flattens_and_the_new_walk_does_not() -> None:
    few, many = (
        {each: steady(each, cpus=cpus).throughput for each in ("rwsem_flat", "refcount_rcu")}
        for cpus in (8, 32)
    )
    assert many["rwsem_flat"] < 1.2 * few["rwsem_flat"]
    assert many["refcount_rcu"] > 2 * few["refcount_rcu"]


@VERSION
def test_every_walker_goes_all_round(version: str) -> None:
    """75 memcgs of 101 have something charged; the target is walked, too, at both ends."""
    measured = steady(version, cpus=3, passes=2)
    assert 3 * 2 * 75 <= measured.memcgs_scanned <= 3 * 2 * (75 + 3)


@VERSION
def test_the_same_run_costs_the_same_to_the_nanosecond(version: str) -> None:
    first, second = steady(version, memcgs=21, touches=15), steady(version, memcgs=21, touches=15)
    assert first.duration == second.duration
    assert first.profile.lines() == second.profile.lines()
