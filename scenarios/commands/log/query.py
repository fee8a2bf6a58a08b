"""`slabrace log query`: SQL over a log, with DuckDB."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.scenarios.commands.log.lines import File, Lines, text
from slabrace.scenarios.commands.options import Help
from slabrace.scenarios.commands.output import AsJson, say

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["query"]

ROWS: Final = 4096
"""Rows that are fetched at once."""

MEASURED: Final = 1000
"""Rows by which the widths of a table are measured; what comes later may stand out."""


def query(
    file: File,
    sql: Annotated[str | None, Help('A question: "select ...".')] = None,
    /,
    *,
    schema: Annotated[bool, Help("List the views and their columns.")] = False,
    as_csv: Annotated[bool, Help("Print comma-separated values.", name="--csv")] = False,
    json: AsJson = False,
) -> int:
    """Ask a log in SQL (DuckDB). Without a question, the views and their columns are listed.

    The view `events` has a row for each event, and all of its fields as JSON in `fields`. Other
    views are made of it: messages, sections, grace_periods, lifetimes, locks, refcounts, shrinks,
    spans. SQL reads this log and no other file. Needs the extra: pip install 'slabrace[query]'.
    """
    from slabrace.scenarios.query.engine import library
    from slabrace.scenarios.query.tables import opened, wants_all
    from slabrace.scenarios.query.views import schema_of, views

    duckdb = library()
    reader = Lines(file)
    if as_csv and json:
        raise UsageError("--csv and --json: one of them")
    if schema or sql is None:
        question = schema_of(views(whole=True))
        whole = True
    else:
        question, whole = sql, wants_all(sql)
    with opened(file, reader.complain, whole=whole) as database:
        reader.count()
        try:
            answer = asked(database, question)
            show(answer, as_csv=as_csv, as_json=json)
        except duckdb.Error as error:
            names = ", ".join(view.name for view in views(whole=True))
            raise UsageError(
                f"{str(error).rstrip()}\nThe views are {names}; `slabrace log query {file}` "
                "lists their columns"
            ) from error
    return 0


class Answer:
    """Columns, and rows as they come."""

    def __init__(self, database: DuckDBPyConnection) -> None:
        self.columns: list[str] = [str(column[0]) for column in database.description or ()]
        self._database = database

    def __iter__(self) -> Iterator[Sequence[Any]]:
        while some := self._database.fetchmany(ROWS):
            yield from some


def asked(database: DuckDBPyConnection, sql: str) -> Answer:
    """The answer to a question; what is none is refused before it is run."""
    from duckdb import StatementType

    statements = database.extract_statements(sql)
    if len(statements) != 1:
        raise UsageError(f"expected one question, found {len(statements)} statements")
    kind = statements[0].type
    if kind not in {StatementType.SELECT, StatementType.MULTI}:
        raise UsageError(f"a log is asked and not written: expected a select, found {kind.name}")
    database.execute(statements[0])
    return Answer(database)


def show(answer: Answer, *, as_csv: bool, as_json: bool) -> None:
    """Print an answer."""
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows(answer)
    elif as_json:
        show_json(answer)
    else:
        show_table(answer)


def show_json(answer: Answer) -> None:
    """Print one document, piece by piece."""
    encode = msgspec.json.Encoder(enc_hook=str).encode
    print(f'{{"columns": {encode(answer.columns).decode()}, "rows": [', end="")
    between = "\n"
    for row in answer:
        print(between, encode(row).decode(), sep="", end="")
        between = ",\n"
    print("\n]}")


def show_table(answer: Answer) -> None:
    """Print aligned rows, numbers to the right."""
    rows = iter(answer)
    first = list(islice(rows, MEASURED))
    numbers = [
        all(row[at] is None or type(row[at]) in {int, float} for row in first)
        for at in range(len(answer.columns))
    ]
    widths = [
        max(len(column), *(len(cell(row[at])) for row in first), 0)
        for at, column in enumerate(answer.columns)
    ]
    count = 0
    print(line(answer.columns, widths, numbers))
    for row in chain(first, rows):
        print(line([cell(value) for value in row], widths, numbers))
        count += 1
    if not count:
        say("no row")


def line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    """One row."""
    aligned = zip(cells, widths, numbers, strict=True)
    return "  ".join(
        f"{text:>{width}}" if number else f"{text:<{width}}" for text, width, number in aligned
    ).rstrip()


def cell(value: Any) -> str:
    """A value in a table."""
    if value is None:
        return ""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return text(str(value))
