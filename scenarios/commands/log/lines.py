"""Lines of a log, whatever it is packed in: what all commands of `slabrace log` read with.

A line that is no event is told of with its number and skipped; after `TOLD` of them only counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_reader import Header, Problem, Record, read
from slabrace.scenarios.commands.options import Help
from slabrace.scenarios.commands.output import say

__all__ = ["TOLD", "File", "Lines", "lines_of", "microseconds", "text"]

TOLD: Final = 20
"""Lines that are skipped one by one in words; of more, only the number is told."""

MAGIC: Final = b"PAR1"

File = Annotated[Path, Help("A log: JSON lines (plain, .gz, .zst) or Parquet.")]


def lines_of(file: Path) -> Iterator[Header | Record | Problem]:
    """The lines of ``file``, one at a time."""
    if begins(file) == MAGIC:
        from slabrace.scenarios.query import parquet

        return parquet.read(file)
    return read(file)


def begins(file: Path) -> bytes:
    """The first bytes of ``file``; none of a pipe, which has them once."""
    try:
        if not file.is_file():
            return b""
        with file.open("rb") as opened:
            return opened.read(len(MAGIC))
    except OSError as error:
        raise UsageError(f"cannot read the log {file}: {error.strerror}") from error


class Lines:
    """The headers and events of a log; counts all and keeps what is wrong with it."""

    def __init__(
        self, file: Path, lines: Iterable[Header | Record | Problem] | None = None
    ) -> None:
        self.file = file
        self._lines = lines_of(file) if lines is None else lines
        self.events = 0
        self.count_skipped = 0
        self.skipped: list[Problem] = []

    def __iter__(self) -> Iterator[Header | Record]:
        for line in self._lines:
            if isinstance(line, Problem):
                self.complain(line)
                continue
            if isinstance(line, Record):
                self.events += 1
            yield line

    def complain(self, problem: Problem) -> None:
        """Tell of a line that is skipped."""
        self.count_skipped += 1
        if self.count_skipped <= TOLD:
            say(f"line {problem.number} is skipped: {problem.reason}")
            self.skipped.append(problem)

    def conclude(self) -> None:
        """All is read: tell how much was skipped; a log without an event is none."""
        self.count()
        if not self.events:
            raise UsageError(f"{self.file} has no event; is it a log that slabrace wrote?")

    def count(self) -> None:
        """Tell how many were skipped beyond those that were told of."""
        if self.count_skipped > TOLD:
            say(f"{self.count_skipped} lines are skipped; these were the first {TOLD}")

    def remarks(self) -> dict[str, Any]:
        """What was skipped, for a document."""
        told = [{"line": each.number, "reason": each.reason} for each in self.skipped]
        return {"skipped": told, "skipped_lines": self.count_skipped}


def text(value: Any) -> str:
    """A value on one line, as a terminal may see it."""
    plain = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return plain if plain.isprintable() else "".join(map(visible, plain))


def visible(character: str) -> str:
    """``character``, or how it would be written in a program: no escape sequence gets through."""
    return character if character.isprintable() else repr(character)[1:-1]


def microseconds(nanoseconds: int) -> str:
    """A time, as the other tables have it."""
    return f"{nanoseconds / 1_000:.3f}us"
