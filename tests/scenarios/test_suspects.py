"""Suspects: found on today's code, each by its law; a candidate fix is silent, in all runs if few.

Those of the lockless walk are not there under the lock, and those that are older are.
"""

import pytest

from slabrace.runtime.campaign import run
from slabrace.runtime.exploration import Exploration
from slabrace.runtime.explore import explore, members_of
from slabrace.runtime.scenario import NEVER, SOMETIMES, Scenario
from slabrace.runtime.strategy_table import Options
from slabrace.scenarios.catalogue import Catalogue

SUSPECTS = {
    "L1_id_reuse": "lost_bit",
    "L2_object_before_register": "lost_bit",
    "L3_refcount_set": "null_deref",
    "L4_deferred_lost": "deferred_once",
    "L4_deferred_twice": "deferred_once",
    "L5_wrong_lock": "list_corruption",
    "L6_free_starved": "free_returns",
    "N1_failed_mkdir": "use_after_free",
}
TRACES = {
    "L1_id_reuse_recheck": 13,
    "L2_object_before_register_recheck": 3,
    "L4_deferred_lost_moved": 16,
    "L4_deferred_twice_moved": 16,
    "L5_wrong_lock_emptied_last": 522,
    "N1_failed_mkdir_last_put": 402,
}
"""Candidate fixes whose runs were all made, and how many Mazurkiewicz traces there are."""
UNDER_THE_LOCK = {
    ("L1_id_reuse", "rwsem"): 11,
    ("L1_id_reuse", "rwsem_flat"): 11,
    ("L2_object_before_register", "rwsem"): 7,
    ("L2_object_before_register", "rwsem_flat"): 7,
}
LIFE_IS_NOT_THE_LOCKS = [
    ("rwsem_flat", 96, 191),
    ("rwsem", 192, 377),
    ("refcount_rcu", 48, 162),
    ("refcount_rcu_fixed", 48, 162),
]
"""Of how many traces the memcg of N1 is used after it was freed."""
CHUNK = 25


def all_runs(scenario: Scenario, **parameters: str) -> Exploration:
    members = members_of("dpor", Options(), scenario.delays, fair=scenario.fair)
    return explore(scenario, parameters, members=members, runs=5_000)


def test_a_suspect_says_that_it_is_one_and_what_must_be_reached() -> None:
    known = {each.name: each for each in Catalogue() if each.kind == "suspect"}
    assert set(known) == set(SUSPECTS)
    assert {each.verdict for each in known.values()} == {SOMETIMES}
    assert [each.name for each in known.values() if not each.reach] == []


@pytest.mark.parametrize(("name", "law"), SUSPECTS.items())
def test_a_suspect_is_found_in_the_fixed_kernel_within_its_runs(name: str, law: str) -> None:
    suspect = Catalogue().find(name)
    version = suspect.parameters.get("version")
    assert version is None or version.default == "refcount_rcu_fixed"
    chunks = (run(suspect, first=first, runs=CHUNK) for first in range(0, suspect.runs, CHUNK))
    found = next((result.found for result in chunks if result.positive), {})
    assert {each.law for each in found.values()} == {law}  # and no other


@pytest.mark.parametrize("name", SUSPECTS)
def test_a_candidate_fix_is_silent_in_as_many_runs(name: str) -> None:
    suspect = Catalogue().find(name)
    assert suspect.fixed is not None
    twin = Catalogue().find(suspect.fixed)
    assert (twin.verdict, twin.runs, twin.delays) == (NEVER, suspect.runs, suspect.delays)
    result = run(twin)
    assert (result.runs, result.positive, result.bound) == (twin.runs, 0, 0)


@pytest.mark.parametrize(("name", "traces"), TRACES.items())
def test_a_candidate_fix_is_silent_in_all_runs(name: str, traces: int) -> None:
    result = all_runs(Catalogue().find(name))
    assert (result.how, result.runs, result.positive) == ("exhaustive", traces, 0)


@pytest.mark.parametrize(
    ("story", "traces"), UNDER_THE_LOCK.items(), ids=["-".join(story) for story in UNDER_THE_LOCK]
)
def test_under_the_lock_it_is_in_no_run_at_all(story: tuple[str, str], traces: int) -> None:
    name, version = story
    result = all_runs(Catalogue().find(name), version=version)
    assert (result.runs, result.positive, result.trust.how) == (traces, 0, "exhaustive")
    assert result.observed is NEVER


@pytest.mark.parametrize("name", ["L3_refcount_set"])
@pytest.mark.parametrize("version", ["rwsem", "rwsem_flat"])
def test_under_the_lock_it_is_not_there(name: str, version: str) -> None:
    suspect = Catalogue().find(name)
    result = run(suspect, {"version": version})
    assert (result.runs, result.positive, result.bound) == (suspect.runs, 0, 0)
    assert result.observed is NEVER


@pytest.mark.parametrize("name", ["L4_deferred_lost", "L4_deferred_twice"])
@pytest.mark.parametrize("version", ["rwsem", "rwsem_flat"])
def test_the_old_lock_did_not_exclude_it(name: str, version: str) -> None:
    assert run(Catalogue().find(name), {"version": version}).positive > 0


@pytest.mark.parametrize(("version", "broken", "traces"), LIFE_IS_NOT_THE_LOCKS)
def test_a_lock_of_shrinkers_does_not_keep_a_memcg_alive(
    version: str, broken: int, traces: int
) -> None:
    suspect = Catalogue().find("N1_failed_mkdir")
    members = members_of("dpor", Options())
    result = explore(suspect, {"version": version}, members=members, until_violation=False)
    freed = sum(each.count for each in result.found.values() if each.law == "use_after_free")
    assert (result.how, result.runs, freed) == ("exhaustive", traces, broken)


@pytest.mark.slow
@pytest.mark.parametrize("name", SUSPECTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_suspect_is_found_at_other_seeds(name: str, seed: int) -> None:
    suspect = Catalogue().find(name)
    assert run(suspect, seed=seed, runs=3 * suspect.runs).positive > 0
