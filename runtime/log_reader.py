"""Log reader: a log line by line, in memory that does not grow with it.

A log that was cut short, or that something else has written into, is still worth reading: a line
that is not an event is a `Problem` with its number and what is wrong with it, and reading goes on.
What fields mean is in docs/log-schema.md; this file knows only those that every event has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_types import SCHEMA, Line
from slabrace.runtime.packing import BROKEN, opened

__all__ = ["LONGEST", "Header", "Problem", "Record", "parsed", "read"]

LONGEST: Final = 1 << 20
"""Bytes of a line; what is longer was not written by us."""


class Header(msgspec.Struct, frozen=True):
    """The line that says which runs follow."""

    number: int
    fields: dict[str, Any]


class Record(msgspec.Struct, frozen=True):
    """An event."""

    number: int
    fields: dict[str, Any]


class Problem(msgspec.Struct, frozen=True):
    """A line that is neither."""

    number: int
    reason: str


Number = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]


class Event(Line):
    """What every event has; used to check, not to keep.

    Its numbers fit into eight bytes, whatever a damaged line may say.
    """

    step: Number
    vt: Number
    event: str
    actor: str | None = None


def read(path: Path) -> Iterator[Header | Record | Problem]:
    """The lines of the log at ``path``, one at a time."""
    number = 0
    try:
        with opened(path) as file:
            while line := file.readline(LONGEST):
                number += 1
                yield parsed(number, line)
    except BROKEN as error:
        yield Problem(number + 1, f"the packed file is cut short or damaged here: {error}")
    except OSError as error:
        raise UsageError(f"cannot read the log {path}: {error.strerror}") from error


def parsed(number: int, line: bytes) -> Header | Record | Problem:
    """What line ``number`` is."""
    try:
        fields = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Problem(number, unreadable(line))
    if not isinstance(fields, dict):
        return Problem(number, f"expected a JSON object, found {excerpt(line)}")
    if "schema" in fields:
        return header(number, fields)
    try:
        msgspec.convert(fields, Event)
    except msgspec.ValidationError as error:
        return Problem(number, f"not an event of {SCHEMA}: {error}")
    return Record(number, fields)


def header(number: int, fields: dict[str, Any]) -> Header | Problem:
    """A header line, if it is one that this version reads."""
    schema = str(fields["schema"])
    if schema == SCHEMA:
        return Header(number, fields)
    if schema.startswith(SCHEMA.partition("/")[0]) and number == 1:
        raise UsageError(
            f"line {number}: this log is {schema}, and this slabrace reads {SCHEMA}; read it with "
            "the version that wrote it"
        )
    return Problem(number, f"a header of {schema}, not of {SCHEMA}")


def unreadable(line: bytes) -> str:
    """Why a line that is not JSON is not."""
    if not line.strip():
        return "an empty line"
    if not line.endswith(b"\n"):
        long = len(line) >= LONGEST
        return f"longer than {LONGEST} bytes" if long else f"truncated after {excerpt(line[-40:])}"
    return f"not JSON: {excerpt(line)}"


def excerpt(line: bytes) -> str:
    """The beginning of a line, printable."""
    text = line.decode(errors="replace").rstrip("\n")
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
