"""Columns: the table that a log is, one row for each event.

An event has the columns that many events have; all of its fields, those included, are in
``fields``, the line as it was written. What a field means is in docs/log-schema.md. Two columns are
not called like their fields, which SQL has taken: ``to`` is ``addressee``, ``of`` is ``answer_to``.

The fields that a legend's rules look at are columns too, so a view that is made of a rule never has
to open ``fields``: reading the columns alone is a third faster.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from slabrace.scenarios.query.engine import quoted

__all__ = ["COLUMNS", "Column", "from_json", "from_parquet"]

# ruff: noqa: S608 (names and texts are ours or quoted; what users write is run as it is)


class Column(NamedTuple):
    """A column, the field that fills it, and what it is."""

    name: str
    field: str
    type: str = "VARCHAR"
    about: str = ""


COLUMNS: Final = (
    Column("run", "run", about="which run"),
    Column("step", "step", "BIGINT", "picks made so far"),
    Column("vt", "vt", "BIGINT", "nanoseconds since the run began"),
    Column("event", "event", about="what happened"),
    Column("actor", "actor", about="who did or noted it; the sender of a message"),
    Column("cpu", "cpu", "BIGINT"),
    Column("memcg", "memcg"),
    Column("nid", "nid", "BIGINT"),
    Column("shrinker", "shrinker"),
    Column("addressee", "to", about="of a message"),
    Column("type", "type", about="of a message"),
    Column("message", "message", about="its text; of a violation, what is wrong"),
    Column("answer", "answer", "JSON"),
    Column("deferred", "deferred", "BOOLEAN", "answered later"),
    Column("answer_to", "of", "BIGINT", "the step of the delivery that this answers"),
    Column("writes", "writes", "BOOLEAN", "whether the delivery changes its addressee"),
    Column("cause", "cause", "BIGINT", "the step in which the message was sent"),
    Column("clock", "clock", "JSON", "vector clock: sender -> step"),
    Column("name", "name", about="of a function"),
    Column("caller", "caller", about="of a function, in recordings"),
    Column("kind", "kind", about="of an actor or object"),
    Column("object", "object"),
    Column("lock", "lock"),
    Column("waiter", "waiter"),
    Column("law", "law", about="of a violation"),
    Column("how", "how", about="of an end"),
)

LONGEST: Final = 1 << 22
"""Bytes of a line; more than our own reader takes for one."""

FIELDS: Final = Column("fields", "", "JSON", "the whole event as it was written")


def from_json(file: Path, columns: Iterable[Column], packing: str, *, whole: bool) -> str:
    """A query for the lines of a log; ``whole``: with ``fields``, for which it is read twice.

    A line that is not JSON is a row of NULLs.
    """
    place = quoted(str(file))
    types = ", ".join(f"{name(each.field)}: {quoted(each.type)}" for each in columns)
    chosen = ", ".join(f"{name(each.field)} AS {name(each.name)}" for each in columns)
    parsed = (
        f"read_json({place}, format = 'newline_delimited', columns = {{{types}, "
        f"schema: 'VARCHAR'}}, ignore_errors = true, compression = {quoted(packing)}, "
        f"maximum_object_size = {LONGEST})"
    )
    if not whole:
        return f"SELECT {chosen}, schema FROM {parsed}"
    # no line of JSON has the character 1 in it, so each is one field of these "values"
    as_written = (
        f"read_csv({place}, columns = {{'fields': 'JSON'}}, delim = chr(1), quote = '', "
        "escape = '', header = false, auto_detect = false, "
        f"compression = {quoted(packing)}, max_line_size = {LONGEST})"
    )
    return f"SELECT {chosen}, schema, fields FROM {parsed} POSITIONAL JOIN {as_written}"


def from_parquet(file: Path, columns: Iterable[Column], stored: set[str]) -> str:
    """A query for the rows of a Parquet file; a column that is not ``stored`` is in ``fields``."""
    chosen = ", ".join(
        name(each.name) if each.name in stored else extracted(each) for each in columns
    )
    return f"SELECT {chosen}, NULL AS schema, fields FROM read_parquet({quoted(str(file))})"


def extracted(column: Column) -> str:
    """A column that is made of ``fields``."""
    path = quoted(f'$."{column.field}"')
    found = f"fields -> {path}" if column.type == "JSON" else f"fields ->> {path}"
    return f"TRY_CAST(({found}) AS {column.type}) AS {name(column.name)}"


def name(text: str) -> str:
    """An identifier of SQL."""
    return '"' + text.replace('"', '""') + '"'
