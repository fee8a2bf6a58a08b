"""Every known bug is found within its runs, by its law; its look-alike stays silent as long."""

import pytest

from slabrace.runtime.campaign import run
from slabrace.runtime.replaying import replay
from slabrace.runtime.result import Found
from slabrace.runtime.scenario import ALWAYS, NEVER, Scenario
from slabrace.scenarios.catalogue import Catalogue

BUGS = [each for each in Catalogue() if each.kind == "bug"]
KNOWN = {
    "A1", "A2", "A7", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10", "B11", "B12",
    "B13", "B14", "B15", "B16", "D1", "D2", "D3", "D4", "D5", "D13", "D14", "D15", "D16", "D17",
    "O2", "O8", "O10",
}  # fmt: skip
CHUNK = 100

BUG = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)


def found_by_its_law(bug: Scenario, seed: int, runs: int) -> Found | None:
    """The first violation of a stated law, chunk by chunk."""
    for first in range(0, runs, CHUNK):
        result = run(bug, seed=seed, first=first, runs=min(CHUNK, runs - first))
        assert result.bound == 0
        for found in result.found.values():
            if found.law in bug.laws:
                return found
    return None


def test_the_bugs_are_at_least_these() -> None:
    assert {bug.bug for bug in BUGS} >= KNOWN


@BUG
def test_a_bug_names_its_law_its_look_alike_and_where_it_is_known_from(bug: Scenario) -> None:
    assert bug.laws
    assert bug.bug
    assert bug.name.startswith(bug.bug)
    assert bug.summary
    assert bug.fixed is not None
    twin = Catalogue().find(bug.fixed)
    assert twin.verdict is NEVER
    assert (twin.runs, twin.delays, twin.strategy) == (bug.runs, bug.delays, bug.strategy)


@BUG
def test_a_bug_is_found_within_its_runs_by_its_law_and_replays(bug: Scenario) -> None:
    found = found_by_its_law(bug, 0, bug.runs)
    assert found is not None, f"{bug.name} was not found in {bug.runs} runs at seed 0"
    assert found.schedule is not None
    again = replay(bug.build(), found.schedule)
    assert [violation.signature for violation in again.violations].count(found.signature) == 1


@BUG
def test_the_look_alike_of_a_bug_is_silent_in_as_many_runs(bug: Scenario) -> None:
    assert bug.fixed is not None
    result = run(Catalogue().find(bug.fixed), runs=bug.runs)
    assert (result.runs, result.positive, result.bound) == (bug.runs, 0, 0)
    assert result.held


@pytest.mark.parametrize(
    "bug", [bug for bug in BUGS if bug.verdict is ALWAYS], ids=lambda bug: bug.name
)
def test_a_bug_that_is_always_there_is_found_in_every_run(bug: Scenario) -> None:
    result = run(bug, runs=50)
    assert result.positive == result.runs == 50
    assert {found.law for found in result.found.values()} <= set(bug.laws)


@pytest.mark.slow
@BUG
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bug_is_found_at_other_seeds(bug: Scenario, seed: int) -> None:
    assert found_by_its_law(bug, seed, 5 * bug.runs) is not None


@pytest.mark.slow
@BUG
def test_the_look_alike_of_a_bug_is_silent_for_long(bug: Scenario) -> None:
    assert bug.fixed is not None
    result = run(Catalogue().find(bug.fixed), seed=1, runs=10 * bug.runs)
    assert (result.positive, result.bound) == (0, 0)
