"""LineFile: a file that only ever ends where a line ends.

Lines wait in memory and leave in blocks, packed as the file's name says (packing.py). When the
disk is full or the reader has gone, the error says how many lines are safe, and the half line after
them is cut off if it can be (a pipe cannot). It does not know what is in a line.
"""

from __future__ import annotations

import os
from pathlib import Path

from slabrace.runtime.errors import UsageError
from slabrace.runtime.packing import packing

__all__ = ["LineFile", "LogError"]


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
        self._count = 0
        self._packing = packing(path)
        self._block = b""  # on its way; Ctrl-C may fall into the middle of it
        self._lines = 0  # in it, if it is packed
        self._sent = 0
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        except OSError as error:
            raise LogError(f"cannot write the log {path}: {error.strerror}") from error

    def write(self, line: bytes, count: int = 1) -> None:
        """Take one line, or ``count`` of them, newlines included."""
        self._waiting.append(line)
        self._size += len(line)
        self._count += count
        if self._size >= self._packing.block:
            self.drain()

    def flush(self) -> None:
        """BytesLogger asks after each line; only a block is worth a system call."""

    def drain(self) -> None:
        """Write all that waits."""
        self._send()
        if self._waiting:
            pack = self._packing.pack
            block = b"".join(self._waiting)
            self._block, self._lines = block if pack is None else pack(block), self._count
            self._waiting, self._size, self._count = [], 0, 0
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
            whole = 0  # of a packed block, all or nothing can be read
            if self._packing.pack is None:
                whole = self._block.rfind(b"\n", 0, self._sent) + 1
            self._pass(whole, self._block.count(b"\n", 0, whole))
            self._waiting, self._size, self._count = [], 0, 0  # there is no place for them
            raise self._lost(error) from error
        except KeyboardInterrupt:
            self._sent = self._reached()
            raise
        self._pass(len(self._block), self._lines)

    def _reached(self) -> int:
        """How much of the block is written: Ctrl-C falls between a write and its being counted."""
        try:
            return os.lseek(self._descriptor, 0, os.SEEK_CUR) - self.safe_bytes
        except OSError:  # a pipe does not know
            return self._sent

    def _pass(self, whole: int, lines: int) -> None:
        """The first ``whole`` bytes of the block are safe, and are ``lines``; the block is over."""
        self.safe_lines += lines
        self.safe_bytes += whole
        self._block, self._lines, self._sent = b"", 0, 0

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
