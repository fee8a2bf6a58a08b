"""Frames: a zstd file unpacked as it is read, that notices where it was cut.

Theory. A zstd file is a row of frames. The library's own reader takes the end of the file for the
end of a frame, and so a file that was cut short for a short one; here a frame that is not over when
the file is, is an EOFError. The file goes in by small pieces, since a piece of it may unpack to
many thousand times its size.

This file must not know what is in the frames, nor where the library comes from.
"""

from __future__ import annotations

import io
from types import ModuleType
from typing import Any, BinaryIO, Final

__all__ = ["Frames"]

PIECE: Final = 512
"""Bytes of the file unpacked at a time; the worst of files makes 16 MiB of them."""


class Frames(io.RawIOBase):
    """A raw stream of what is in the frames of ``file``, by the library ``zstandard``."""

    def __init__(self, zstandard: ModuleType, file: BinaryIO) -> None:
        self._file = file
        self._begin = zstandard.ZstdDecompressor().decompressobj
        self._error = zstandard.ZstdError
        self._frame: Any = None
        self._packed = b""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill some of ``buffer``; 0 at the end of a whole file."""
        while not self._ready:
            if not self._packed:
                self._packed = self._file.read(PIECE)
            if not self._packed:
                if self._frame is not None:
                    raise EOFError("the file ends before its frame does")
                return 0
            self._unpack()
        part = self._ready[: len(buffer)]
        buffer[: len(part)] = part
        self._ready = self._ready[len(part) :]
        return len(part)

    def _unpack(self) -> None:
        if self._frame is None:
            self._frame = self._begin()
        try:
            self._ready = memoryview(self._frame.decompress(self._packed))
        except self._error as error:
            raise EOFError(str(error)) from error
        self._packed = b""
        if self._frame.eof:
            self._packed = self._frame.unused_data
            self._frame = None
