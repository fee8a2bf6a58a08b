"""FsInfoSuperBlock: a file system with data of its own behind ``sb->s_fs_info``.

fill_super() sets the pointer, when the superblock and its shrinker are in the open already. The
count of the file system's own caches follows it, and so does its end: both have to be kept from a
superblock that is not filled.

Sources: fs/xfs/xfs_super.c:xfs_fs_nr_cached_objects(), xfs_fs_fill_super() (v4.16); the message of
8e04944f0ea8 for the ``kill_sb()`` of several others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slabrace.actors.superblock import SuperBlock

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel

__all__ = ["FsInfoSuperBlock"]


class FsInfoSuperBlock(SuperBlock):
    """See the head of this file."""

    __slots__ = ("s_fs_info",)

    def __init__(self, kernel: Kernel, nodes: int) -> None:
        super().__init__(kernel, nodes)
        self.s_fs_info: Any = None

    async def fill_super(self, cpu: Cpu) -> None:
        cpu.write_once(self, "s_fs_info", "filled")

    async def nr_cached_objects(self, cpu: Cpu) -> int:
        await self.follow(cpu, "nr_cached_objects()")
        return 0

    async def kill_sb(self, cpu: Cpu) -> None:
        await self.follow(cpu, "kill_sb()")

    async def follow(self, cpu: Cpu, where: str) -> None:
        """``sb->s_fs_info->...``."""
        if await cpu.read_once(self, "s_fs_info") is None:
            cpu.note("null_deref", cpu=cpu, what=f"{self.name}->s_fs_info in {where}")
