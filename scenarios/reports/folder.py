"""Folder: what is in a directory that campaigns and searches were saved to.

Schedules (files or tokens) and records are read; where a search stands is known and left alone; of
everything else it is said why it was skipped. Folders inside are looked into, but for reports that
were made before, and no link is followed to another. A file is known by what is in it, not by its
name.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from slabrace.runtime.errors import SlabraceError, UsageError
from slabrace.runtime.schedule import Schedule
from slabrace.scenarios.reports import record as records
from slabrace.scenarios.reports.record import Record

__all__ = ["Folder", "Skipped", "look", "printable"]

LARGEST: Final = 64 << 20
"""Bytes of a file that may be a schedule: one of ten million picks is smaller."""
SEARCH: Final = "slabrace.search/"
REPORT: Final = "slabrace.report/"


class Skipped(msgspec.Struct):
    """A file that nothing was made of, and why."""

    file: str
    why: str


@dataclass
class Folder:
    """See the head of this file. Names are relative to ``path``."""

    path: Path
    schedules: dict[str, Schedule] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    searches: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


class Head(msgspec.Struct):
    """What is looked at first."""

    schema: str = ""


def look(path: Path, beside: Path | None = None) -> Folder:
    """Read ``path``, but for the folder ``beside``: the report itself may be inside."""
    if not path.is_dir():
        what = "a file" if path.exists() else "nothing there"
        raise UsageError(
            f"{path}: expected a directory that `slabrace run` or `slabrace explore` saved to "
            f"(--save DIR), found {what}"
        )
    folder = Folder(path)
    for file in files(path, folder, beside):
        name = printable(file.relative_to(path))
        try:
            take(folder, name, file)
        except (SlabraceError, OSError) as error:
            why = getattr(error, "strerror", None) or str(error)
            folder.skipped.append(Skipped(name, why.removeprefix(f"{file}: ")))
        except RecursionError:
            folder.skipped.append(Skipped(name, "not ours: JSON that is nested too deep"))
    known = {PurePosixPath(name).parent for name in folder.records}
    folder.skipped += [
        Skipped(name, "where a search stands, with no record beside it: go on with --resume")
        for name in folder.searches
        if PurePosixPath(name).parent not in known
    ]
    return folder


def printable(path: Path) -> str:
    """A name as text, whatever bytes it is made of."""
    return os.fsencode(path.as_posix()).decode(errors="backslashreplace")


def files(path: Path, folder: Folder, beside: Path | None) -> Iterator[Path]:
    """All files below ``path``, in the order of their names."""

    def complain(error: OSError) -> None:
        name = Path(error.filename or path)
        folder.skipped.append(Skipped(printable(name), error.strerror or str(error)))

    def ours(place: Path) -> bool:
        """Whether a report is there, or will be."""
        if beside is not None and place.resolve() == beside.resolve():
            return True
        try:
            return schema_of((place / "report.json").read_bytes()).startswith(REPORT)
        except OSError:
            return False

    for root, below, names in os.walk(path, onerror=complain):
        below[:] = sorted(each for each in below if not ours(Path(root) / each))
        yield from (Path(root) / each for each in sorted(names))


def take(folder: Folder, name: str, file: Path) -> None:
    """Read one file, for what it is."""
    facts = file.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise UsageError("no regular file")
    if facts.st_size > LARGEST:
        raise UsageError(f"too large for a schedule ({facts.st_size:,} bytes)")
    data = file.read_bytes()
    schema = schema_of(data)
    if schema.startswith(SEARCH):
        folder.searches.append(name)
    elif schema.startswith("slabrace.campaign/"):
        folder.records[name] = records.read(data)
    else:
        folder.schedules[name] = Schedule.load(file)


def schema_of(data: bytes) -> str:
    """What a JSON document says that it is; nothing if it is none, or does not say."""
    try:
        return msgspec.json.decode(data, type=Head).schema
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
