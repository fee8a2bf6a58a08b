from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
import zstandard

from slabrace.runtime import log_reader
from slabrace.runtime.frames import PIECE, Frames

DATA = os.urandom(300_000) + bytes(300_000)


def pack(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def unpacked(packed: bytes) -> bytes:
    return io.BufferedReader(Frames(zstandard, io.BytesIO(packed))).read()


def test_frames_are_one_file() -> None:
    assert unpacked(pack(DATA) + pack(b"") + pack(DATA)) == DATA + DATA


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_frame_that_was_cut_is_noticed(part: float) -> None:
    packed = pack(DATA)
    with pytest.raises(EOFError, match="ends before its frame"):
        unpacked(packed[: int(len(packed) * part)])


def test_a_frame_that_was_changed_is_noticed() -> None:
    with pytest.raises(EOFError):
        unpacked(pack(DATA) + b"junk, and no frame")


def test_a_small_file_that_is_large_inside_comes_in_pieces() -> None:
    packed = pack(bytes(100_000_000))
    assert len(packed) > 4 * PIECE
    frames = Frames(zstandard, io.BytesIO(packed))
    buffer = bytearray(1 << 16)
    assert frames.readinto(buffer) == len(buffer)
    assert len(frames._ready) <= 1 << 24


def test_a_log_that_was_cut_is_read_up_to_there_and_told_of(tmp_path: Path) -> None:
    path = tmp_path / "log.zst"
    lines = [b'{"run":"%x","step":%d,"vt":0,"event":"e"}' % (n**9, n) for n in range(20_000)]
    packed = pack(b"\n".join(lines))
    path.write_bytes(packed[: len(packed) // 2])
    *read, last = log_reader.read(path)
    assert len(read) > 1000
    assert all(isinstance(line, log_reader.Record) for line in read)
    assert isinstance(last, log_reader.Problem)
    assert "cut short" in last.reason
