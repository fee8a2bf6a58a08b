"""A recording as lines: from a path or an open text, plain, gzip or zstd, read in pieces.

Theory. Memory must not grow with the file, and a file may be anything: so it is read
a block at a time, the first bytes say what it is (a gzip by its magic, not by its
name), and what cannot be ftrace text ends in a RecordingError that says what was
expected, what was found and what to do next. The lines before it have been given out.

This file must not know what stands in a line; that is line.py.
"""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast

from slabrace.runtime.errors import UsageError
from slabrace.runtime.frames import Frames
from slabrace.runtime.packing import BROKEN, GZIP, ZSTD, zstd

PIECE: Final = 1 << 20
"""Characters; no line may be longer, and what has a NUL among so many is no text."""
BLOCK: Final = 1 << 16
"""Bytes read at a time."""

HOW_TO_RECORD: Final = (
    "record with `trace-cmd record -e vmscan:mm_shrink_slab_start -e vmscan:mm_shrink_slab_end "
    "-- WORKLOAD` and pass the output of `trace-cmd report`, or read the kernel's trace file "
    "(/sys/kernel/tracing/trace) directly"
)
_TRACE_DAT: Final = b"\x17\x08\x44tracing"


class RecordingError(UsageError):
    """The input is no recording that can be read."""

    def __init__(self, path: str, expected: str, found: str, advice: str) -> None:
        super().__init__(f"{path}: expected {expected}, found {found}; {advice}")
        self.reason = f"expected {expected}, found {found}"  # the same wherever the file lies


def lines_of(source: str | Path | TextIO | None, name: str) -> Iterator[str]:
    """Yields the lines of a recording without their ends; `name` is for error messages.

    An open text is the caller's to close.
    """
    try:
        if isinstance(source, str | Path):
            with Path(source).open("rb") as file:
                yield from _bytes(file, name)
        elif (raw := getattr(source, "buffer", None)) is not None:
            yield from _bytes(cast("BinaryIO", raw), name)
        elif source is not None:
            yield from _lines(iter(lambda: source.read(PIECE), ""), name)
        else:  # what sys.stdin is, if it was closed
            raise RecordingError(name, "ftrace text", "a closed stdin", "pass the path of a file")
    except OSError as error:
        found = error.strerror or type(error).__name__
        raise RecordingError(
            name, "a readable file of ftrace text", found, "check the path, or pass - for stdin"
        ) from error


def _bytes(file: BinaryIO, name: str) -> Iterator[str]:
    buffered = (
        file if isinstance(file, BufferedReader) else BufferedReader(cast("io.RawIOBase", file))
    )
    head = buffered.peek(len(_TRACE_DAT))
    if head.startswith(_TRACE_DAT):
        raise RecordingError(
            name,
            "ftrace text",
            "a binary trace.dat",
            "run `trace-cmd report -i FILE` and pass what it prints",
        )
    if head.startswith(GZIP):
        unpacked = cast("BufferedReader", gzip.GzipFile(fileobj=buffered))
        yield from _packed(unpacked, name, "gzip", "zcat")
    elif head.startswith(ZSTD):
        frames = BufferedReader(Frames(zstd(Path(name)), buffered))
        yield from _packed(cast("BufferedReader", frames), name, "zstd", "zstdcat")
    else:
        yield from _lines(_pieces(buffered), name)


def _packed(file: BufferedReader, name: str, kind: str, tool: str) -> Iterator[str]:
    count = 0
    try:
        for line in _lines(_pieces(file), name):
            count += 1
            yield line
    except BROKEN as error:
        raise RecordingError(
            name, f"a whole {kind} file", f"damage after line {count} ({error})",
            f"copy it again, or unpack what is left with `{tool} FILE > part.txt` and pass that",
        ) from error  # fmt: skip


def _pieces(file: BufferedReader) -> Iterator[str]:
    """As much as there is at a time: what comes before damage is given out before it is met."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    while piece := file.read1(BLOCK):
        yield decode(piece)
    yield decode(b"", final=True)


def _lines(pieces: Iterator[str], name: str) -> Iterator[str]:
    rest = ""
    seen = 0
    for piece in pieces:
        if seen < PIECE and "\0" in piece:
            raise RecordingError(name, "ftrace text", "binary data (a NUL byte)", HOW_TO_RECORD)
        seen += len(piece)
        whole = (rest + piece).split("\n")
        rest = whole.pop()
        if len(rest) > PIECE:
            raise RecordingError(
                name,
                "ftrace text, one event per line",
                f"a line of more than {PIECE} characters",
                HOW_TO_RECORD,
            )
        yield from whole
    if rest:
        yield rest
