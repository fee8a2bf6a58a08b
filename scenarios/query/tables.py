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
from typing import TYPE_CHECKING, Final

import msgspec

from slabrace.runtime.log_reader import Header, Problem, read
from slabrace.scenarios.query import parquet
from slabrace.scenarios.query.columns import from_json, from_parquet
from slabrace.scenarios.query.engine import connected, library, locked
from slabrace.scenarios.query.views import columns, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Complaint", "base", "opened", "wants_all"]

Complaint = Callable[[Problem], None]
"""Is told of each line that is skipped."""

GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"

IS_EVENT: Final = "run IS NOT NULL AND step IS NOT NULL AND vt IS NOT NULL AND event IS NOT NULL"


@contextlib.contextmanager
def opened(path: Path, complain: Complaint, *, whole: bool = True) -> Iterator[DuckDBPyConnection]:
    """A database with the views of the log at ``path``; SQL in it reaches nothing else.

    ``whole``: ``events`` has the column ``fields``.
    """
    with base(path, complain, whole=whole) as (database, lines, link):
        database.execute(f"CREATE VIEW lines AS {lines}")
        for view in views(whole=whole):
            database.execute(f"CREATE VIEW {view.name} AS {view.query}")
        locked(database, [link])
        yield database


@contextlib.contextmanager
def base(
    path: Path, complain: Complaint, *, whole: bool
) -> Iterator[tuple[DuckDBPyConnection, str, Path]]:
    """A database, the query for the events of the log, and the file it reads."""
    if parquet.is_parquet(path):
        with connected(path) as (database, (link,)):
            parquet.headers(database, link, path)
            stored = parquet.sorted_in(database, link)
            yield database, from_parquet(link, columns(), stored), link
        return
    with connected(path) as (database, (link,)):
        query = from_json(link, columns(), packing(path), whole=whole)
        if sound(database, query):
            yield database, f"SELECT * EXCLUDE (schema) FROM ({query}) WHERE {IS_EVENT}", link
            return
    with tempfile.TemporaryDirectory(prefix="slabrace-clean-") as folder:
        clean = Path(folder) / "log"
        cleaned(path, clean, complain)
        with connected(clean) as (database, (link,)):
            query = from_json(link, columns(), "none", whole=whole)
            yield database, f"SELECT * EXCLUDE (schema) FROM ({query}) WHERE {IS_EVENT}", link


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


def cleaned(path: Path, clean: Path, complain: Complaint) -> None:
    """Copy the lines that can be read."""
    encode = msgspec.json.encode
    with clean.open("wb") as out:
        for line in read(path):
            if isinstance(line, Problem):
                complain(line)
            else:
                out.write(encode(line.fields) + b"\n")


def packing(path: Path) -> str:
    """How DuckDB calls the way in which the file is packed."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(GZIP):
        return "gzip"
    return "zstd" if head == ZSTD else "none"


def headers(path: Path) -> list[Header]:
    """All headers of a log that is no Parquet."""
    return [line for line in read(path) if isinstance(line, Header)]


def wants_all(sql: str) -> bool:
    """Whether the words of a question may mean the column ``fields``."""
    counting = re.sub(r"count\s*\(\s*\*\s*\)", "", sql, flags=re.IGNORECASE)
    return "*" in counting or re.search(r"\bfields\b|\bfrom\s+\w+\s*(;|$)", sql, re.I) is not None
