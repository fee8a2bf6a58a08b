"""Log follow: a log that is still being written, as ``tail -f`` reads it.

A line counts when its end is there: what is written in pieces is read in one. A file that became
shorter was begun anew, and so is reading it. Nothing is kept but the piece of a line.

Whoever follows waits for ever; how it waits is told from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_reader import LONGEST, Header, Problem, Record, parsed

__all__ = ["follow"]

BLOCK: Final = 1 << 16


def follow(path: Path, wait: Callable[[], None]) -> Iterator[Header | Record | Problem | None]:
    """The lines of the log at ``path`` as they come; None before each ``wait()`` for more."""
    try:
        with path.open("rb") as file:
            number = 0
            piece = b""
            while True:
                block = file.read(BLOCK)
                if not block:
                    yield None
                    wait()
                    if path.stat().st_size < file.tell():
                        file.seek(0)
                        number, piece = 0, b""
                        yield Problem(1, "the file became shorter; reading it from its beginning")
                    continue
                *lines, piece = (piece + block).split(b"\n")
                for line in lines:
                    number += 1
                    yield parsed(number, line + b"\n")
                if len(piece) >= LONGEST:
                    number += 1
                    yield parsed(number, piece)
                    piece = b""
    except OSError as error:
        raise UsageError(f"cannot follow the log {path}: {error.strerror}") from error
