"""stress, small: it ends quiet on every version, with the right numbers of everything."""

from typing import Any

import pytest

from slabrace.actors.shrink_slab import VERSIONS
from slabrace.runtime.campaign import run
from slabrace.runtime.errors import UsageError
from slabrace.runtime.scenario import NEVER
from slabrace.scenarios.stress import stress

SIZE = {"memcgs": 21, "mounts": 45, "touches": 10, "limit_mib": 30, "cpus": 3}
SYSTEM = {"rwsem_flat": 27}  # shrinkers of linux-6.1; 30 of linux-6.12
AWARE = {"rwsem_flat": 23}  # memcg-aware ones among them; 25

VERSION = pytest.mark.parametrize("version", VERSIONS)


def told(version: str, runs: int = 1, **parameters: Any) -> dict[str, Any]:
    result = run(stress, {"version": version, **SIZE, **parameters}, runs=runs)
    assert (result.observed, result.bound, result.runs) == (NEVER, 0, runs)
    return result.stats


@VERSION
def test_it_ends_quiet_with_the_right_numbers(version: str) -> None:
    stats = told(version, runs=2)
    flat = version in ("rwsem_flat", "srcu")
    wanted = {
        "version": version,
        "memcgs": 21,
        "shrinkers": AWARE.get(version, 25) + 45,  # that have an id
        "units": 0 if flat else 2 * 23,  # 64 ids each; root, /test and 21 memcgs
        "touches": 10,
        "expansions": 2,  # for the first id, and for the 65th
        "limit_reclaims": 0,
        "oom": 0,
        "objects_freed": 29 + 24,  # kfree_rcu's batches; 2 dentries and one per mkdir
    }
    assert {name: stats[name] for name in wanted} == wanted


@pytest.mark.parametrize("version", ["refcount_rcu", "refcount_rcu_fixed"])
def test_the_lockless_walk_fails_no_trylock_and_leaves_for_nobody(version: str) -> None:
    stats = told(version)
    assert (stats["trylock_failures"], stats["contention_bailouts"]) == (0, 0)


@pytest.mark.parametrize("version", ["rwsem_flat", "rwsem"])
def test_the_locked_walk_fails_against_the_mounts(version: str) -> None:
    assert told(version, reclaimers=4, passes=20)["trylock_failures"] > 0


@pytest.mark.parametrize(
    ("version", "walks"), [("rwsem", 1), ("refcount_rcu", 2), ("refcount_rcu_fixed", 2)]
)
def test_what_the_walks_cost_without_anybody_beside(version: str, walks: int) -> None:
    stats = told(version, reclaimers=0)
    # memory.reclaim once: priorities 12 to 0 over /test and 10 touched memcgs; drop_caches: three
    # rounds over root, /test and 21 memcgs, and the root's walk over all shrinkers in each
    assert stats["shrink_slab"] == walks * 13 * 11 + 3 * 23
    assert stats["do_shrink_slab"] == 3 * (30 + 45)
    assert stats["reclaim_passes"] == walks * 13


def test_retries_are_more_of_the_same() -> None:
    stats = told("refcount_rcu", reclaimers=0, retries=2)
    assert stats["reclaim_passes"] == 3 * 2 * 13


@VERSION
def test_a_limit_that_is_too_low_reclaims_and_ends_in_oom(version: str) -> None:
    stats = told(version, limit_mib=9, touches=10)
    assert (stats["touches"], stats["oom"], stats["limit_reclaims"]) == (9, 1, 17)


def test_two_nodes_have_twice_the_units() -> None:
    assert told("refcount_rcu", nodes=2)["units"] == 2 * 2 * 23


@VERSION
def test_kswapd_may_run_beside_the_touches(version: str) -> None:
    stats = told(version, kswapd=True, reclaimers=0)
    assert stats["touches"] == 10
    assert stats["reclaim_passes"] > 13 * VERSIONS[version].memcg_full_walk + 12


def test_the_limit_grows_with_the_memcgs_unless_it_is_given() -> None:
    assert told("refcount_rcu", limit_mib=None)["oom"] == 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"memcgs": -1}, "memcgs=-1: expected 0 or more"),
        ({"cpus": 0}, "cpus=0: expected 1 or more"),
        ({"touches": 22}, "touches=22: expected at most 21"),
    ],
)
def test_a_size_without_a_meaning_is_refused(parameters: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        told("refcount_rcu", **parameters)


@pytest.mark.slow
@VERSION
def test_it_ends_quiet_at_a_tenth_of_its_size(version: str) -> None:
    result = run(stress, {"version": version}, runs=1)
    assert (result.observed, result.bound) == (NEVER, 0)
    assert (result.stats["memcgs"], result.stats["touches"]) == (401, 301)
    assert result.stats["expansions"] == 7  # up to 448 ids for 424 or 426 shrinkers
