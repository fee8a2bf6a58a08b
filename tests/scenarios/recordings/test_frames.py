from __future__ import annotations

import io
import os
import sys

import pytest
import zstandard

from slabrace.runtime.errors import UsageError
from slabrace.scenarios.recordings.frames import PIECE, Frames

DATA = os.urandom(300_000) + bytes(300_000)


def pack(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def unpacked(packed: bytes) -> bytes:
    return io.BufferedReader(Frames(io.BytesIO(packed), "x")).read()


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
    frames = Frames(io.BytesIO(packed), "x")
    buffer = bytearray(1 << 16)
    assert frames.readinto(buffer) == len(buffer)
    assert len(frames._ready) <= 1 << 24


def test_without_the_library_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(UsageError, match="pip install zstandard"):
        Frames(io.BytesIO(b""), "x.zst")
