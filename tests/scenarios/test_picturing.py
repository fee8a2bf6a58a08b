"""`slabrace export --format svg`, and png: a schedule as a picture."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.scenarios.console import Command
from tests.scenarios.reports.saved import LOST, quietly


@pytest.fixture
def slabrace(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture(scope="module")
def schedule(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    quietly("run", LOST, "--save", folder)
    (path,) = folder.glob("lost_update-*.json")
    return path


def texts(svg: Path) -> list[str | None]:
    root = ET.parse(svg).getroot()  # noqa: S314  # our own
    return [each.text for each in root.iter() if each.text]


def test_the_picture_has_the_scenario_the_race_and_what_decides(
    schedule: Path, tmp_path: Path, slabrace: Command
) -> None:
    out = tmp_path / "race.svg"
    said = slabrace("export", schedule, "--format", "svg", "--output", out)
    assert (said.code, said.err) == (0, "")
    assert {"lost_update", "Two writers, one counter: sometimes an update is lost."} <= {
        *texts(out)
    }
    assert any("What decides" in (text or "") for text in texts(out))


def test_a_log_with_a_schedule_is_drawn_too(
    schedule: Path, tmp_path: Path, slabrace: Command
) -> None:
    log = tmp_path / "run.jsonl"
    slabrace("replay", schedule, "--log", log)
    for number, source in enumerate((schedule, log)):
        out = tmp_path / f"{number}.svg"
        assert slabrace("export", source, "--format", "svg", "--output", out).code == 0
    assert (tmp_path / "0.svg").read_bytes() == (tmp_path / "1.svg").read_bytes()


def test_a_log_without_a_schedule_cannot_be_drawn(tmp_path: Path, slabrace: Command) -> None:
    log = tmp_path / "run.jsonl"
    slabrace("run", LOST, "--runs", "1", "--log", log)
    said = slabrace("export", log, "--format", "svg", "--output", tmp_path / "race.svg")
    assert said.code == 2
    assert "drawn from a schedule" in said.err


def test_a_png_is_written(schedule: Path, tmp_path: Path, slabrace: Command) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib, an extra, draws the PNG")
    out = tmp_path / "race.png"
    assert slabrace("export", schedule, "--format", "png", "--output", out).code == 0
    assert out.read_bytes().startswith(b"\x89PNG")


def test_of_a_run_that_is_too_long_nobody_asks_what_decides(
    schedule: Path, tmp_path: Path, slabrace: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slabrace.scenarios.picturing.WORTH", 1)
    said = slabrace("export", schedule, "--format", "svg", "--output", tmp_path / "race.svg")
    assert "`slabrace minimize` makes it small" in said.err
