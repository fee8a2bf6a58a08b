"""`slabrace export`: one run in a form that others read: a page, a picture, a viewer's file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

from slabrace.actors.legend import LEGEND
from slabrace.runtime.errors import UsageError, nearest
from slabrace.runtime.exporters.diagram import diagram
from slabrace.runtime.log_filter import step_range
from slabrace.runtime.log_reader import Header
from slabrace.runtime.run_log import RunLog
from slabrace.runtime.schedule import Schedule
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.log.lines import lines_of
from slabrace.scenarios.commands.options import Extras, Help, blaming
from slabrace.scenarios.commands.output import AsJson, print_json, say
from slabrace.scenarios.formats import FORMATS, Format
from slabrace.scenarios.picturing import picture, title
from slabrace.scenarios.retelling import Retelling, retell

__all__ = ["export"]

TOLD: Final = 5
"""Lines that are skipped one by one in words."""
LONGEST_STORY: Final = 20_000
"""Events of a run that is still told in columns."""

Write = Callable[[BinaryIO], list[str]]


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
    steps: Annotated[str | None, Help("A part of a log: 10..200, 10.., ..200 or 17.")] = None,
    extras: Extras | None = None,
    json: AsJson = False,
) -> int:
    """Write one run in another form. What the form cannot hold is told of, and left out."""
    if format not in FORMATS:
        raise UsageError(f"--format {format}: no such format. {nearest(format, FORMATS)}")
    if json and output is None:
        raise UsageError("--json tells of what was written, so it needs --output FILE")
    told, write = prepared(FORMATS[format], run, only, steps, extras or Extras())
    for problem in told.problems[:TOLD]:
        say(f"line {problem.number} is skipped: {problem.reason}")
    if told.skipped > TOLD:
        say(f"{told.skipped} lines are skipped; these were the first {TOLD}")
    if output is None:
        remarks = write(sys.stdout.buffer)
    else:
        try:
            with output.open("wb") as out:
                remarks = write(out)
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


def prepared(
    form: Format, source: str, run: str | None, steps: str | None, extras: Extras
) -> tuple[RunLog, Write]:
    """The run that ``source`` is, and what writes it."""
    path = Path(source)
    if len(source) < 256 and path.is_file() and is_log(path):
        log = RunLog.read(path, run, steps=step_range(steps or ".."), lines=lines_of)
        if form.source != "trace":
            return log, partial(form.write, log, LEGEND)
        source = token_of(log, path)
    elif run is not None or steps is not None:
        raise UsageError(
            "a schedule is one run, and is told as a whole: --run, --steps are for logs"
        )
    schedule = Schedule.read(source)
    scenario = Catalogue(extras.plugins.scenarios).find(schedule.scenario)
    furnish = extras.furnish()
    with blaming():
        if form.source == "trace":
            drawn = BytesIO()
            made, remarks = picture(schedule, scenario, furnish, form.write, drawn)
            return made.log, partial(copied, drawn.getvalue(), remarks)
        made = retell(schedule, scenario, furnish)
    if form.source == "story":
        return made.log, partial(form.write, made.log, LEGEND, story=story_of(made))
    return made.log, partial(form.write, made.log, LEGEND)


def copied(drawn: bytes, remarks: list[str], out: BinaryIO) -> list[str]:
    """Write what is there already."""
    out.write(drawn)
    return remarks


def token_of(log: RunLog, path: Path) -> str:
    """The schedule of a logged run."""
    token = log.header.get("schedule")
    if log.header.get("host") == "kernel":
        raise UsageError(
            f"{path}: a picture is drawn from a run made again, and a recording of a kernel cannot "
            "be. Take --format html or perfetto"
        )
    if not isinstance(token, str):
        raise UsageError(
            f"{path}: a picture is drawn from a schedule, and this log has none in its header. "
            "Give the token or the file that `slabrace run` told of"
        )
    return token


def story_of(retelling: Retelling) -> str:
    """The race in columns, once for each violation; nothing of a run that is too long for that."""
    if len(retelling.log.records) > LONGEST_STORY:
        return ""
    broken = retelling.violations or (None,)
    return "\n\n".join(diagram(retelling.trace, each, title) for each in broken)


def is_log(path: Path) -> bool:
    """Whether the first line that can be read is the header of a log."""
    return isinstance(next(iter(lines_of(path)), None), Header)
