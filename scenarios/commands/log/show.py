"""`slabrace log show`: the events of a log, of any length, as a table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.exporters.events import Table
from slabrace.runtime.log_filter import Filter, around
from slabrace.runtime.log_order import cone, moment
from slabrace.runtime.log_reader import Header, Problem, Record
from slabrace.scenarios.commands.log.lines import File, Lines, begins, text
from slabrace.scenarios.commands.log.paint import Paint
from slabrace.scenarios.commands.options import Help
from slabrace.scenarios.commands.output import AsJson, columns, say

__all__ = ["show"]

OWN_COLUMN: Final = ("run", "step", "vt", "actor", "event")

PAUSE: Final = 0.2
"""Seconds between two looks at a file that is followed."""

Where = Callable[[Iterable[Header | Record]], Iterator[Header | Record]]


def show(
    file: File,
    /,
    *,
    actor: Annotated[str | None, Help("Events of, from or to this actor.")] = None,
    event: Annotated[str | None, Help("Events of this name.")] = None,
    cpu: Annotated[str | None, Help("Events on this CPU.")] = None,
    memcg: Annotated[str | None, Help("Events with this memcg.")] = None,
    shrinker: Annotated[str | None, Help("Events with this shrinker.")] = None,
    nid: Annotated[str | None, Help("Events with this node.")] = None,
    run: Annotated[str | None, Help("Events of this run.")] = None,
    step: Annotated[int | None, Help("Events at this step.")] = None,
    steps: Annotated[str, Help("A range of steps: 10..200, 10.., ..200 or 17.")] = "..",
    times: Annotated[str, Help("A range of times: 1us..2ms, 1us.., ..2ms.", name="--time")] = "..",
    where: Annotated[list[str] | None, Help("Events with field=value. Repeatable.")] = None,
    around_step: Annotated[
        int | None, Help("This step and the lines around it.", name="--around")
    ] = None,
    context: Annotated[int, Help("How many lines on each side of --around.")] = 10,
    before: Annotated[
        int | None, Help("What happened before the delivery at this step, and it.")
    ] = None,
    after: Annotated[
        int | None, Help("What happened after the delivery at this step, and it.")
    ] = None,
    follow: Annotated[bool, Help("Go on reading as the log grows, until Ctrl-C.")] = False,
    json: AsJson = False,
) -> int:
    """Show the events of a log. Filters may be globs: --actor 'cpu*' --event 'mm_shrink_*'.

    --before and --after ask the vector clocks, not the clock: an event that came earlier and had
    nothing to do with it is not shown. With both, what lies between two deliveries is shown. The
    log is read once more for them, and no more of it is kept than one step.

    A line that is not an event is reported with its number and skipped.
    """
    by_name = {"actor": actor, "event": event, "cpu": cpu, "memcg": memcg, "shrinker": shrinker}
    by_name |= {"nid": nid, "run": run}
    globs = [(name, glob) for name, glob in by_name.items() if glob is not None]
    for given in where or []:
        name, equals, glob = given.partition("=")
        if not equals:
            raise UsageError(f"--where {given}: expected field=value")
        globs.append((name, glob))
    if step is not None:
        steps = str(step)
    if context < 0:
        raise UsageError(f"--context {context}: expected 0 or more lines")
    wanted = Filter(globs, steps, times)
    if follow and (before is not None or after is not None or json):
        raise UsageError("--follow has no end: it goes without --before, --after and --json")

    def chosen(lines: Iterable[Header | Record]) -> Iterator[Header | Record]:
        found = cone_of(file, lines, before, after, run)
        found = (line for line in found if isinstance(line, Header) or wanted(line.fields))
        return found if around_step is None else around(found, around_step, context)

    reader = Lines(file, following(file) if follow else None)
    if json:
        show_json(reader, chosen)
    elif not show_table(chosen(reader)) and reader.events:
        say("no event passes the filters")
    reader.conclude()
    return 0


def cone_of(
    file: Path,
    lines: Iterable[Header | Record],
    before: int | None,
    after: int | None,
    run: str | None,
) -> Iterable[Header | Record]:
    """What happened before and after two deliveries, as far as that is asked for."""
    if before is None and after is None:
        return lines
    only = Filter([("run", run)] if run is not None else [])

    def again() -> Iterator[Header | Record]:
        from slabrace.scenarios.commands.log.lines import lines_of

        for line in lines_of(file):
            if isinstance(line, Record) and only(line.fields):
                yield line

    until = None if before is None else moment(again(), before, "--before")
    since = None if after is None else moment(again(), after, "--after")
    return cone(lines, before=until, after=since)


def following(file: Path) -> Iterator[Header | Record | Problem]:
    """The lines of a log as it grows."""
    from slabrace.runtime.log_follow import follow

    head = begins(file)
    if head.startswith((b"PAR1", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        raise UsageError(f"--follow {file}: a packed log cannot be followed, only JSON lines")
    for line in follow(file, lambda: time.sleep(PAUSE)):
        if line is None:
            sys.stdout.flush()
        else:
            yield line


def show_table(lines: Iterable[Header | Record]) -> int:
    """Print events as they come; how many."""
    table = Table()
    paint = Paint()
    run = None
    shown = 0
    for line in lines:
        fields = line.fields
        if isinstance(line, Header):
            print(columns([(text(name), text(value)) for name, value in fields.items()]))
            continue
        if fields["run"] != run:
            run = fields["run"]
            print(f"\n{paint('run', f'run {text(run)}')}\n{paint('head', table.head())}")
        print(paint(fields["event"], row(table, fields)))
        shown += 1
    return shown


def row(table: Table, fields: dict[str, Any]) -> str:
    """One event."""
    event = fields["event"]
    if event == "deliver" and {"to", "message"} <= fields.keys():
        what = f"-> {text(fields['to'])}: {text(fields['message'])}"
        if fields.get("deferred"):
            what += " (no answer yet)"
        elif fields.get("answer") is not None:
            what += f" = {text(fields['answer'])}"
    else:
        rest = ((name, value) for name, value in fields.items() if name not in OWN_COLUMN)
        what = " ".join(f"{text(name)}={text(value)}" for name, value in rest)
    who = text(fields.get("actor") or "")
    return table.line(fields["step"], fields["vt"], who, text(event), what)


def show_json(reader: Lines, chosen: Where) -> None:
    """Print one document, piece by piece: the log may be longer than memory."""
    encode = msgspec.json.encode
    headers: list[dict[str, Any]] = []
    opened = False
    for line in chosen(reader):
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
    print(f"],\n{encode({'headers': headers, **reader.remarks()}).decode()[1:]}")
