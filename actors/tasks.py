"""What runs on CPUs: reclaimers, mounters, touchers, makers and removers of memcgs. One actor each.

Scenarios put them together; each does one thing from beginning to end. Several things one after the
other are a ``Script``.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from slabrace.actors.cpu import Cpu
from slabrace.actors.memcg_iter import css_put, css_tryget
from slabrace.actors.messages import WaitEvent
from slabrace.actors.reclaim import (
    balance_pgdat,
    drop_slab,
    memory_reclaim,
    try_to_free_pages,
)
from slabrace.actors.superblock import SuperBlock, cache_object, mount, touch, umount

if TYPE_CHECKING:
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.memcg import Memcg
    from slabrace.actors.workqueue import WaitQueue

__all__ = [
    "DirectReclaimer", "DropCaches", "Kswapd", "MemcgCreator", "MemcgOffliner", "MemcgRemover",
    "MemoryReclaim", "Mounter", "Script", "SlabReclaimer", "Toucher", "Umounter",
]  # fmt: skip

PAGE = 4096
MIB = 256
"""Pages in a MiB."""


class Script(Cpu):
    """Runs any coroutine function of a Cpu: ``Script(kernel, lambda cpu: umount(cpu, sb))``."""

    def __init__(self, kernel: Kernel, *steps: Callable[[Cpu], Coroutine[Any, Any, Any]]) -> None:
        super().__init__(kernel)
        self.steps = steps

    async def main(self) -> None:
        for step in self.steps:
            await step(self)


class SlabReclaimer(Cpu):
    """shrink_slab() of one memcg and node: the walk alone, without the page LRUs."""

    def __init__(
        self, kernel: Kernel, memcg: Memcg, *, nid: int = 0, priority: int = 0, passes: int = 1
    ) -> None:
        super().__init__(kernel)
        self.memcg = memcg
        self.nid = nid
        self.priority = priority
        self.passes = passes

    async def main(self) -> None:
        """The caller of shrink_slab() holds the memcg's css, as mem_cgroup_iter() would."""
        for _ in range(self.passes):
            if not await css_tryget(self, self.memcg):
                return
            await self.kernel.version.shrink_slab(
                self, "GFP_KERNEL", self.nid, self.memcg, self.priority
            )
            await css_put(self, self.memcg)


class DirectReclaimer(Cpu):
    """Direct reclaim from ``memcg`` (the root: global)."""

    def __init__(self, kernel: Kernel, memcg: Memcg, pages: int = 32) -> None:
        super().__init__(kernel)
        self.memcg = memcg
        self.pages = pages

    async def main(self) -> None:
        await try_to_free_pages(self, self.memcg, self.pages)


class MemoryReclaim(Cpu):
    """A writer of memory.reclaim."""

    def __init__(self, kernel: Kernel, memcg: Memcg, pages: int, retries: int = 16) -> None:
        super().__init__(kernel)
        self.memcg = memcg
        self.pages = pages
        self.retries = retries

    async def main(self) -> None:
        await memory_reclaim(self, self.memcg, self.pages, self.retries)


class Kswapd(Cpu):
    """kswapd of one node: sleeps until it is woken, balances, for ever."""

    daemon = True

    def __init__(self, kernel: Kernel, nid: int, wait: WaitQueue) -> None:
        super().__init__(kernel)
        self.nid = nid
        self.wait = wait

    async def main(self) -> None:
        while True:
            await self.ask(self.wait, WaitEvent())
            await balance_pgdat(self, self.nid)


class DropCaches(Cpu):
    """echo 2 > /proc/sys/vm/drop_caches."""

    async def main(self) -> None:
        await drop_slab(self)


class Mounter(Cpu):
    """Mounts ``names`` one after the other; ``mounted`` is what it has."""

    def __init__(self, kernel: Kernel, *names: str) -> None:
        super().__init__(kernel)
        self.names = names
        self.mounted: list[SuperBlock] = []

    async def main(self) -> None:
        for name in self.names:
            sb = await mount(self, name)
            if sb is not None:
                self.mounted.append(sb)


class Umounter(Cpu):
    """Unmounts one superblock."""

    def __init__(self, kernel: Kernel, sb: SuperBlock) -> None:
        super().__init__(kernel)
        self.sb = sb

    async def main(self) -> None:
        await umount(self, self.sb)


class Toucher(Cpu):
    """Writes a file: charges ``pages`` and caches ``objects`` inodes, on behalf of ``memcg``."""

    def __init__(
        self,
        kernel: Kernel,
        memcg: Memcg,
        sb: SuperBlock,
        *,
        pages: int = 0,
        objects: int = 1,
        nid: int = 0,
    ) -> None:
        super().__init__(kernel)
        self.memcg = memcg
        self.sb = sb
        self.pages = pages
        self.objects = objects
        self.nid = nid

    async def main(self) -> None:
        if self.pages and not await touch(self, self.sb, self.memcg, self.pages, self.nid):
            return
        for _ in range(self.objects):
            await cache_object(self, self.sb, self.memcg, self.nid)


class MemcgCreator(Cpu):
    """mkdir; ``created`` holds what could be made."""

    def __init__(self, kernel: Kernel, parent: Memcg, *names: str) -> None:
        super().__init__(kernel)
        self.parent = parent
        self.names = names
        self.created: list[Memcg] = []

    async def main(self) -> None:
        for name in self.names:
            memcg = await self.kernel.lives.cgroup_mkdir(self, self.parent, name)
            if memcg is not None:
                self.created.append(memcg)


class MemcgOffliner(Cpu):
    """The second half of rmdir, without the grace period before it and the freeing after it.

    css_killed_work_fn() of memcgs that nobody holds: what is theirs goes to their parents.
    """

    def __init__(self, kernel: Kernel, *memcgs: Memcg) -> None:
        super().__init__(kernel)
        self.memcgs = memcgs

    async def main(self) -> None:
        kernel = self.kernel
        for memcg in self.memcgs:
            await self.mutex_lock(kernel.cgroup_mutex)
            await kernel.lives.mem_cgroup_css_offline(self, memcg)
            self.write_once(memcg, "css_online", False)
            self.mutex_unlock(kernel.cgroup_mutex)


class MemcgRemover(Cpu):
    """rmdir."""

    def __init__(self, kernel: Kernel, *memcgs: Memcg) -> None:
        super().__init__(kernel)
        self.memcgs = memcgs

    async def main(self) -> None:
        for memcg in self.memcgs:
            await self.kernel.lives.cgroup_rmdir(self, memcg)
