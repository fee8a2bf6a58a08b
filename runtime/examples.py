"""Examples: schedules that made a test fail, kept on disk to be tried first the next time.

    .slabrace/examples/<digest of the test>/<digest of the bug>.json

A file is an ordinary schedule, which `--slabrace-replay` takes too. One is written beside
its place and moved there, so that workers side by side see whole files or none, and one that is
gone was dropped by somebody else, which is fine. There is no other state.

This file keeps; whoever asks decides what is worth keeping.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from slabrace.runtime.errors import ScheduleError

if TYPE_CHECKING:
    from slabrace.runtime.schedule import Schedule

__all__ = ["Examples", "count"]

PATTERN = "*.json"


class Examples:
    """The kept schedules of one test. Nothing is created before there is something to keep."""

    def __init__(self, root: Path, test: str) -> None:
        self.folder = root / digest(test)

    def __iter__(self) -> Iterator[tuple[Path, Schedule]]:
        """Those that can be read, by name; those that cannot are dropped."""
        from slabrace.runtime.schedule import Schedule  # noqa: PLC0415  # not at pytest's start

        for path in sorted(self.folder.glob(PATTERN)):
            try:
                schedule = Schedule.load(path)
            except ScheduleError:
                self.drop(path)
            else:
                yield path, schedule

    def keep(self, signature: str, schedule: Schedule) -> Path:
        """Keep the schedule of a bug, in the place of an older one; where it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{digest(signature)}.json"
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        schedule.save(draft)
        draft.replace(path)
        return path

    def drop(self, path: Path) -> None:
        """Forget one, and the folder with the last of them."""
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # others are still in it, or it is gone
            self.folder.rmdir()


def count(root: Path) -> int:
    """How many are kept, of all tests."""
    return sum(1 for _ in root.glob(f"*/{PATTERN}"))


def digest(text: str) -> str:
    """A name for a file or a folder."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
