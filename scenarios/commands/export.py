"""`slabrace export`: one run in a form that others read: a page, a picture, a viewer's file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from slabrace.actors.legend import LEGEND
from slabrace.runtime.errors import UsageError, nearest
from slabrace.runtime.exporters.diagram import diagram
from slabrace.runtime.log_reader import Header, read
from slabrace.runtime.run_log import RunLog
from slabrace.runtime.schedule import Schedule
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras, Help, blaming
from slabrace.scenarios.commands.output import AsJson, print_json, say
from slabrace.scenarios.commands.replay import title
from slabrace.scenarios.retelling import Retelling, retell

__all__ = ["FORMATS", "export"]

Write = Callable[..., list[str]]
"""Takes a `RunLog`, a `Legend` and a binary file; answers what was left out, one remark each."""


class Format(NamedTuple):
    """Where a format is written, and in a few words who opens it."""

    place: str
    opens: str
    story: bool = False
    """It also takes the race in columns, as ``story``; only a schedule that is replayed has one."""


FORMATS: Final[dict[str, Format]] = {
    "html": Format("slabrace.runtime.exporters.html:write", "any browser, offline", story=True),
}

LONGEST_STORY: Final = 20_000
"""Events of a run that is still told in columns."""


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
    told, retelling = loaded(run, only, extras or Extras())
    for problem in told.problems[:5]:
        say(f"line {problem.number} is skipped: {problem.reason}")
    module, _, name = FORMATS[format].place.partition(":")
    write: Write = getattr(import_module(module), name)
    if FORMATS[format].story and retelling is not None:
        write = partial(write, story=story_of(retelling))
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


def story_of(retelling: Retelling) -> str:
    """The race in columns, once for each violation; nothing of a run that is too long for that."""
    if len(retelling.log.records) > LONGEST_STORY:
        return ""
    broken = retelling.violations or (None,)
    return "\n\n".join(diagram(retelling.trace, each, title) for each in broken)


def loaded(source: str, run: str | None, extras: Extras) -> tuple[RunLog, Retelling | None]:
    """The run that ``source`` is: a log's, or one that is made again from its schedule."""
    path = Path(source)
    if len(source) < 256 and path.is_file() and is_log(path):
        return RunLog.read(path, run), None
    if run is not None:
        raise UsageError("a schedule is one run: --run is for logs")
    schedule = Schedule.read(source)
    scenario = Catalogue(extras.plugins.scenarios).find(schedule.scenario)
    with blaming():
        retelling = retell(schedule, scenario, extras.furnish())
    return retelling.log, retelling


def is_log(path: Path) -> bool:
    """Whether the first line that can be read is the header of a log."""
    return isinstance(next(read(path), None), Header)
