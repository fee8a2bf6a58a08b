"""Parquet: a log in columns, a tenth of its size, and asked in a tenth of the time.

A row is an event. Its columns are those of columns.py, and ``fields`` is the line as it was, so
nothing is lost on the way there and back. Headers are no rows: they are in the file's key-value
metadata under ``slabrace.log``, each with the number of its line.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_reader import Header, Problem, Record, parsed
from slabrace.scenarios.query.engine import connected, library, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["KEY", "headers", "is_parquet", "names_in", "read", "written"]

# ruff: noqa: S608 (names and texts are ours or quoted; what users write is run as it is)

MAGIC: Final = b"PAR1"
KEY: Final = "slabrace.log"
ROWS: Final = 4096


class Place(msgspec.Struct):
    """A header and the number of its line."""

    line: int
    header: dict[str, Any]


def is_parquet(path: Path) -> bool:
    """Whether the file at ``path`` says that it is Parquet."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise UsageError(f"cannot read the log {path}: {error.strerror}") from error


def read(path: Path) -> Iterator[Header | Record | Problem]:
    """The lines that became the Parquet file at ``path``, one at a time."""
    with connected(path) as (database, (link,)):
        places = headers(database, link, path)
        number = 0
        for line in stored(database, link, path):
            number += 1
            while places and places[0].line <= number:
                yield Header(number, places.pop(0).header)
                number += 1
            yield parsed(number, line.encode() + b"\n")
        for place in places:
            number += 1
            yield Header(number, place.header)


def stored(database: DuckDBPyConnection, link: Path, path: Path) -> Iterator[str]:
    """The events as they were written."""
    with understood(path):
        rows = database.execute(f"SELECT fields FROM read_parquet({quoted(str(link))})")
    while True:
        with understood(path):
            some = rows.fetchmany(ROWS)
        if not some:
            return
        for (line,) in some:
            yield line


def headers(database: DuckDBPyConnection, link: Path, path: Path) -> list[Place]:
    """The headers of the log, in order."""
    with understood(path):
        found = database.execute(
            f"SELECT value FROM parquet_kv_metadata({quoted(str(link))}) WHERE key = ?",
            [KEY.encode()],
        ).fetchone()
    if found is None:
        raise UsageError(
            f"{path} is Parquet, but no log of ours: its metadata has no {KEY}; "
            "`slabrace log convert` writes it"
        )
    return msgspec.json.decode(found[0], type=list[Place])


@contextlib.contextmanager
def understood(path: Path) -> Iterator[None]:
    """What DuckDB cannot read is the user's to know."""
    try:
        yield
    except library().Error as error:
        (first, *_) = str(error).splitlines()
        told = first.replace("slabrace-query-", "")
        raise UsageError(f"cannot read {path}: {told}") from error


def written(database: DuckDBPyConnection, lines: str, out: Path, found: list[Header]) -> None:
    """Write the rows of the query ``lines`` to ``out``."""
    places = [Place(header.number, header.fields) for header in found]
    metadata = quoted(msgspec.json.encode(places).decode())
    database.execute(
        f"COPY ({lines}) TO {quoted(str(out))} (FORMAT parquet, COMPRESSION zstd, "
        f"KV_METADATA {{{quoted(KEY)}: {metadata}}})"
    )


def names_in(database: DuckDBPyConnection, link: Path) -> set[str]:
    """The names of the columns."""
    rows = database.execute(f"DESCRIBE SELECT * FROM read_parquet({quoted(str(link))})")
    return {str(row[0]) for row in rows.fetchall()}
