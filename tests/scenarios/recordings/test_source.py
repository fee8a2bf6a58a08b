from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any, cast

import pytest
import zstandard

from slabrace.scenarios.recordings.source import PIECE, RecordingError, lines_of

TEXT = "".join(f"line {n}\n" for n in range(50_000))
LINES = TEXT.splitlines()


def pack(kind: str, data: bytes) -> bytes:
    if kind == "plain":
        return data
    return gzip.compress(data) if kind == "gz" else zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize("kind", ["plain", "gz", "zst"])
def test_a_file_is_known_by_its_first_bytes(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "recording"
    path.write_bytes(pack(kind, TEXT.encode()))
    assert list(lines_of(path, "x")) == LINES


@pytest.mark.parametrize("kind", ["plain", "gz", "zst"])
def test_stdin_is_read_like_a_file(kind: str) -> None:
    raw = cast("io.RawIOBase", io.BytesIO(pack(kind, TEXT.encode())))
    stdin = io.TextIOWrapper(io.BufferedReader(raw))
    assert list(lines_of(stdin, "-")) == LINES
    assert not stdin.closed


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_a_file_of_several_parts_is_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "recording"
    path.write_bytes(pack(kind, TEXT[:9000].encode()) + pack(kind, TEXT[9000:].encode()))
    assert list(lines_of(path, "x")) == LINES


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_what_comes_before_damage_is_given_out(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "recording"
    packed = pack(kind, "".join(f"{n * n:x} {n**3:x}\n" for n in range(90_000)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    read: list[str] = []
    with pytest.raises(RecordingError, match="damage after line") as error:
        read.extend(lines_of(path, "x"))
    assert len(read) > 10_000
    assert read == [f"{n * n:x} {n**3:x}" for n in range(len(read))]
    assert f"damage after line {len(read)} " in str(error.value)


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_what_follows_the_last_part_is_damage(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "recording"
    path.write_bytes(pack(kind, TEXT.encode()) + b"and more")
    with pytest.raises(RecordingError, match=f"damage after line {len(LINES)}"):
        list(lines_of(path, "x"))


def test_what_is_no_text_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_bytes(b"a\xff\xfeb\nc\r\nd")
    assert list(lines_of(path, "x")) == ["a\ufffd\ufffdb", "c\r", "d"]


def test_a_character_may_lie_across_two_blocks(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_text("\u20ac" * 50_000)
    assert list(lines_of(path, "x")) == ["\u20ac" * 50_000]


class Endless(io.RawIOBase):
    given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        buffer[:] = b"x" * len(buffer)
        self.given += len(buffer)
        return len(buffer)


class Failing(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: object) -> int:
        raise OSError(5, "Input/output error")


def test_a_line_without_an_end_is_not_gathered_for_ever() -> None:
    endless = Endless()
    text = io.TextIOWrapper(io.BufferedReader(endless))
    with pytest.raises(RecordingError, match="a line of more than"):
        list(lines_of(text, "x"))
    assert endless.given < 2 * PIECE


def test_a_closed_stdin_is_told_of() -> None:
    with pytest.raises(RecordingError, match="a closed stdin"):
        list(lines_of(None, "-"))


def test_an_error_while_reading_is_told_of() -> None:
    with pytest.raises(RecordingError, match="Input/output error"):
        list(lines_of(io.TextIOWrapper(io.BufferedReader(Failing())), "-"))
