"""SuperBlock: a mount and its shrinker (tmpfs and the like): count, scan, mount, umount.

The shrinker counts what the two list_lrus of the superblock hold for a memcg, and answers
SHRINK_EMPTY where that is nothing. tmpfs pins its dentries, so a touched file adds nothing to the
lists; what other file systems would cache there is added by ``cache_object``.

Sources: fs/super.c (v6.7): alloc_super(), super_cache_count(), super_cache_scan(),
deactivate_locked_super(), SB_BORN; fs/namespace.c:namespace_unlock() (the expedited grace period).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from slabrace.actors.arithmetic import SHRINK_EMPTY, SHRINK_STOP, SUPER_BLOCK_BATCH
from slabrace.actors.list_lru import Item, ListLru, ObjCgroup
from slabrace.actors.locks import RwSem
from slabrace.actors.memcg_iter import css_put, css_tryget
from slabrace.actors.messages import Kfree
from slabrace.actors.object import KernelObject
from slabrace.actors.reclaim import try_charge

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.memcg import Memcg
    from slabrace.actors.shrinker import ShrinkControl, Shrinker
    from slabrace.runtime.world import World

__all__ = ["SuperBlock", "cache_object", "get_tree", "mount", "touch", "umount"]


class SuperBlock(KernelObject):
    """struct super_block, as far as its shrinker looks at it."""

    __slots__ = ("dentry_lru", "embedded", "inode_lru", "kernel", "s_shrink", "s_umount", "sb_born")
    kind = "super_block"

    def __init__(self, kernel: Kernel, nodes: int) -> None:
        self.kernel = kernel
        self.sb_born = False
        self.s_umount = RwSem("s_umount")
        self.s_shrink: Shrinker | None = None
        self.embedded: Shrinker | None = None
        self.dentry_lru = ListLru(None, nodes, memcg_aware=kernel.kmem)
        self.inode_lru = ListLru(None, nodes, memcg_aware=kernel.kmem)

    def publish_in(self, world: World, name: str = "") -> None:
        super().publish_in(world, name)
        self.s_umount.publish_in(world, f"{name}.s_umount")
        self.dentry_lru.publish_in(world, f"{name}.s_dentry_lru")
        self.inode_lru.publish_in(world, f"{name}.s_inode_lru")

    def parts(self) -> Iterator[KernelObject]:
        yield self.s_umount
        for lru in (self.dentry_lru, self.inode_lru):
            yield lru
            yield from lru.parts()
        if self.embedded is not None:
            yield self.embedded

    def references(self) -> Iterator[KernelObject]:
        yield from self.parts()
        if self.s_shrink is not None:
            yield self.s_shrink

    # -- what file systems do their own way --------------------------------------------

    async def fill_super(self, cpu: Cpu) -> None:
        """Between the shrinker's registration and SB_BORN. tmpfs has nothing to fill here."""

    async def set_born(self, cpu: Cpu) -> None:
        """SB_BORN, and before it the smp_wmb() that pairs with super_cache_count()'s smp_rmb()."""
        cpu.smp_store_release(self, "sb_born", True)

    async def nr_cached_objects(self, cpu: Cpu) -> int:
        """Objects of caches that only this file system knows."""
        return 0

    async def kill_sb(self, cpu: Cpu) -> None:
        """The file system's own end, when its shrinker is gone."""

    async def destroy_unused_super(self, cpu: Cpu) -> None:
        """No shrinker for it: nobody has seen it yet, so it is freed (8e04944f0ea8, v4.17)."""
        cpu.kfree(self)

    # -- the shrinker's callbacks ------------------------------------------------------

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        """super_cache_count()."""
        cpu.ftrace("super_cache_count")
        if not await self.is_born(cpu):
            return 0
        await cpu.smp_rmb()  # pairs with set_born()
        lrus = self.kernel.list_lrus
        total = await self.nr_cached_objects(cpu)
        total += await lrus.list_lru_count_one(cpu, self.dentry_lru, sc.memcg, sc.nid)
        total += await lrus.list_lru_count_one(cpu, self.inode_lru, sc.memcg, sc.nid)
        return total or SHRINK_EMPTY

    async def is_born(self, cpu: Cpu) -> bool:
        """SB_BORN, looked at since 79f546a696bf (v4.17)."""
        born: bool = await cpu.read_once(self, "sb_born")
        return born

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        """super_cache_scan(): dentries and inodes in proportion, each one more than asked."""
        cpu.ftrace("super_cache_scan")
        if sc.gfp == "GFP_NOFS" or not await cpu.down_read_trylock(self.s_umount):
            return SHRINK_STOP
        lrus = self.kernel.list_lrus
        inodes = await lrus.list_lru_count_one(cpu, self.inode_lru, sc.memcg, sc.nid)
        dentries = await lrus.list_lru_count_one(cpu, self.dentry_lru, sc.memcg, sc.nid)
        total = dentries + inodes + 1
        freed = 0
        for lru, share in ((self.dentry_lru, dentries), (self.inode_lru, inodes)):
            count = sc.nr_to_scan * share // total + 1
            freed += await lrus.list_lru_walk_one(cpu, lru, sc.memcg, sc.nid, count)
        cpu.up_read(self.s_umount)
        return freed


async def mount(
    cpu: Cpu, name: str, *, seeks: int = 2, batch: int = SUPER_BLOCK_BATCH,
    kind: type[SuperBlock] = SuperBlock,
) -> SuperBlock | None:  # fmt: skip
    """alloc_super(), then the rest of it; None for -ENOMEM."""
    sb = await alloc_super(cpu, name, seeks, batch, kind)
    if sb is not None:
        await get_tree(cpu, sb)
    return sb


async def alloc_super(
    cpu: Cpu, name: str, seeks: int, batch: int, kind: type[SuperBlock]
) -> SuperBlock | None:
    """A superblock whose shrinker has an id and is not registered yet; None for -ENOMEM."""
    kernel = cpu.kernel
    cpu.ftrace("alloc_super")
    sb = cpu.kzalloc(lambda: kernel.new_superblock(name, kind), "super_block")
    if sb is None:
        return None
    version = kernel.version
    shrinker = await version.shrinker_alloc(
        cpu, f"sb-{name}", sb, memcg_aware=True, numa_aware=True, seeks=seeks, batch=batch
    )
    if shrinker is None:
        await sb.destroy_unused_super(cpu)
        return None
    sb.s_shrink = sb.dentry_lru.shrinker = sb.inode_lru.shrinker = shrinker
    if version.embedded_shrinker:
        sb.embedded = shrinker
    await cpu.mutex_lock(kernel.list_lrus_mutex)
    kernel.list_lrus.lrus.update({sb.dentry_lru: None, sb.inode_lru: None})
    cpu.mutex_unlock(kernel.list_lrus_mutex)
    return sb


async def get_tree(cpu: Cpu, sb: SuperBlock) -> None:
    """The end of sget_fc(), fill_super(), and SB_BORN: in this order."""
    if sb.s_shrink is not None:
        await cpu.kernel.version.shrinker_register(cpu, sb.s_shrink)
    await sb.fill_super(cpu)
    await sb.set_born(cpu)
    cpu.kernel.superblocks[sb] = None


async def umount(cpu: Cpu, sb: SuperBlock) -> None:
    """namespace_unlock(), then deactivate_super(): the shrinker goes before the superblock."""
    kernel = cpu.kernel
    cpu.note("umount_begin", sb=sb)
    await cpu.synchronize_rcu(expedited=True)
    cpu.ftrace("deactivate_super")
    await cpu.down_write(sb.s_umount)
    cpu.ftrace("deactivate_locked_super")
    kernel.superblocks.pop(sb, None)
    if sb.s_shrink is not None:
        await kernel.version.shrinker_free(cpu, sb.s_shrink)
        sb.s_shrink = None
    await sb.kill_sb(cpu)
    for lru in (sb.dentry_lru, sb.inode_lru):
        await kernel.list_lrus.list_lru_destroy(cpu, lru)
    cpu.up_write(sb.s_umount)
    cpu.note("super_block_gone", sb=sb)
    cpu.call_rcu(sb, Kfree())  # destroy_super_rcu()


async def cache_object(cpu: Cpu, sb: SuperBlock, memcg: Memcg, nid: int = 0) -> Item:
    """Cache one inode of ``sb``, charged to ``memcg``: what a file system without pins would do."""
    kernel = cpu.kernel
    item = kernel.new_item(memcg, nid)
    charged = await get_mem_cgroup_from_objcg(cpu, item.objcg)
    await kernel.list_lrus.memcg_list_lru_alloc(cpu, sb.inode_lru, charged)
    await css_put(cpu, charged)
    await kernel.list_lrus.list_lru_add(cpu, sb.inode_lru, item)
    return item


async def get_mem_cgroup_from_objcg(cpu: Cpu, objcg: ObjCgroup) -> Memcg:
    """The memcg that ``objcg`` is charged to now, with a reference (include/linux/memcontrol.h)."""
    cpu.rcu_read_lock()
    memcg: Memcg = await cpu.rcu_dereference(objcg, "memcg")
    while not await css_tryget(cpu, memcg):
        memcg = await cpu.rcu_dereference(objcg, "memcg")
    cpu.rcu_read_unlock()
    return memcg


async def touch(cpu: Cpu, sb: SuperBlock, memcg: Memcg, pages: int, nid: int = 0) -> bool:
    """Dd to a file of a tmpfs: an inode with its lists, and ``pages`` charged. False: OOM.

    tmpfs keeps its dentries and its pages are anonymous to reclaim (no swap): nothing of it can be
    shrunk, which is why a touch sets no bit.
    """
    lrus = cpu.kernel.list_lrus
    for lru in (sb.inode_lru, sb.dentry_lru):
        await lrus.memcg_list_lru_alloc(cpu, lru, memcg)
    if not await try_charge(cpu, memcg, pages):
        return False
    await cpu.atomic_add_return(memcg.nodeinfo[nid], "lru_pages", pages)
    return True
