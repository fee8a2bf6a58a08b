"""A log that is still being written: lines count when they are whole."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.runtime.logbook import HEADER, event

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_follow import follow
from slabrace.runtime.log_reader import Header, Problem, Record


def line(step: int) -> str:
    return msgspec.json.encode(event(step, "x")).decode() + "\n"


def followed(path: Path, *writes: Callable[[], object]) -> list[Header | Record | Problem]:
    """What is read while one thing after another is written."""
    waiting: Iterator[Callable[[], object]] = iter(writes)
    found = []
    idle = 0

    def wait() -> None:
        nonlocal idle
        write = next(waiting, None)
        idle = idle + 1 if write is None else 0
        if write is not None:
            write()

    for each in follow(path, wait):
        if each is not None:
            found.append(each)
        elif idle:
            return found
    raise AssertionError


def append(path: Path, text: str) -> Callable[[], object]:
    def write() -> None:
        with path.open("a") as file:
            file.write(text)

    return write


def test_what_comes_later_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(line(1))
    found = followed(path, append(path, line(2)), append(path, line(3) + line(4)))
    assert [each.fields["step"] for each in found if isinstance(each, Record)] == [1, 2, 3, 4]


def test_a_line_that_is_written_in_pieces_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(line(1)[:10])
    found = followed(path, append(path, line(1)[10:20]), append(path, line(1)[20:]))
    assert [each.fields["step"] for each in found if isinstance(each, Record)] == [1]


def test_a_header_is_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("")
    (head,) = followed(path, append(path, msgspec.json.encode(HEADER).decode() + "\n"))
    assert head == Header(1, HEADER)


def test_a_file_that_became_shorter_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(line(1) + line(2))
    found = followed(path, lambda: path.write_text(line(3)))
    assert [each.fields["step"] for each in found if isinstance(each, Record)] == [1, 2, 3]
    assert any(isinstance(each, Problem) for each in found)


def test_a_line_without_end_is_not_kept_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("x" * (3 << 20))
    found = followed(path)
    assert found
    assert all(isinstance(each, Problem) for each in found)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot follow the log .*none: No such file"):
        list(follow(tmp_path / "none", lambda: None))
