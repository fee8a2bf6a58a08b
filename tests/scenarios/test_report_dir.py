"""`slabrace report`: a folder of pages that need nothing else."""

import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.machinery import ModuleSpec
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

import pytest
from tests.scenarios.console import Command
from tests.scenarios.reports.saved import CLAIM, HOSTILE, LOST, quietly, save

from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog
from slabrace.runtime.schedule import Schedule

VOID = ("meta", "link", "br")


@pytest.fixture
def slabrace(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("saved"), LOST, CLAIM, HOSTILE)


@pytest.fixture(scope="module")
def made(saved: Path) -> Path:
    assert quietly("report", saved) == 0
    return saved / "report"


class Outline(HTMLParser):
    """What is opened is closed; headings, links, texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def pages(made: Path) -> Iterator[tuple[Path, Outline]]:
    for path in sorted(made.glob("*.html")):
        yield path, Outline(path.read_text())


def test_there_is_a_page_for_each_failure(made: Path) -> None:
    names = {path.name.partition("-")[0] for path, _ in pages(made)}
    assert names == {"index.html", "lost_update", "wrong_claim", "hostile"}


def test_every_link_leads_to_a_file_of_the_report(made: Path) -> None:
    for _, outline in pages(made):
        for link in outline.links:
            assert (made / link).is_file()


def test_nothing_is_loaded_and_nothing_runs(made: Path) -> None:
    for path, outline in pages(made):
        assert {"script", "iframe", "img", "object", "form"}.isdisjoint(outline.tags)
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|url\(|@import", text)


def test_a_hostile_name_stays_text(made: Path) -> None:
    (page,) = made.glob("hostile-*.html")
    outline = Outline(page.read_text())
    assert "(<img src=x onerror=alert(1)>)" in outline.texts
    assert any("<script>alert(3)</script>" in text for text in outline.texts)


def test_headings_go_down_one_step_at_a_time(made: Path) -> None:
    for _, outline in pages(made):
        levels = [int(tag[1]) for tag in outline.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b - a <= 1 for a, b in pairwise(levels))


def test_the_command_on_a_page_shows_the_failure_again(made: Path, slabrace: Command) -> None:
    (schedule,) = (made / "schedules").glob("lost_update-*.json")
    assert f"replay schedules/{schedule.name}" in next(made.glob("lost_update-*.html")).read_text()
    said = slabrace("replay", schedule, "--as", "diagram")
    assert said.code == 0
    assert "*** no_update_lost" in said.out


def test_a_schedule_of_the_report_is_small(made: Path) -> None:
    (schedule,) = (made / "schedules").glob("lost_update-*.json")
    assert Schedule.load(schedule).made_by.endswith(", minimised")


def test_what_contradicts_its_verdict_is_said_first(made: Path) -> None:
    texts = Outline((made / "index.html").read_text()).texts
    assert texts.index("Not to be found:") < texts.index("Failure")


def test_the_same_folder_makes_the_same_report(
    saved: Path, made: Path, tmp_path: Path, slabrace: Command
) -> None:
    slabrace("report", saved, "--output", tmp_path)
    for path in made.rglob("*.*"):
        assert (tmp_path / path.relative_to(made)).read_bytes() == path.read_bytes()


def test_json_is_the_same_as_report_json(saved: Path, made: Path, slabrace: Command) -> None:
    said = slabrace("report", saved, "--json")
    assert said.json == json.loads((made / "report.json").read_text())
    assert {each["scenario"] for each in said.json["failures"]} == {
        "lost_update", "wrong_claim", "hostile",
    }  # fmt: skip


def test_a_new_report_replaces_the_one_before_and_nothing_else(
    tmp_path: Path, slabrace: Command
) -> None:
    quietly("run", LOST, "--save", tmp_path)
    slabrace("report", tmp_path)
    out = tmp_path / "report"
    (out / "notes.txt").write_text("mine")
    (before,) = out.glob("lost_update-*.html")
    next(tmp_path.glob("lost_update-*.json")).unlink()
    assert slabrace("report", tmp_path).code == 0
    assert not before.exists()
    assert (out / "notes.txt").read_text() == "mine"


def test_a_folder_of_somebody_else_is_left_alone(
    saved: Path, tmp_path: Path, slabrace: Command
) -> None:
    (tmp_path / "thesis.tex").write_text("years")
    said = slabrace("report", saved, "--output", tmp_path)
    assert said.code == 2
    assert "--output" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_report_that_lies_about_its_files_removes_nothing_outside(
    saved: Path, tmp_path: Path, slabrace: Command
) -> None:
    (tmp_path / "precious").write_text("x")
    out = tmp_path / "out"
    out.mkdir()
    files = ["../precious", str(tmp_path / "precious"), "a/b/../../../precious"]
    (out / "report.json").write_text(json.dumps({"schema": "slabrace.report/1", "files": files}))
    assert slabrace("report", saved, "--output", out).code == 0
    assert (tmp_path / "precious").exists()


def test_where_nothing_can_be_used_it_says_what_was_skipped(
    tmp_path: Path, slabrace: Command
) -> None:
    (tmp_path / "a.json").write_text("{}")
    said = slabrace("report", tmp_path)
    assert said.code == 2
    assert "a.json" in said.err
    assert not (tmp_path / "report").exists()


def test_what_was_skipped_is_named_on_the_page(
    saved: Path, tmp_path: Path, slabrace: Command
) -> None:
    quietly("run", LOST, "--save", tmp_path)
    (tmp_path / "<b>.json").write_text("{}")
    assert "skipped <b>.json" in slabrace("report", tmp_path).out
    assert "<b>.json" in Outline((tmp_path / "report" / "index.html").read_text()).texts


def test_it_can_leave_failures_as_they_are(tmp_path: Path, slabrace: Command) -> None:
    quietly("run", LOST, "--save", tmp_path)
    (failing,) = slabrace("report", tmp_path, "--no-minimize", "--json").json["failures"]
    assert (failing["sizing"], failing["deliveries"]) == ("not", None)


def test_a_failure_links_to_its_run_to_step_through(
    saved: Path, tmp_path: Path, slabrace: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("stepper")
    module.__spec__ = ModuleSpec("stepper", None)

    def write(run: RunLog, legend: Legend, out: BinaryIO, *, story: str) -> list[str]:
        assert "***" in story
        out.write(f"<title>{run.header['scenario']}".encode())
        return []

    monkeypatch.setattr(module, "write", write, raising=False)
    monkeypatch.setitem(sys.modules, "stepper", module)
    monkeypatch.setattr("slabrace.scenarios.reports.writing.INTERACTIVE", "stepper")
    said = slabrace("report", saved, "--output", tmp_path, "--json")
    for failing in said.json["failures"]:
        page = (tmp_path / failing["interactive"]).read_text()
        assert page == f"<title>{failing['reference']}"
        for linking in (failing["page"], "index.html"):
            assert failing["interactive"] in Outline((tmp_path / linking).read_text()).links
