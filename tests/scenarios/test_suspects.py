"""Suspects: found on today's code; those of the lockless walk are not there under the lock."""

import pytest

from slabrace.runtime.campaign import run
from slabrace.runtime.scenario import NEVER, SOMETIMES
from slabrace.scenarios.catalogue import Catalogue

SUSPECTS = {"L1_id_reuse": "lost_bit", "L2_object_before_register": "lost_bit"} | {
    "N1_failed_mkdir": "use_after_free",
    "L3_refcount_set": "null_deref",
}
CHUNK = 200


def test_a_suspect_says_that_it_is_one() -> None:
    known = {each.name: each for each in Catalogue() if each.kind == "suspect"}
    assert set(SUSPECTS) <= set(known)
    assert {each.verdict for each in known.values()} == {SOMETIMES}


@pytest.mark.parametrize(("name", "law"), SUSPECTS.items())
def test_a_suspect_is_found_in_the_fixed_kernel_within_its_runs(name: str, law: str) -> None:
    suspect = Catalogue().find(name)
    assert suspect.parameters["version"].default == "refcount_rcu_fixed"
    chunks = (run(suspect, first=first, runs=CHUNK) for first in range(0, suspect.runs, CHUNK))
    found = next((result.found for result in chunks if result.positive), {})
    assert {each.law for each in found.values()} == {law}  # and no other


@pytest.mark.parametrize("name", ["L1_id_reuse", "L2_object_before_register", "L3_refcount_set"])
@pytest.mark.parametrize("version", ["rwsem", "rwsem_flat"])
def test_under_the_lock_it_is_not_there(name: str, version: str) -> None:
    suspect = Catalogue().find(name)
    result = run(suspect, {"version": version})
    assert (result.runs, result.positive, result.bound) == (suspect.runs, 0, 0)
    assert result.observed is NEVER


@pytest.mark.slow
@pytest.mark.parametrize("name", SUSPECTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_suspect_is_found_at_other_seeds(name: str, seed: int) -> None:
    suspect = Catalogue().find(name)
    assert run(suspect, seed=seed, runs=3 * suspect.runs).positive > 0
