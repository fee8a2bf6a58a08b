"""A campaign leaves a record: how often, of how many, and since when nothing new."""

from pathlib import Path

import msgspec
import pytest
from tests.scenarios.reports.saved import LOST, quietly

from slabrace.runtime.errors import UsageError
from slabrace.scenarios.reports.record import SUFFIX, Record, read


def only(folder: Path) -> Record:
    (path,) = folder.glob(f"*{SUFFIX}")
    return read(path.read_bytes())


def test_run_records_how_often_a_failure_was_seen(tmp_path: Path) -> None:
    quietly("run", LOST, "--runs", "30", "--save", tmp_path)
    record = only(tmp_path)
    (seen,) = record.found
    assert record.runs == 30
    assert 0 < seen.count == record.positive < 30
    assert seen.file is not None
    assert (tmp_path / seen.file).is_file()


def test_the_first_run_that_failed_is_not_the_shortest_one(tmp_path: Path) -> None:
    quietly("run", LOST, "--runs", "30", "--save", tmp_path)
    (seen,) = only(tmp_path).found
    assert quietly("run", LOST, "--runs", str(seen.first)) == 0
    assert seen.first == 1 or quietly("run", LOST, "--runs", str(seen.first - 1)) == 1


def test_a_search_records_its_curves(tmp_path: Path) -> None:
    quietly("explore", LOST, "--keep-going", "--strategy", "random", "--runs", "100",
            "--save", tmp_path)  # fmt: skip
    record = only(tmp_path)
    assert record.traces[-1][0] == record.runs == 100
    assert [count for _, count in record.traces] == sorted(count for _, count in record.traces)
    assert record.pairs[-1][1] >= record.pairs[-1][2] > 0


def test_a_search_that_was_resumed_goes_on_with_its_curves(tmp_path: Path) -> None:
    words = ["explore", LOST, "--keep-going", "--strategy", "pos", "--no-minimize"]
    quietly(*words, "--runs", "24", "--save", tmp_path / "a")
    (state,) = (tmp_path / "a").glob("*.search.json")
    quietly(*words, "--runs", "80", "--resume", state, "--save", tmp_path / "a")
    quietly(*words, "--runs", "80", "--save", tmp_path / "b")
    resumed, whole = only(tmp_path / "a"), only(tmp_path / "b")
    assert resumed.traces[-1] == whole.traces[-1]
    assert [seen.first for seen in resumed.found] == [seen.first for seen in whole.found]


def test_the_same_campaign_replaces_its_record_and_another_does_not(tmp_path: Path) -> None:
    for seed in ("0", "0", "1"):
        quietly("run", LOST, "--seed", seed, "--save", tmp_path)
    assert len(list(tmp_path.glob(f"*{SUFFIX}"))) == 2


def test_a_search_saves_its_schedules_with_json_too(tmp_path: Path) -> None:
    quietly("explore", LOST, "--json", "--save", tmp_path)
    (seen,) = only(tmp_path).found
    assert seen.file is not None
    assert (tmp_path / seen.file).is_file()


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("schema", "slabrace.campaign/99", "expected slabrace.campaign/1"),
        ("runs", "many", "no record"),
        ("traces", [[5, 1], [3, 2]], "goes back"),
        ("pairs", [[1, -1, 0]], "below 0"),
    ],
)
def test_what_is_no_record_is_said_to_be_none(
    tmp_path: Path, field: str, value: object, complaint: str
) -> None:
    quietly("run", LOST, "--save", tmp_path)
    told = msgspec.to_builtins(only(tmp_path)) | {field: value}
    with pytest.raises(UsageError, match=complaint):
        read(msgspec.json.encode(told))
