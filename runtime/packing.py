"""Packing: how a log is compressed, told by its name when it is written and by its bytes when read.

Blocks of lines are packed one by one, each into a member (gzip) or frame (zstd) of its own: what
was written stays readable whatever becomes of the rest, and readers take them for one file.

zstd is an extra (``zstandard``) until it is part of Python.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, Final, NamedTuple, cast

from slabrace.runtime.errors import UsageError
from slabrace.runtime.frames import Frames

__all__ = ["BROKEN", "GZIP", "ZSTD", "Packing", "opened", "packing", "zstd"]

BLOCK: Final = 1 << 16
PACKED: Final = 1 << 20
GZIP_LEVEL: Final = 2
"""More makes a log of ours a tenth smaller and takes three times as long."""
GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"

BROKEN: Final = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading may raise where a packed file is cut short or damaged."""


class Packing(NamedTuple):
    """``pack`` makes a member of a block of lines of about ``block`` bytes; None: as it is."""

    block: int
    pack: Callable[[bytes], bytes] | None = None


PLAIN: Final = Packing(BLOCK)


def packing(path: Path) -> Packing:
    """How a file of this name is packed."""
    if path.suffix == ".gz":
        return Packing(PACKED, lambda block: gzip.compress(block, GZIP_LEVEL, mtime=0))
    if path.suffix == ".zst":
        return Packing(PACKED, zstd(path).ZstdCompressor().compress)
    return PLAIN


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """``path``, unpacked as it is read. Reading may raise an OSError or one of ``BROKEN``."""
    with path.open("rb") as file:
        head = file.peek(4)
        if head.startswith(GZIP):
            with gzip.open(file) as unpacked:
                yield cast("BinaryIO", unpacked)
        elif head.startswith(ZSTD):
            with io.BufferedReader(Frames(zstd(path), file)) as frames:
                yield frames
        else:
            yield file


def zstd(path: Path) -> ModuleType:
    """The library."""
    try:
        import zstandard  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise UsageError(
            f"{path} is packed with zstd, which needs the package zstandard: "
            "pip install 'slabrace[query]', or use .gz"
        ) from error
    return zstandard
