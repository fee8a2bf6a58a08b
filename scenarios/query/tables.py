"""Tables: a log as DuckDB sees it, plain, packed or Parquet, with the views on it.

DuckDB reads a log itself, several threads at once. It skips what is no event without a word; so
such lines are counted first, and if there are any, or the file is one that it cannot read to its
end, our own reader goes over it, says what is wrong with which line, and leaves a clean copy in a
temporary folder. What was skipped is told either way, and memory stays bounded.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_reader import Header, Problem, Record, read
from slabrace.scenarios.query import parquet
from slabrace.scenarios.query.columns import from_json, from_parquet
from slabrace.scenarios.query.engine import connected, library, locked
from slabrace.scenarios.query.views import columns, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Complaint", "Source", "opened", "source", "wants_all"]

# ruff: noqa: S608 (names and texts are ours or quoted; what users write is run as it is)

Complaint = Callable[[Problem], None]
"""Is told of each line that is skipped."""

GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"

IS_EVENT: Final = "run IS NOT NULL AND step IS NOT NULL AND vt IS NOT NULL AND event IS NOT NULL"


class Source(NamedTuple):
    """A database that has the log open: ``lines`` is the query for its events."""

    database: DuckDBPyConnection
    lines: str
    link: Path
    headers: Callable[[], list[Header]]

    def events(self) -> int:
        """How many events there are."""
        found = self.database.execute(f"SELECT count(*) FROM ({self.lines})").fetchone()
        return 0 if found is None else int(found[0])


@contextlib.contextmanager
def opened(path: Path, complain: Complaint, *, whole: bool = True) -> Iterator[DuckDBPyConnection]:
    """A database with the views of the log at ``path``; SQL in it reaches nothing else.

    ``whole``: ``events`` has the column ``fields``.
    """
    with source(path, complain, whole=whole) as (database, lines, link, _):
        database.execute(f"CREATE VIEW lines AS {lines}")
        for view in views(whole=whole):
            database.execute(f"CREATE VIEW {view.name} AS {view.query}")
        locked(database, [link])
        yield database


@contextlib.contextmanager
def source(path: Path, complain: Complaint, *, whole: bool) -> Iterator[Source]:
    """The log at ``path``, whatever it is packed in."""
    if not path.is_file() and path.exists() and not path.is_dir():  # a pipe can be read once
        with copy(path, complain) as clean:
            yield clean
        return
    if parquet.is_parquet(path):
        with connected(path) as (database, (link,)):
            found = [Header(at.line, at.header) for at in parquet.headers(database, link, path)]
            lines = from_parquet(link, columns(), parquet.names_in(database, link))
            yield Source(database, lines, link, lambda: found)
        return
    with connected(path) as (database, (link,)):
        how = packing(path)
        if sound(database, from_json(link, columns(), how, whole=False)):
            yield from_lines(database, from_json(link, columns(), how, whole=whole), link)
            return
    with copy(path, complain) as clean:
        yield clean


@contextlib.contextmanager
def copy(path: Path, complain: Complaint) -> Iterator[Source]:
    """What can be read of the log at ``path``, copied to a place of its own."""
    with tempfile.TemporaryDirectory(prefix="slabrace-clean-") as folder:
        clean = Path(folder) / "log"
        if not cleaned(path, clean, complain):
            raise UsageError(f"{path} has no event; is it a log that slabrace wrote?")
        with connected(clean) as (database, (link,)):
            yield from_lines(database, from_json(link, columns(), "none", whole=True), link)


def from_lines(database: DuckDBPyConnection, query: str, link: Path) -> Source:
    """A log of JSON lines, of which ``query`` gets each."""
    lines = f"SELECT * EXCLUDE (schema) FROM ({query}) WHERE {IS_EVENT}"

    def headers() -> list[Header]:
        found = database.execute(
            f"SELECT place, fields FROM (SELECT row_number() OVER () AS place, schema, fields "
            f"FROM ({query})) WHERE schema IS NOT NULL"
        ).fetchall()
        return [Header(place, msgspec.json.decode(text)) for place, text in found]

    return Source(database, lines, link, headers)


def sound(database: DuckDBPyConnection, query: str) -> bool:
    """Whether every line is a header or an event."""
    try:
        counted = database.execute(
            f"SELECT count(*) FILTER (schema IS NULL AND NOT ({IS_EVENT})), "
            f"count(*) FILTER ({IS_EVENT}) FROM ({query})"
        ).fetchone()
    except library().Error:
        return False
    return counted is not None and counted[0] == 0 and counted[1] > 0


def cleaned(path: Path, clean: Path, complain: Complaint) -> int:
    """Copy the lines that can be read; how many events are among them."""
    encode = msgspec.json.encode
    events = 0
    with clean.open("wb") as out:
        for line in read(path):
            if isinstance(line, Problem):
                complain(line)
            else:
                events += isinstance(line, Record)
                out.write(encode(line.fields) + b"\n")
    return events


def packing(path: Path) -> str:
    """How DuckDB calls the way in which the file is packed."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(GZIP):
        return "gzip"
    return "zstd" if head == ZSTD else "none"


def wants_all(sql: str) -> bool:
    """Whether the words of a question may mean the column ``fields``."""
    words = re.sub(r"count\s*\(\s*\*\s*\)", "", sql, flags=re.IGNORECASE)
    if not re.match(r"\s*(?:select|with)\b", words, re.IGNORECASE):
        return True
    return "*" in words or re.search(r"\bfields\b", words, re.IGNORECASE) is not None
