"""Schedules become failures: replayed, told apart by signature, made small, drawn."""

import shutil
from pathlib import Path

import pytest
from tests.scenarios.reports.saved import LOST, quietly, save

from slabrace.runtime.schedule import Schedule
from slabrace.scenarios.commands.options import Extras
from slabrace.scenarios.reports.failures import Failure, collect, finish
from slabrace.scenarios.reports.folder import Folder, look


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("saved"), LOST)


def failures(folder: Path | Folder) -> list[Failure]:
    return collect(folder if isinstance(folder, Folder) else look(folder), Extras())


def finished(failure: Failure, budget: int | None = 200) -> Failure:
    finish(failure, budget, lambda _: None)
    return failure


def test_two_schedules_of_one_failure_are_one(saved: Path) -> None:
    (failure,) = failures(saved)
    assert {Path(name).parent.as_posix() for name in failure.files} == {".", "runs"}
    assert len(failure.seen) == 2


def test_the_shorter_run_stands_for_the_failure(saved: Path, tmp_path: Path) -> None:
    quietly("run", LOST, "--writers", "4", "--save", tmp_path / "long")
    shutil.copytree(saved, tmp_path / "short")
    (failure,) = failures(tmp_path)
    assert failure.schedule.parameters["writers"] == 2


def test_a_failure_is_made_small_once(saved: Path) -> None:
    (raw,) = failures(saved / "runs")
    assert finished(raw).sizing == "here"
    (small,) = failures(saved)
    assert finished(small).sizing == "before"
    assert small.small is not None
    assert raw.small is not None
    assert small.small.preemptions == raw.small.preemptions


def test_without_a_budget_it_stays_as_it_is(saved: Path) -> None:
    (failure,) = failures(saved / "runs")
    picks = list(failure.picks)
    assert finished(failure, None).sizing == "not"
    assert failure.picks == picks
    assert "What decides" in str(failure.cause)


def test_it_is_drawn_as_text_and_as_a_picture(saved: Path) -> None:
    (failure,) = failures(saved)
    finished(failure)
    assert "*** no_update_lost" in failure.drawing
    assert failure.picture is not None
    assert failure.picture.heading.startswith("lost_update: Two writers")


def test_the_log_of_its_run_ends_with_the_violation(saved: Path) -> None:
    (failure,) = failures(saved)
    log = finish(failure, None, lambda _: None)
    assert [each["law"] for each in log.violations] == ["no_update_lost"]


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        (LOST.replace("::lost_update", "::kept_update"), "cannot be used"),
        (LOST.replace("::lost_update", "::no_such"), "no scenario 'no_such'"),
        ("no_such_scenario", "unknown scenario"),
        (LOST.replace("lost_update.py", "gone.py"), "gone.py"),
        (LOST.replace("::lost_update", "::broken"), "has no parameter 'writers'"),
    ],
)
def test_a_schedule_that_does_not_fail_any_more_is_named(
    saved: Path, tmp_path: Path, scenario: str, told: str
) -> None:
    (path,) = saved.glob("lost_update-*.json")
    schedule = Schedule.load(path)
    schedule.scenario = scenario
    schedule.save(tmp_path / "other.json")
    folder = look(tmp_path)
    assert failures(folder) == []
    (skipped,) = folder.skipped
    assert skipped.file == "other.json"
    assert told in skipped.why


def test_a_script_with_a_mistake_in_it_is_named(saved: Path, tmp_path: Path) -> None:
    (path,) = saved.glob("lost_update-*.json")
    schedule = Schedule.load(path)
    schedule.scenario = LOST.replace("::lost_update", "::broken")
    schedule.parameters.clear()
    schedule.save(tmp_path / "other.json")
    folder = look(tmp_path)
    assert failures(folder) == []
    assert "ZeroDivisionError: the mistake" in folder.skipped[0].why
