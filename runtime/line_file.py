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
        self._block = b""  # on its way; Ctrl-C may fall into the middle of it
        self._sent = 0
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
        self._send()
        if self._waiting:
            self._block, self._waiting, self._size = b"".join(self._waiting), [], 0
            self._send()

    def close(self) -> None:
        """Write what waits and let go of the file."""
        if self._descriptor < 0:
            return
        try:
            self.drain()
        finally:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _send(self) -> None:
        """Write the rest of the block."""
        try:
            while self._sent < len(self._block):
                self._sent += os.write(self._descriptor, self._block[self._sent :])
        except OSError as error:
            self._count(self._block.rfind(b"\n", 0, self._sent) + 1)
            self._waiting, self._size = [], 0  # there is no place for them
            raise self._lost(error) from error
        self._count(len(self._block))

    def _count(self, whole: int) -> None:
        """The first ``whole`` bytes of the block are safe, and are lines; the block is over."""
        self.safe_lines += self._block.count(b"\n", 0, whole)
        self.safe_bytes += whole
        self._block, self._sent = b"", 0

    def _lost(self, error: OSError) -> LogError:
        """Cut off the half line and say what is left."""
        half = ""
        try:
            os.ftruncate(self._descriptor, self.safe_bytes)
        except OSError:  # not everything that can be written can be cut
            half = "; half a line may follow them"
        return LogError(
            f"cannot go on writing the log {self.path}: {error.strerror}. The first "
            f"{self.safe_lines} lines ({self.safe_bytes} bytes) are safe and readable{half}. "
            "Write it where there is room, or log fewer runs."
        )
