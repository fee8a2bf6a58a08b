"""Writing: a report as a folder: pages, pictures, schedules, and all of it as data.

    index.html  report.json  NAME.html  pictures/NAME.svg  schedules/NAME.json  runs/NAME.html

A folder that has something else in it is left alone. One that has an earlier report gets the new
one instead: what that one wrote, as its report.json says, is removed first, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec

from slabrace.actors.legend import LEGEND
from slabrace.runtime.errors import UsageError
from slabrace.runtime.exporters import svg
from slabrace.runtime.run_log import RunLog
from slabrace.scenarios.reports.document import SCHEMA, Document
from slabrace.scenarios.reports.failure_page import failure_page
from slabrace.scenarios.reports.failures import Failure
from slabrace.scenarios.reports.index_page import index_page

__all__ = ["Binder"]

DATA: Final = "report.json"
INTERACTIVE: Final = "slabrace.runtime.exporters.html"


class Earlier(msgspec.Struct):
    """What an earlier report says of itself."""

    schema: str = ""
    files: list[str] = []


class Binder:
    """Puts a report into ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[str] = []

    def clear(self) -> None:
        """Make room; a UsageError if the folder is somebody else's."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not any(self.folder.iterdir()):
                return
            earlier = self.earlier()
            for name in earlier.files:
                place = Path(name)
                if not place.is_absolute() and ".." not in place.parts and len(place.parts) < 3:
                    (self.folder / place).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"cannot write a report to {self.folder}: {error.strerror or error}. "
                "Choose another place with --output DIR"
            ) from error

    def earlier(self) -> Earlier:
        """What is in the folder."""
        try:
            earlier = msgspec.json.decode((self.folder / DATA).read_bytes(), type=Earlier)
        except (OSError, msgspec.DecodeError):
            earlier = Earlier()
        if earlier.schema != SCHEMA:
            raise UsageError(
                f"{self.folder} is not empty, and what is in it is no report of this version. "
                "Choose another place with --output DIR, or remove it"
            )
        return earlier

    def run(self, name: str, log: RunLog, story: str) -> str | None:
        """The page on which one steps through a run; None where nobody can make one.

        ``story`` is the race in columns, which that page shows at its head.
        """
        if find_spec(INTERACTIVE) is None:
            return None
        out = BytesIO()
        import_module(INTERACTIVE).write(log, LEGEND, out, story=story)
        return self.put(f"runs/{name}.html", out.getvalue())

    def bind(self, document: Document, failures: Sequence[Failure], words: list[str]) -> None:
        """Write all of it; ``failures`` are in the order of the document's."""
        for each, failure in zip(document.failures, failures, strict=True):
            if failure.picture is not None:
                picture = "\n".join([*svg.lines(failure.picture), ""])
                self.put(each.picture, picture.encode())
                self.put(each.page, failure_page(document, each, failure.picture, words).encode())
            self.put(each.schedule, b"")
            failure.schedule.save(self.folder / each.schedule)
        self.put("index.html", index_page(document).encode())
        self.files.append(DATA)
        document.files = sorted(self.files)
        self.put(DATA, msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")

    def put(self, name: str, data: bytes) -> str:
        """Write one file; its name."""
        path = self.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
        if name not in self.files:
            self.files.append(name)
        return name
