"""`slabrace report`: what campaigns and searches left in a directory, as pages for a browser.

Failures are made small unless told otherwise: a report is read more often than it is made, and a
run of thousands of deliveries is not understood by anybody. The files in the directory stay as they
are; the small schedules are the report's own.

(report.py beside this is another thing: what `run` prints of its result.)
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from slabrace.runtime.errors import UsageError
from slabrace.runtime.exporters.lettering import plain
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras, Help, blaming
from slabrace.scenarios.commands.output import AsJson, counted, print_json, say
from slabrace.scenarios.reports.document import Document, document, name_of
from slabrace.scenarios.reports.failures import BUDGET, Failure, collect, finish
from slabrace.scenarios.reports.folder import Folder, Skipped, look
from slabrace.scenarios.reports.writing import Binder

__all__ = ["report"]

SHOWN: Final = 10
"""Files that are named on the terminal as skipped."""


def report(
    directory: Annotated[Path, Help("What `run --save` or `explore --save` wrote to.")],
    /,
    *,
    output: Annotated[
        Path | None, Help("Where the report goes; unless told, `report` inside the directory.")
    ] = None,
    minimize: Annotated[
        bool, Help("Make failures small that were not yet.", negative="--no-minimize")
    ] = True,
    budget: Annotated[int, Help("Bound on the runs that are made for one of them.")] = BUDGET,
    extras: Extras | None = None,
    json: AsJson = False,
) -> int:
    """Write a report of a directory: index.html, and a page for each failure.

    The failures by signature, how often they were seen, how coverage grew, and which known bugs
    were found. It needs no network and no server: open index.html.
    """
    extras = extras or Extras()
    if budget < 1:
        raise UsageError(f"budget is {budget}; it must be at least 1")
    out = output or directory / "report"
    folder = look(directory, out)
    failures = collect(folder, extras)
    if not failures and not folder.records:
        raise UsageError(nothing(folder))
    binder = Binder(out)
    binder.clear()
    pages: dict[str, str | None] = {}
    for failure in failures:
        with blaming():
            log = finish(failure, budget if minimize else None, say)
        pages[name_of(failure)] = binder.run(name_of(failure), log, failure.drawing)
    told = document(folder, failures, list(Catalogue(extras.plugins.scenarios)))
    for each in told.failures:
        each.interactive = pages[each.name]
    by_name = {name_of(failure): failure for failure in failures}
    binder.bind(told, [by_name[each.name] for each in told.failures], extras.words)
    if json:
        print_json(told)
    else:
        print(summary(told, failures, out))
    return 0


def summary(told: Document, failures: list[Failure], out: Path) -> str:
    """What is printed for people."""
    runs = sum(each.runs for each in told.campaigns)
    counts = (len(failures), "failure"), (len(told.campaigns), "campaign"), (runs, "run")
    lines = [", ".join(counted(*each) for each in counts)]
    lines += [
        f"  {each.law} in {each.scenario}: its verdict is Never"
        for each in told.failures
        if each.unexpected
    ]
    lines += skipped(told.skipped)
    return "\n".join([*lines, str(out / "index.html")])


def nothing(folder: Folder) -> str:
    """There is nothing to report of."""
    files = sorted(folder.skipped, key=lambda each: each.file)
    told = "\n".join(skipped(files, rest="more files"))
    return (
        f"{folder.path}: expected schedules that `slabrace run --save` or `slabrace explore "
        f"--save` wrote, found none that can be used{':' if told else ''}\n{told}".rstrip()
    )


def skipped(files: list[Skipped], rest: str = "more files; report.json names them") -> list[str]:
    """A line to a file of which nothing was made."""
    lines = [f"  skipped {plain(each.file)}: {plain(each.why)}" for each in files[:SHOWN]]
    if len(files) > SHOWN:
        lines.append(f"  skipped {len(files) - SHOWN:,} {rest}")
    return lines
