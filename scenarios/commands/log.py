"""`slabrace log show`: read a structured log, of any length, as a table."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import cyclopts
import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.exporters.events import Table
from slabrace.runtime.log_reader import Filter, Header, Problem, Record, read
from slabrace.runtime.log_types import json_schema
from slabrace.scenarios.commands.options import Help
from slabrace.scenarios.commands.output import AsJson, columns, print_json, say

__all__ = ["app"]

OWN_COLUMN: Final = ("run", "step", "vt", "actor", "event")

TOLD: Final = 20
"""Lines that are skipped one by one in words; of more, only the number is told."""

app = cyclopts.App(name="log", help="Read a structured log.")


@app.command
def show(
    file: Annotated[Path, Help("A log that `run --log` or `replay --log` wrote.")],
    /,
    *,
    actor: Annotated[str | None, Help("Events of, from or to this actor.")] = None,
    event: Annotated[str | None, Help("Events of this name.")] = None,
    memcg: Annotated[str | None, Help("Events with this memcg.")] = None,
    shrinker: Annotated[str | None, Help("Events with this shrinker.")] = None,
    run: Annotated[str | None, Help("Events of this run.")] = None,
    steps: Annotated[str, Help("A range of steps: 10..200, 10.., ..200 or 17.")] = "..",
    where: Annotated[list[str] | None, Help("Events with field=value. Repeatable.")] = None,
    json: AsJson = False,
) -> int:
    """Show the events of a log. Filters may be globs: --actor 'cpu*' --event 'mm_shrink_*'.

    A line that is not an event is reported with its number and skipped.
    """
    by_name = {"actor": actor, "event": event, "memcg": memcg, "shrinker": shrinker, "run": run}
    globs = {name: glob for name, glob in by_name.items() if glob is not None}
    for text in where or []:
        name, equals, glob = text.partition("=")
        if not equals:
            raise UsageError(f"--where {text}: expected field=value")
        globs[name] = glob
    reader = Reader(file, Filter(globs, steps))
    if json:
        show_json(reader)
    else:
        show_table(reader)
    if reader.count_skipped > TOLD:
        say(f"{reader.count_skipped} lines are skipped; these were the first {TOLD}")
    if not reader.events:
        raise UsageError(f"{file} has no event; is it a log that slabrace wrote?")
    return 0


@app.command
def schema() -> int:
    """Print the JSON Schema of a line."""
    print_json(json_schema())
    return 0


class Reader:
    """The headers and the wanted events of a log; counts all and keeps what is wrong with it."""

    def __init__(self, file: Path, wanted: Filter) -> None:
        self._lines = read(file)
        self._wanted = wanted
        self.events = 0
        self.count_skipped = 0
        self.skipped: list[Problem] = []

    def __iter__(self) -> Iterator[Header | Record]:
        for line in self._lines:
            if isinstance(line, Problem):
                self.complain(line)
            elif isinstance(line, Header):
                yield line
            else:
                self.events += 1
                if self._wanted(line.fields):
                    yield line

    def complain(self, problem: Problem) -> None:
        """Tell of a line that is skipped."""
        self.count_skipped += 1
        if self.count_skipped <= TOLD:
            say(f"line {problem.number} is skipped: {problem.reason}")
            self.skipped.append(problem)


def show_table(lines: Iterable[Header | Record]) -> None:
    """Print events as they come."""
    table = Table()
    styled = sys.stdout.isatty()
    run = None
    shown = 0
    for line in lines:
        fields = line.fields
        if isinstance(line, Header):
            print(columns([(name, text(value)) for name, value in fields.items()]))
            continue
        if fields["run"] != run:
            run = fields["run"]
            print(f"\n{strong(f'run {run}', styled=styled)}\n{table.head()}")
        print(row(table, fields))
        shown += 1
    if not shown:
        say("no event passes the filters")


def row(table: Table, fields: dict[str, Any]) -> str:
    """One event."""
    event = fields["event"]
    if event == "deliver" and {"to", "message"} <= fields.keys():
        answer = "" if fields.get("answer") is None else f" = {text(fields['answer'])}"
        what = f"-> {fields['to']}: {fields['message']}{answer}"
    else:
        rest = ((name, value) for name, value in fields.items() if name not in OWN_COLUMN)
        what = " ".join(f"{name}={text(value)}" for name, value in rest)
    return table.line(fields["step"], fields["vt"], fields.get("actor") or "", event, what)


def text(value: Any) -> str:
    """A value on one line."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def strong(line: str, *, styled: bool) -> str:
    """``line`` in bold, where it can be seen."""
    if not styled:
        return line
    from rich.console import Console

    console = Console()
    with console.capture() as capture:
        console.print(f"[bold]{line}[/bold]", end="", highlight=False)
    return capture.get()


def show_json(reader: Reader) -> None:
    """Print one document, piece by piece: the log may be longer than memory."""
    encode = msgspec.json.encode
    headers: list[dict[str, Any]] = []
    opened = False
    for line in reader:
        if isinstance(line, Header):
            headers.append(line.fields)
            continue
        print(",\n" if opened else '{"events": [\n', end="")
        print(encode(line.fields).decode(), end="")
        opened = True
    if not reader.events:
        return  # the error is the document
    if not opened:
        print('{"events": [', end="")
    skipped = [{"line": each.number, "reason": each.reason} for each in reader.skipped]
    rest = {"headers": headers, "skipped": skipped, "skipped_lines": reader.count_skipped}
    print(f"],\n{encode(rest).decode()[1:]}")
