"""A recording as lines: from a path or an open text, plain or gzip, read in pieces.

Theory. Memory must not grow with the file, and a file may be anything: so it is read
a megabyte at a time, the first bytes say what it is (a gzip by its magic, not by its
name), and what cannot be ftrace text ends in a RecordingError that says what was
expected, what was found and what to do next.

This file must not know what stands in a line; that is line.py.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast

from slabrace.runtime.errors import UsageError

PIECE: Final = 1 << 20
"""Bytes (or characters) read at a time; no line may be longer."""

HOW_TO_RECORD: Final = (
    "record with `trace-cmd record -e vmscan:mm_shrink_slab_start -e vmscan:mm_shrink_slab_end "
    "-- WORKLOAD` and pass the output of `trace-cmd report`, or read the kernel's trace file "
    "(/sys/kernel/tracing/trace) directly"
)
_GZIP: Final = b"\x1f\x8b"
_TRACE_DAT: Final = b"\x17\x08\x44tracing"


class RecordingError(UsageError):
    """The input is no recording that can be read."""

    def __init__(self, path: str, expected: str, found: str, advice: str) -> None:
        super().__init__(f"{path}: expected {expected}, found {found}; {advice}")


def lines_of(source: str | Path | TextIO, name: str) -> Iterator[str]:
    """Yields the lines of a recording without their ends; `name` is for error messages."""
    if not isinstance(source, str | Path):
        raw = getattr(source, "buffer", None)
        yield from _text(source, name) if raw is None else _bytes(cast("BinaryIO", raw), name)
        return
    try:
        with Path(source).open("rb") as file:
            yield from _bytes(file, name)
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):  # _bytes() has its own words for it
            raise
        found = error.strerror or type(error).__name__
        raise RecordingError(
            name, "a readable file of ftrace text", found, "check the path, or pass - for stdin"
        ) from error


def _bytes(file: BinaryIO, name: str) -> Iterator[str]:
    buffered = (
        file
        if isinstance(file, io.BufferedReader)
        else io.BufferedReader(cast("io.RawIOBase", file))
    )
    head = buffered.peek(len(_TRACE_DAT))
    if head.startswith(_TRACE_DAT):
        raise RecordingError(
            name,
            "ftrace text",
            "a binary trace.dat",
            "run `trace-cmd report -i FILE` and pass what it prints",
        )
    if not head.startswith(_GZIP):
        text = io.TextIOWrapper(buffered, "utf-8", "replace")
        try:
            yield from _text(text, name)
        finally:
            text.detach()  # the file is the caller's to close
        return
    count = 0
    try:
        with gzip.open(buffered, "rt", encoding="utf-8", errors="replace") as unpacked:
            for line in _text(cast("TextIO", unpacked), name):
                count += 1
                yield line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise RecordingError(
            name, "a whole gzip file", f"damage after line {count} ({error})",
            "copy it again, or unpack what is left with `zcat FILE > part.txt` and pass that",
        ) from error  # fmt: skip


def _text(text: TextIO, name: str) -> Iterator[str]:
    rest = ""
    first = True
    while piece := text.read(PIECE):
        if first and "\0" in piece:
            raise RecordingError(name, "ftrace text", "binary data (a NUL byte)", HOW_TO_RECORD)
        first = False
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
