"""`slabrace import`: a recording of a real kernel as a structured log."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Final, Self

import slabrace
from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_types import SCHEMA
from slabrace.scenarios.commands.log.convert import drafted
from slabrace.scenarios.commands.options import Help
from slabrace.scenarios.commands.output import AsJson, command, counted, print_json, say, tree
from slabrace.scenarios.recordings.census import Census
from slabrace.scenarios.recordings.importer import Importer
from slabrace.scenarios.recordings.source import HOW_TO_RECORD, RecordingError, lines_of

__all__ = ["import_"]

IMPORTED, DAMAGED = 0, 2
STDIN: Final = "-"
LISTED: Final = 16
"""Events that are listed with their count; the document of --json has all."""


def import_(
    trace: Annotated[
        str,
        Help("A file of ftrace text, plain, .gz or .zst; - is stdin.", allow_leading_hyphen=True),
    ],
    /,
    *,
    log: Annotated[Path, Help("Where to write the log: .jsonl, .gz, .zst or .parquet.")],
    json: AsJson = False,
) -> int:
    """Turn a recording of a real kernel into a structured log, for `log`, `export` and jq.

    Understood are the layouts of /sys/kernel/tracing/trace, `trace-cmd report` and `perf script`.
    Exit code 0: read to its end; 2: it could not be used, or is damaged and only its beginning was.
    """
    if trace.startswith("-") and trace != STDIN:
        raise UsageError(f"unknown option {trace} of `import`; it has --log and --json")
    if trace != STDIN and log.exists() and Path(trace).exists() and log.samefile(trace):
        raise UsageError(f"{trace} is the recording itself; give --log another file")
    damage: RecordingError | None = None
    with drafted(log) as path, Output(path) as output:
        importer = Importer(header(trace), output.write)
        try:
            for line in lines_of(sys.stdin if trace == STDIN else trace, trace):
                importer.feed(line)
        except RecordingError as error:
            damage = error
        importer.finish(None if damage is None else damage.reason)
    census = importer.census
    if not census.events:
        raise damage or nothing(trace, census)
    if json:
        document: dict[str, Any] = {"path": trace, "log": str(log), "header": importer.header}
        document |= census.to_json()
        print_json(document if damage is None else {**document, "error": str(damage)})
        return IMPORTED if damage is None else DAMAGED
    print(rendered(trace, log, importer))
    if damage is not None:
        say(f"{damage}; the log ends there")
        return DAMAGED
    return IMPORTED


def header(trace: str) -> dict[str, Any]:
    """The first line of the log, as far as it is known before the recording is read."""
    source = "stdin" if trace == STDIN else Path(trace).name
    versions = {"slabrace": slabrace.__version__}
    return {"schema": SCHEMA, "host": "kernel", "source": source, "versions": versions}


def nothing(trace: str, census: Census) -> RecordingError:
    """The error about a file without an event."""
    found = "an empty file" if not census.lines else f"none in {census.lines} lines"
    if census.unusable:
        first = census.unusable[0]
        found += f" (line {first.line}: {first.text!r})"
    return RecordingError(trace, "lines of ftrace text", found, HOW_TO_RECORD)


def rendered(trace: str, log: Path, importer: Importer) -> str:
    """What became of the lines, for people."""
    census = importer.census
    events = dict(list(census.to_json()["by_event"].items())[:LISTED])
    if more := census.events - sum(events.values()):
        events["(others)"] = more
    skipped = {why: count for why, count in census.skipped.items() if count}
    whole = f"{counted(census.lines, 'line')}, {counted(census.events, 'event')} of "
    out = [
        f"{trace}: {whole}{counted(census.runs, 'run')}, from {census.first} to {census.last}",
        tree({"events": events, **({"skipped": skipped} if skipped else {})}),
    ]
    out += [f"  line {each.line} is {each.why}: {each.text}" for each in census.unusable]
    if overwritten := importer.header.get("recording", {}).get("overwritten"):
        out.append(f"  {counted(overwritten, 'event')} overwritten before the recording was read")
    if census.lost:
        out.append(f"  {counted(census.lost, 'event')} lost by the ring buffer")
    if census.late:
        out.append(f"  {counted(census.late, 'event')} printed after a later one")
    out.append(f"log: {log}; read it: {command('log', 'show', str(log))}")
    return "\n".join(out)


class Output:
    """The log's file, made when there is a first line for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Any = None

    def write(self, lines: bytes, count: int) -> None:
        """Take ``count`` lines."""
        if self._file is None:
            from slabrace.runtime.line_file import LineFile

            self._file = LineFile(self._path)
        self._file.write(lines, count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
