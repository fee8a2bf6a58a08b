"""RunLog: which run of a log is kept, and how much of it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from slabrace.runtime.errors import UsageError
from slabrace.runtime.run_log import KEPT, RunLog


def note(run: str, step: int, event: str = "met", **fields: Any) -> dict[str, Any]:
    return {"run": run, "step": step, "vt": step, "event": event, "actor": "a", **fields}


def saved(folder: Path, *records: dict[str, Any], noise: bytes = b"") -> Path:
    path = folder / "log.jsonl"
    head = {"schema": "slabrace.log/2", "scenario": "s"}
    lines = [msgspec.json.encode(each) + b"\n" for each in (head, *records)]
    path.write_bytes(b"".join(lines) + noise)
    return path


BROKEN = {"law": "l", "message": "m", "parties": []}


def test_the_first_run_that_broke_a_law_is_kept(tmp_path: Path) -> None:
    path = saved(tmp_path, note("one", 1), note("two", 1), note("two", 2, "violation", **BROKEN))
    assert RunLog.read(path).run == "two"
    assert len(RunLog.read(path).violations) == 1


def test_if_none_did_the_first_is(tmp_path: Path) -> None:
    log = RunLog.read(saved(tmp_path, note("one", 1), note("two", 1)))
    assert (log.run, len(log.records), log.header["scenario"]) == ("one", 1, "s")


def test_a_run_can_be_asked_for(tmp_path: Path) -> None:
    assert RunLog.read(saved(tmp_path, note("one", 1), note("two", 1)), "two").run == "two"


def test_of_a_part_who_is_who_is_kept(tmp_path: Path) -> None:
    who = note("r", 0, "actor", kind="k", active=True)
    path = saved(tmp_path, who, *(note("r", step) for step in range(9)))
    log = RunLog.read(path, steps=(3, 5))
    assert [each["step"] for each in log.records] == [0, 3, 4, 5]
    assert log.actors["a"].kind == "k"


def test_more_than_can_be_held_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, *(note("r", step) for step in range(9)))
    with pytest.raises(UsageError, match=r"more than 5 events of run r.*--steps"):
        RunLog.read(path, most=5)


def test_of_lines_that_are_skipped_the_first_are_kept_and_all_counted(tmp_path: Path) -> None:
    log = RunLog.read(saved(tmp_path, note("r", 1), noise=b"oops\n" * 1000))
    assert (len(log.problems), log.skipped) == (KEPT, 1000)


def test_a_log_without_an_event_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no event"):
        RunLog.read(saved(tmp_path))
