"""`slabrace export`: from what, into which forms, and what it says of what cannot be."""

from pathlib import Path

import pytest
from tests.scenarios.console import Command
from tests.scenarios.logs import needs_duckdb

from slabrace.scenarios.formats import FORMATS

DATA = Path(__file__).parents[1] / "data"
LOST = f"{DATA / 'lost_update.py'}::lost_update"
FROM_LOGS = sorted(name for name, form in FORMATS.items() if form.source != "trace")


@pytest.fixture
def slabrace(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture
def schedule(slabrace: Command, tmp_path: Path) -> Path:
    slabrace("run", LOST, "--save", tmp_path / "found")
    (path,) = (tmp_path / "found").glob("*.json")
    return path


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_schedule_becomes_every_form(
    slabrace: Command, schedule: Path, tmp_path: Path, form: str
) -> None:
    if form == "png":
        pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    said = slabrace("export", schedule, "--format", form, "--output", out, "--json")
    assert said.code == 0
    assert said.json["bytes"] == out.stat().st_size > 300
    assert b"counter" in out.read_bytes() or form in {"html", "png", "tracedat", "perfetto"}


@pytest.mark.parametrize("form", FROM_LOGS)
def test_a_log_becomes_what_its_schedule_would(
    slabrace: Command, schedule: Path, tmp_path: Path, form: str
) -> None:
    log = tmp_path / "log.jsonl"
    slabrace("replay", schedule, "--log", log)
    said = slabrace("export", log, "--format", form, "--output", tmp_path / "out", "--json")
    assert said.code == 0
    assert said.json["events"] == len(log.read_text().splitlines()) - 1


def test_a_picture_of_a_log_is_that_of_its_schedule(
    slabrace: Command, schedule: Path, tmp_path: Path
) -> None:
    slabrace("replay", schedule, "--log", tmp_path / "log.jsonl")
    for source, out in ((schedule, "one"), (tmp_path / "log.jsonl", "two")):
        slabrace("export", source, "--format", "svg", "--output", tmp_path / out)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_picture_of_a_log_without_a_schedule_is_refused(
    slabrace: Command, tmp_path: Path
) -> None:
    slabrace("run", LOST, "--runs", "1", "--log", tmp_path / "log.jsonl")
    said = slabrace("export", tmp_path / "log.jsonl", "--format", "svg")
    assert said.code == 2
    assert "this log has none in its header" in said.err


@needs_duckdb
def test_parquet_is_a_log(slabrace: Command, tmp_path: Path) -> None:
    for name in ("log.parquet", "log.jsonl"):
        slabrace("run", LOST, "--runs", "5", "--log", tmp_path / name)
        slabrace("export", tmp_path / name, "--format", "shiviz", "--output", tmp_path / name[4:])
    assert (tmp_path / "parquet").read_bytes() == (tmp_path / "jsonl").read_bytes()
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["LOST", "--format", "perfeto"], "no such format. did you mean 'perfetto'?"),
        (["LOST", "--format", "html", "--json"], "it needs --output FILE"),
        (["LOST", "--format", "html", "--run", "x"], "--run, --steps are for logs"),
        (["LOST", "--format", "html", "--output", "no/where/x"], "cannot write no/where/x"),
        (["GONE", "--format", "html"], "neither a token"),
    ],
)
def test_what_cannot_be_is_told(
    slabrace: Command, schedule: Path, words: list[str], told: str
) -> None:
    said = slabrace("export", *(schedule if word == "LOST" else word for word in words))
    assert said.code == 2
    assert told in said.err + said.out


def test_a_run_that_is_not_in_the_log_is_told(slabrace: Command, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    slabrace("run", LOST, "--runs", "1", "--log", log)
    said = slabrace("export", log, "--format", "html", "--run", "nobody")
    assert said.code == 2
    assert "has no run nobody" in said.err


def test_a_part_of_a_log_has_its_steps_and_everybody(slabrace: Command, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    slabrace("run", LOST, "--runs", "1", "--log", log)
    out = tmp_path / "out"
    said = slabrace("export", log, "--format", "ftrace", "--steps", "2..3", "--output", out)
    assert said.code == 0
    text = out.read_text()
    assert "step=1 " not in text
    assert "step=2 " in text
