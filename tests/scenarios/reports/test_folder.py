"""A folder is read file by file, and what is not ours is named."""

import os
import shutil
from pathlib import Path

import pytest
from tests.scenarios.reports.saved import LOST, quietly, save

from slabrace.runtime.errors import UsageError
from slabrace.runtime.schedule import Schedule
from slabrace.scenarios.reports.folder import Folder, look


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("saved"), LOST)


def why(folder: Folder) -> dict[str, str]:
    return {each.file: each.why for each in folder.skipped}


def test_schedules_records_and_searches_are_known_by_what_is_in_them(
    saved: Path, tmp_path: Path
) -> None:
    for number, path in enumerate(sorted(saved.rglob("*.*"))):
        shutil.copy(path, tmp_path / f"file{number}")
    folder = look(tmp_path)
    assert folder.skipped == []
    assert [len(each) for each in (folder.schedules, folder.records, folder.searches)] == [2, 2, 1]


def test_folders_inside_are_looked_into(saved: Path) -> None:
    assert {Path(name).parent.as_posix() for name in look(saved).schedules} == {".", "runs"}


def test_the_report_inside_is_left_out(saved: Path) -> None:
    assert {Path(n).parent.as_posix() for n in look(saved, saved / "runs").schedules} == {"."}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not JSON"),
        (b"\x00\xff\xfe", "not JSON"),
        (b"hello", "not JSON"),
        (b"[1, 2]", "array"),
        (b'{"schema": "other/1"}', "not a schedule"),
        (b"[" * 100_000, "array|nested|truncated"),
        (b'{"schema": ' + b"[" * 100_000, "nested too deep"),
        (b"slabrace1:abc.00000000", "bad checksum"),
        (b"slabrace7:abc", "version 7"),
        (b'{"schema": "slabrace.campaign/1"}', "no record of a campaign"),
    ],
)
def test_of_a_foreign_or_broken_file_it_is_said_why_it_was_skipped(
    tmp_path: Path, data: bytes, told: str
) -> None:
    (tmp_path / "some.json").write_bytes(data)
    skipped = why(look(tmp_path))
    assert list(skipped) == ["some.json"]
    assert any(each in skipped["some.json"] for each in told.split("|"))


def test_a_schedule_that_was_cut_is_skipped(saved: Path, tmp_path: Path) -> None:
    (path,) = saved.glob("lost_update-*.json")
    (tmp_path / "cut.json").write_bytes(path.read_bytes()[:300])
    assert "truncated" in why(look(tmp_path))["cut.json"]


def test_pipes_and_links_to_nowhere_are_skipped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert set(why(look(tmp_path))) == {"pipe", "link"}


def test_a_name_that_is_no_text_is_written_out(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"a\xffb")).write_bytes(b"")
    except OSError:
        pytest.skip("this file system has names that are text only")
    assert set(why(look(tmp_path))) == {"a\\xffb"}


def test_a_search_without_its_record_is_named(saved: Path, tmp_path: Path) -> None:
    (path,) = saved.glob("*.search.json")
    shutil.copy(path, tmp_path)
    assert "--resume" in why(look(tmp_path))[path.name]


def test_a_token_in_a_file_is_a_schedule(tmp_path: Path) -> None:
    quietly("run", LOST, "--save", tmp_path)
    (path,) = tmp_path.glob("lost_update-*.json")
    token = Schedule.load(path).token()
    (tmp_path / "mail.txt").write_text(token + "\n")
    assert look(tmp_path).schedules["mail.txt"].token() == token


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected a directory.*nothing there"):
        look(tmp_path / "none")
