"""Every known bug is found, by its law; its look-alike stays silent.

What takes long is slow: the same at other seeds, and the look-alike for as long as the random walk
may look for the bug. benchmarks/catalogue.py measures.
"""

import re
from pathlib import Path

import pytest

from slabrace.runtime.campaign import run
from slabrace.runtime.exploration import Exploration
from slabrace.runtime.explore import explore, members_of
from slabrace.runtime.replaying import replay
from slabrace.runtime.scenario import ALWAYS, NEVER, Scenario
from slabrace.runtime.strategy_table import Options
from slabrace.scenarios.bugs import NOT_HERE
from slabrace.scenarios.catalogue import Catalogue

ROOT = Path(__file__).resolve().parents[2]
BUGS = [each for each in Catalogue() if each.kind == "bug"]
BUG = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
ORDERINGS = {"O2", "O8", "O10"}
"""Rows of kernel.md 2.B whose missing barrier is a scenario; the others have one as B6, D13 ..."""


def searched(scenario: Scenario, strategy: str, runs: int, seed: int = 0) -> Exploration:
    options = Options(seed=seed)
    members = members_of(strategy, options, scenario.delays, fair=scenario.fair)
    return explore(scenario, members=members, runs=runs)


def test_every_row_of_the_list_of_bugs_is_here_or_has_a_reason() -> None:
    text = (ROOT / "docs" / "kernel.md").read_text()
    rows = set(re.findall(r"^\| ([ABCD]\d+) \|", text, re.MULTILINE))
    assert {bug.bug for bug in BUGS} | set(NOT_HERE) >= rows | ORDERINGS
    assert rows >= {"A1", "A13", "B17", "C3", "D18"}


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
def test_a_bug_is_found_by_its_law_and_replays(bug: Scenario) -> None:
    result = searched(bug, "portfolio", 20_000)
    found = next((each for each in result.found.values() if each.law in bug.laws), None)
    assert found is not None, f"{bug.name}: {result.trust}, found {list(result.found)}"
    assert result.held
    assert found.schedule is not None
    again = replay(bug.build(), found.schedule)
    assert any(found.signature.startswith(each.signature) for each in again.violations)


@BUG
def test_the_look_alike_of_a_bug_is_silent_and_puts_its_law_to_the_test(bug: Scenario) -> None:
    assert bug.fixed is not None
    result = searched(Catalogue().find(bug.fixed), "portfolio", 300)
    assert (result.positive, result.bound, result.unreached) == (0, 0, [])
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
    assert searched(bug, "portfolio", 20_000, seed).held
    assert searched(bug, "random", 5 * bug.runs, seed).held


@pytest.mark.slow
@BUG
def test_the_look_alike_of_a_bug_is_silent_for_as_long_as_the_bug_may_take(bug: Scenario) -> None:
    assert bug.fixed is not None
    result = run(Catalogue().find(bug.fixed), seed=1, runs=bug.runs)
    assert (result.runs, result.positive, result.bound) == (bug.runs, 0, 0)
