"""LineFile: a file that only ever ends where a line ends.

Lines wait in memory and leave in blocks. When the disk is full or the reader has gone, the error
says how many lines are safe, and the half line after them is cut off if it can be (a pipe cannot).
It does not know what is in a line.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from slabrace.runtime.errors import UsageError

__all__ = ["LineFile", "LogError"]

BLOCK: Final = 1 << 16
"""Bytes that wait in memory at most."""


class LogError(UsageError):
    """The log could not be written on. What was written before stays readable."""


class LineFile:
    """See the head of this file. It serves as the ``file`` of a structlog BytesLogger."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.safe_lines = 0
        self.safe_bytes = 0
        self._waiting: list[bytes] = []
        self._size = 0
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        except OSError as error:
            raise LogError(f"cannot write the log {path}: {error.strerror}") from error

    def write(self, line: bytes) -> None:
        """Take one line, newline included."""
        self._waiting.append(line)
        self._size += len(line)

    def flush(self) -> None:
        """BytesLogger asks after each line; a block is worth a system call."""
        if self._size >= BLOCK:
            self.drain()

    def drain(self) -> None:
        """Write all that waits."""
        lines, self._waiting, self._size = self._waiting, [], 0
        block = b"".join(lines)
        done = 0
        try:
            while done < len(block):
                done += os.write(self._descriptor, block[done:])
        except OSError as error:
            whole = block.rfind(b"\n", 0, done) + 1
            self.safe_lines += block.count(b"\n", 0, whole)
            self.safe_bytes += whole
            raise self._lost(error, cut=self._cut()) from error
        self.safe_lines += len(lines)
        self.safe_bytes += len(block)

    def close(self) -> None:
        """Write what waits and let go of the file."""
        if self._descriptor < 0:
            return
        try:
            self.drain()
        finally:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _cut(self) -> bool:
        """Cut off a half line; not everything that can be written can be cut."""
        try:
            os.ftruncate(self._descriptor, self.safe_bytes)
        except OSError:
            return False
        return True

    def _lost(self, error: OSError, *, cut: bool) -> LogError:
        half = "" if cut else "; a half line may follow them"
        return LogError(
            f"cannot go on writing the log {self.path}: {error.strerror}. The first "
            f"{self.safe_lines} lines ({self.safe_bytes} bytes) are safe and readable{half}. "
            "Write it where there is room, or log fewer runs."
        )
