"""`slabrace log convert`: a log as JSON lines, plain or packed, or as Parquet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.line_file import LineFile
from slabrace.scenarios.commands.log.lines import File, Lines
from slabrace.scenarios.commands.options import Help
from slabrace.scenarios.commands.output import AsJson, counted, print_json, say

__all__ = ["convert", "drafted"]


def convert(
    file: File,
    out: Annotated[Path, Help("*.parquet, or JSON lines: *.jsonl, *.jsonl.gz, *.jsonl.zst.")],
    /,
    *,
    json: AsJson = False,
) -> int:
    """Convert a log: its name says into what. Parquet needs the extra: slabrace[query].

    Nothing is lost either way. In Parquet a row is an event, with the columns of `log query` and
    the line as it was in `fields`; headers are in the metadata of the file.
    """
    if out.exists() and file.exists() and out.samefile(file):
        raise UsageError(f"{out}: a log cannot be converted into itself; name another file")
    reader = Lines(file)
    with replaced(out) as draft:
        events = to_parquet(reader, draft) if out.suffix == ".parquet" else to_lines(reader, draft)
    if json:
        sizes = {"bytes_in": file.stat().st_size, "bytes": out.stat().st_size}
        print_json({"output": str(out), "events": events, **sizes, **reader.remarks()})
    else:
        say(f"{counted(events, 'event')} in {out}, {out.stat().st_size:,} bytes")
    return 0


@contextmanager
def drafted(log: Path) -> Iterator[Path]:
    """Where to write the lines of ``log``: to itself, or to a draft of which Parquet is made.

    What was written before something went wrong becomes Parquet, too.
    """
    if log.suffix != ".parquet":
        yield log
        return
    from slabrace.scenarios.query.engine import library

    library()  # told of before the run
    lines = log.with_name(f".{os.getpid()}-{log.name}.jsonl")
    try:
        yield lines
    finally:
        try:
            if lines.exists():
                with replaced(log) as draft:
                    to_parquet(Lines(lines), draft)
        finally:
            lines.unlink(missing_ok=True)


@contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """A place beside ``out`` to write to, which becomes ``out`` when all is written."""
    draft = out.with_name(f".{os.getpid()}-{out.name}")
    try:
        yield draft
        draft.replace(out)
    except OSError as error:
        raise UsageError(f"cannot write the log {out}: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def to_lines(reader: Lines, draft: Path) -> int:
    """Write JSON lines; how many events."""
    encode = msgspec.json.encode
    file = LineFile(draft)
    try:
        for line in reader:
            fields = line.fields
            file.write(encode(fields) + b"\n")
            file.flush()
        reader.conclude()
    finally:
        file.close()
    return reader.events


def to_parquet(reader: Lines, draft: Path) -> int:
    """Write Parquet; how many events."""
    from slabrace.scenarios.query import parquet
    from slabrace.scenarios.query.engine import library
    from slabrace.scenarios.query.tables import source

    duckdb = library()
    try:
        with source(reader.file, reader.complain, whole=True) as log:
            reader.events = log.events()
            reader.conclude()
            parquet.written(log.database, log.lines, draft, log.headers())
    except duckdb.Error as error:
        raise UsageError(f"cannot write {draft.name}: {error}") from error
    return reader.events
