"""Debugfs as far as shrinkers are in it: a directory for each, with the files count and scan.

A user of a file is counted while inside (debugfs_file_get(), debugfs_file_put()), and
debugfs_remove_recursive() waits until the last one is out. So whoever removes a directory waits for
whatever those handlers wait for: that is what C1 is about. The files go first, then the directory's
name.

Sources: fs/debugfs/file.c:debugfs_file_get(), full_proxy_read(); fs/debugfs/inode.c:
debugfs_create_dir(), __debugfs_file_removed(), debugfs_remove(); lib/idr.c:ida_alloc_range(); v6.6.
What the handlers of the files do is in shrinker_debug.py. The memory of directory entries is not
modelled: an open file keeps its own.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from slabrace.actors.messages import (
    DebugfsCreateDir,
    DebugfsFileGet,
    DebugfsFilePut,
    DebugfsFileRemoved,
    DebugfsRemoveDir,
    IdaAlloc,
    IdaFree,
)
from slabrace.actors.object import KernelObject, Part
from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.message import DEFERRED, Envelope

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.shrinker import Shrinker

__all__ = ["DebugfsDir", "DebugfsFile", "DebugfsRoot", "Ida", "Kstrdup", "debugfs_remove_recursive"]


class Kstrdup(KernelObject):
    """A copy of a string: the name that a shrinker was given."""

    __slots__ = ("owner", "text")
    kind = "kstrdup"

    def __init__(self, owner: Shrinker, text: str) -> None:
        self.owner = owner
        self.text = text

    @property
    def name(self) -> str:
        return f"{self.owner.name}.name"


class Ida(Part):
    """An allocator of numbers, the lowest free one first."""

    __slots__ = ("free", "next")
    kind = "ida"

    def __init__(self) -> None:
        self.free: list[int] = []  # given back, smallest first
        self.next = 0

    @handles(IdaAlloc)
    def ida_alloc(self, message: IdaAlloc) -> int:
        if self.free:
            return heapq.heappop(self.free)
        self.next += 1
        return self.next - 1

    @handles(IdaFree)
    def ida_free(self, message: IdaFree) -> None:
        heapq.heappush(self.free, message.id)


class DebugfsRoot(Part):
    """/sys/kernel/debug/shrinker: names that are taken."""

    __slots__ = ("entries",)
    kind = "dentry"

    def __init__(self) -> None:
        self.entries: dict[str, None] = {}

    @handles(DebugfsCreateDir)
    def create_dir(self, message: DebugfsCreateDir) -> bool:
        if message.entry in self.entries:
            self.note("debugfs_present", parent=self, entry=message.entry, by=self.sender)
            return False
        self.entries[message.entry] = None
        return True

    @handles(DebugfsRemoveDir)
    def remove_dir(self, message: DebugfsRemoveDir) -> None:
        del self.entries[message.entry]


class DebugfsFile(Part):
    """A file, and who is inside one of its operations (struct debugfs_fsdata)."""

    __slots__ = ("removal", "removed", "users")
    kind = "dentry"

    def __init__(self) -> None:
        self.users: list[Actor] = []
        self.removed = False
        self.removal: Envelope | None = None  # who waits for the users

    @handles(DebugfsFileGet)
    def file_get(self, message: DebugfsFileGet) -> bool:
        if self.removed:
            return False
        self.users.append(self.sender)
        return True

    @handles(DebugfsFilePut)
    def file_put(self, message: DebugfsFilePut) -> None:
        self.users.remove(self.sender)
        if not self.users and self.removal is not None:
            self.answer(self.removal)

    @handles(DebugfsFileRemoved)
    def file_removed(self, message: DebugfsFileRemoved) -> object:
        self.removed = True
        if not self.users:
            return None
        self.removal = self.defer()
        return DEFERRED

    def explain_wait(self, envelope: Envelope) -> str:
        return f"{self.name}, in use by {', '.join(user.name for user in self.users)}"


class DebugfsDir:
    """A directory entry, as whoever has it open holds it; ``shrinker`` is its private data."""

    __slots__ = ("count", "id", "path", "scan", "shrinker")

    def __init__(self, shrinker: Shrinker, path: str, id_: int) -> None:
        self.shrinker = shrinker
        self.path = path
        self.id = id_
        self.count = DebugfsFile()
        self.scan = DebugfsFile()
        self.count.publish_in(shrinker.world, f"{shrinker.name}/count")
        self.scan.publish_in(shrinker.world, f"{shrinker.name}/scan")


async def debugfs_remove_recursive(cpu: Cpu, root: DebugfsRoot, entry: DebugfsDir) -> None:
    """Remove the files, waiting for their users, then the directory: only now its name is free."""
    cpu.ftrace("debugfs_remove_recursive")
    cpu.might_sleep("debugfs_remove_recursive()")
    for file in (entry.scan, entry.count):  # the youngest first
        await cpu.ask(file, DebugfsFileRemoved())
    await cpu.ask(root, DebugfsRemoveDir(entry.path))
