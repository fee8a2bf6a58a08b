"""What a freshly booted machine brings along: the system's own shrinkers.

Counted in the recordings (kernel.md 10): 27 shrinkers in linux-6.1, 21 of them superblocks; 30 and
23 in linux-6.12. Two of the others are memcg aware: the workingset's shadow nodes, which answer
SHRINK_EMPTY, and deferred_split, which answers 0 and therefore keeps a bit once set. The rest
answers 0, but for kfree_rcu, which frees what its batches hold.

The cgroup file system caches one dentry per mkdir, so its shrinker is the one that has something to
do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slabrace.actors.arithmetic import SHRINK_EMPTY
from slabrace.actors.superblock import SuperBlock, cache_object, mount

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.memcg import Memcg
    from slabrace.actors.shrinker import ShrinkControl

__all__ = ["MEMCG_AWARE_OTHERS", "Answers", "Batches", "Boot"]

MEMCG_AWARE_OTHERS: Final = 2
"""mm-shadow and thp-deferred_split."""

BATCHED: Final = 29
"""Objects in kfree_rcu's batches at the first drop_caches of linux-6.1-phases-11."""

CGROUPFS_DENTRIES: Final = 2
"""Dentries that the cgroup file system caches beside one per mkdir (both recorded sizes)."""


class Answers:
    """Callbacks that always give the same count and never free anything."""

    def __init__(self, count: int) -> None:
        self.count = count

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        return self.count

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        sc.nr_scanned = 0
        return 0


class Batches(Answers):
    """kfree_rcu_shrink_count() and _scan(): everything goes at once."""

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        cpu.world.touch("krcp->head", write=False)
        return self.count

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        cpu.world.touch("krcp->head")
        freed, self.count = self.count, 0
        return freed


class Shadow(Answers):
    """count_shadow_nodes(): a list_lru that holds nothing, asked per memcg."""

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        cpu.ftrace("list_lru_count_one")
        return SHRINK_EMPTY


class Boot:
    """``await Boot(shrinkers, superblocks)(cpu)`` registers them in the order of a boot."""

    def __init__(self, shrinkers: int, superblocks: int) -> None:
        self.shrinkers = shrinkers
        self.superblocks = superblocks
        self.cgroupfs: SuperBlock | None = None

    async def __call__(self, cpu: Cpu) -> None:
        """Boot."""
        others = self.shrinkers - self.superblocks
        if others > 0:
            await self.add(
                cpu, "mm-shadow", Shadow(SHRINK_EMPTY), memcg_aware=True, numa_aware=True
            )
        if others > 1:
            await self.add(cpu, "thp-deferred_split", Answers(0), memcg_aware=True, nonslab=True)
        if others > 2:
            await self.add(cpu, "rcu-kfree", Batches(BATCHED))
        for number in range(others - 3):
            await self.add(cpu, f"system{number}", Answers(0))
        for number in range(self.superblocks):
            name = "cgroup2" if number == 0 else f"system-sb{number}"
            sb = await mount(cpu, name, seeks=0 if number == 0 else 2)
            if number == 0 and sb is not None:
                self.cgroupfs = sb
                for _ in range(CGROUPFS_DENTRIES):
                    await cache_object(cpu, sb, cpu.kernel.root_mem_cgroup)

    async def add(self, cpu: Cpu, name: str, ops: Answers, **flags: bool) -> None:
        """One shrinker that belongs to no superblock."""
        version = cpu.kernel.version
        shrinker = await version.shrinker_alloc(cpu, name, ops, **flags)
        if shrinker is not None:
            await version.shrinker_register(cpu, shrinker)

    async def mkdir(self, cpu: Cpu, parent: Memcg, name: str) -> Memcg | None:
        """mkdir(1): a memcg, and a dentry in the cgroup file system."""
        memcg = await cpu.kernel.lives.cgroup_mkdir(cpu, parent, name)
        if self.cgroupfs is not None:
            await cache_object(cpu, self.cgroupfs, cpu.kernel.root_mem_cgroup)
        return memcg
