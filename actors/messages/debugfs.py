"""What is sent to debugfs and to its allocator of numbers."""

from __future__ import annotations

from slabrace.actors.messages.access import Access

__all__ = [
    "DebugfsCreateDir",
    "DebugfsFileGet",
    "DebugfsFilePut",
    "DebugfsFileRemoved",
    "DebugfsRemoveDir",
    "IdaAlloc",
    "IdaFree",
]

# ruff: noqa: D101 (the names are the kernel's own; the groups say what they are sent to)

# -- DebugfsRoot: its entries are parts of it, one to a name ----------------------------


class DebugfsCreateDir(Access, frozen=True, gc=False):
    """Create a directory; False if there is one of this name."""

    entry: str
    name = "debugfs_create_dir"

    def part(self) -> str:
        return self.entry


class DebugfsRemoveDir(Access, frozen=True, gc=False):
    entry: str
    name = "debugfs_remove"

    def part(self) -> str:
        return self.entry


# -- DebugfsFile -----------------------------------------------------------------------


class DebugfsFileGet(Access, frozen=True, gc=False):
    """Keep the file's owner from going; False once it was removed."""

    name = "debugfs_file_get"


class DebugfsFilePut(Access, frozen=True, gc=False):
    name = "debugfs_file_put"


class DebugfsFileRemoved(Access, frozen=True, gc=False):
    """Let nobody in any more; answered when the last one inside is out."""

    name = "debugfs_file_removed"


# -- Ida -------------------------------------------------------------------------------


class IdaAlloc(Access, frozen=True, gc=False):
    name = "ida_alloc"


class IdaFree(Access, frozen=True, gc=False):
    id: int
    name = "ida_free"
