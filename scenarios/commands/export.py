"""`slabrace export`: one run in a form that others read: a page, a picture, a viewer's file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, NamedTuple

from slabrace.actors.legend import LEGEND
from slabrace.runtime.errors import UsageError, nearest
from slabrace.runtime.legend import Legend
from slabrace.runtime.log_reader import Header, read
from slabrace.runtime.run_log import RunLog
from slabrace.runtime.schedule import Schedule
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras, Help, blaming
from slabrace.scenarios.commands.output import AsJson, print_json, say
from slabrace.scenarios.picturing import picture
from slabrace.scenarios.retelling import retell

__all__ = ["FORMATS", "export"]

Write = Callable[[RunLog, Legend, BinaryIO], list[str]]
"""Writes a run; answers what had to be left out, one remark each."""


class Format(NamedTuple):
    """Where a format is written, and in a few words who opens it."""

    place: str
    opens: str
    drawn: bool = False
    """From a trace with a witness, and not from a log (picturing.py)."""


FORMATS: Final[dict[str, Format]] = {
    "svg": Format("slabrace.runtime.exporters.svg:write", "browsers, LaTeX, Inkscape", drawn=True),
    "png": Format("slabrace.runtime.exporters.png:write", "slides", drawn=True),
}


def export(
    run: Annotated[str, Help("A token, a file with a schedule, or a log.")],
    /,
    *,
    format: Annotated[str, Help(f"One of: {', '.join(FORMATS)}.")],  # noqa: A002  # the option's name
    output: Annotated[
        Path | None, Help("Where to write; unless told, to the standard output.")
    ] = None,
    only: Annotated[
        str | None,
        Help("Which run of a log; unless told, the first that broke a law.", name="--run"),
    ] = None,
    extras: Extras | None = None,
    json: AsJson = False,
) -> int:
    """Write one run in another form. What the form cannot hold is told of, and left out."""
    if format not in FORMATS:
        raise UsageError(f"--format {format}: no such format. {nearest(format, FORMATS)}")
    module, _, name = FORMATS[format].place.partition(":")
    write: Write = getattr(import_module(module), name)
    if FORMATS[format].drawn:
        told, write = pictured(run, only, extras or Extras(), write)
    else:
        told = loaded(run, only, extras or Extras())
    for problem in told.problems[:5]:
        say(f"line {problem.number} is skipped: {problem.reason}")
    if output is None:
        if json:
            raise UsageError("--json tells of what was written, so it needs --output FILE")
        remarks = write(told, LEGEND, sys.stdout.buffer)
    else:
        try:
            with output.open("wb") as out:
                remarks = write(told, LEGEND, out)
        except OSError as error:
            raise UsageError(f"cannot write {output}: {error.strerror}") from error
    for remark in remarks:
        say(remark)
    if json and output is not None:
        print_json(document(told, format, output, remarks))
    return 0


def document(told: RunLog, format: str, output: Path, remarks: list[str]) -> dict[str, Any]:  # noqa: A002
    """What was written, for ``--json``."""
    return {
        "format": format, "output": str(output), "bytes": output.stat().st_size,
        "run": told.run, "events": len(told.records), "remarks": remarks,
    }  # fmt: skip


def loaded(source: str, run: str | None, extras: Extras) -> RunLog:
    """The run that ``source`` is: a log's, or one that is made again from its schedule."""
    path = Path(source)
    if len(source) < 256 and path.is_file() and is_log(path):
        return RunLog.read(path, run)
    if run is not None:
        raise UsageError("a schedule is one run: --run is for logs")
    schedule = Schedule.read(source)
    scenario = Catalogue(extras.plugins.scenarios).find(schedule.scenario)
    with blaming():
        return retell(schedule, scenario, extras.furnish()).log


def pictured(
    source: str, run: str | None, extras: Extras, draw: Callable[..., list[str]]
) -> tuple[RunLog, Write]:
    """The log of the run that is drawn, and who writes the picture: it is drawn here already.

    Of a log it is the run of the schedule in its header, if it has one.
    """
    path = Path(source)
    if len(source) < 256 and path.is_file() and is_log(path):
        token = RunLog.read(path, run).header.get("schedule")
        if not isinstance(token, str):
            raise UsageError(
                f"{source}: a picture is drawn from a schedule, and this log has none in its "
                "header. Give the token or the file that `slabrace run` told of"
            )
        source, run = token, None
    if run is not None:
        raise UsageError("a schedule is one run: --run is for logs")
    schedule = Schedule.read(source)
    scenario = Catalogue(extras.plugins.scenarios).find(schedule.scenario)
    drawn = BytesIO()
    with blaming():
        made, remarks = picture(schedule, scenario, extras.furnish(), draw, drawn)

    def write(_log: RunLog, _legend: Legend, out: BinaryIO) -> list[str]:
        out.write(drawn.getvalue())
        return remarks

    return made.log, write


def is_log(path: Path) -> bool:
    """Whether the first line that can be read is the header of a log."""
    return isinstance(next(read(path), None), Header)
