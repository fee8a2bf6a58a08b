"""The report as data: nothing is counted twice, and nothing is guessed."""

from pathlib import Path

import pytest
from tests.scenarios.reports.saved import CLAIM, LOST, quietly, save

from slabrace.runtime.scenario import Scenario
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras
from slabrace.scenarios.reports.document import Document, document, natural
from slabrace.scenarios.reports.failures import collect, finish
from slabrace.scenarios.reports.folder import look


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return list(Catalogue())


def told(path: Path, scenarios: list[Scenario]) -> Document:
    folder = look(path)
    failures = collect(folder, Extras())
    for each in failures:
        finish(each, None, lambda _: None)
    return document(folder, failures, scenarios)


def test_counts_are_the_sums_of_the_records(tmp_path: Path, scenarios: list[Scenario]) -> None:
    (failing,) = told(save(tmp_path, LOST), scenarios).failures
    assert failing.runs == 40 + 20
    assert failing.count == sum(each.count for each in failing.seen)
    assert {each.runs for each in failing.seen} == {40, 20}


def test_without_a_record_nothing_is_counted(tmp_path: Path, scenarios: list[Scenario]) -> None:
    quietly("run", LOST, "--save", tmp_path)
    (record,) = tmp_path.glob("*.campaign")
    record.unlink()
    (failing,) = told(tmp_path, scenarios).failures
    assert (failing.count, failing.runs, failing.seen) == (None, None, [])


def test_what_contradicts_its_verdict_comes_first(
    tmp_path: Path, scenarios: list[Scenario]
) -> None:
    save(tmp_path, LOST, CLAIM)
    failures = told(tmp_path, scenarios).failures
    assert [(each.scenario, each.unexpected) for each in failures] == [
        ("wrong_claim", True), ("lost_update", False),
    ]  # fmt: skip


def test_a_record_whose_schedule_is_gone_tells_of_a_lost_failure(
    tmp_path: Path, scenarios: list[Scenario]
) -> None:
    quietly("run", LOST, "--save", tmp_path)
    (schedule,) = tmp_path.glob("lost_update-*.json")
    schedule.unlink()
    document = told(tmp_path, scenarios)
    assert document.failures == []
    assert [each.law for each in document.lost] == ["no_update_lost"]


def test_the_catalogue_says_what_was_found(tmp_path: Path, scenarios: list[Scenario]) -> None:
    quietly("explore", "A10_null_scan", "--save", tmp_path)
    quietly("explore", "B12_lost_update", "--strategy", "dfs", "--runs", "1", "--save", tmp_path)
    rows = {row.scenario or row.id: row for row in told(tmp_path, scenarios).catalogue}
    assert rows["A10_null_scan"].status == "found"
    assert rows["A10_null_scan"].failures[0].startswith("A10_null_scan-null_deref-")
    assert (rows["B12_lost_update"].status, rows["B12_lost_update"].runs) == ("not found", 1)
    assert rows["A1_refcount_leak"].status == "not searched"
    assert rows["A13"].status == "no scenario"


def test_ids_are_sorted_as_people_count() -> None:
    assert sorted(["B10", "A2", "B2", "A10", ""], key=natural) == ["", "A2", "A10", "B2", "B10"]
