"""Engine: DuckDB, opened in such a way that it reads one file and nothing else.

It works without a network (nothing is ever installed), and SQL that somebody gives us reaches no
file but the log: access to others is off, and locked, before the first word of it is read. A
statement that is no question (`COPY ... TO`, `INSERT`) is refused before it is run.

DuckDB is imported here and nowhere else, and only when it is needed.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

from slabrace.runtime.errors import UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["connected", "library", "locked", "quoted"]

OFFLINE: Final = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def library() -> ModuleType:
    """DuckDB, if it is installed."""
    try:
        import duckdb  # noqa: PLC0415  # an extra, and 0.2 s of import
    except ImportError as error:
        raise UsageError(
            "this needs DuckDB, which is not installed: pip install 'slabrace[query]'"
        ) from error
    return duckdb


@contextlib.contextmanager
def connected(*files: Path) -> Iterator[tuple[DuckDBPyConnection, list[Path]]]:
    """A database in memory, and names under which it may read ``files``.

    The names are links in a folder that goes when the database does: a name of the user's may
    contain what SQL takes for a pattern. What does not fit into memory is put there, too.
    """
    duckdb = library()
    with tempfile.TemporaryDirectory(prefix="slabrace-query-") as name:
        folder = Path(name)
        links = []
        for number, file in enumerate(files):
            link = folder / f"log{number}"
            link.symlink_to(file.resolve())
            links.append(link)
        database = duckdb.connect(":memory:", config=OFFLINE)
        try:
            spill = quoted(str(folder / "spill"))
            database.execute(f"SET temp_directory = {spill}")
            database.execute("SET enable_progress_bar = false")
            yield database, links
        finally:
            database.close()


def locked(database: DuckDBPyConnection, files: list[Path]) -> None:
    """From here on ``database`` reads ``files`` and nothing else, and that is final."""
    names = ", ".join(quoted(str(file)) for file in files)
    database.execute(f"SET allowed_paths = [{names}]")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")


def quoted(text: str) -> str:
    """A string of SQL."""
    return "'" + text.replace("'", "''") + "'"
