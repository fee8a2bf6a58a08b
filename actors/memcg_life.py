"""The life of a memcg, in the kernel's order: create, online, offline, release, free.

One class, so that a bug can override one step. ``version`` is the walk of the kernel: it owns
shrinker_info, which is allocated when a memcg comes online and freed when it goes.

Sources as in memcg.py. kmem accounting is on unless ``kernel.kmem`` says cgroup.memory=nokmem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_iter import css_put
from slabrace.actors.messages import (
    CallRcu,
    CssGet,
    LinkChild,
    PercpuRefKill,
    QueueWork,
    UnlinkChild,
)

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.list_lru import ObjCgroup

__all__ = ["MemcgLife"]


class MemcgLife:
    """What mkdir, rmdir and the destroying kworker run."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    # -- mkdir -------------------------------------------------------------------------

    async def cgroup_mkdir(self, cpu: Cpu, parent: Memcg, name: str) -> Memcg | None:
        """Create a memcg below ``parent``; None if an allocation failed (-ENOMEM)."""
        kernel = self.kernel
        await cpu.mutex_lock(kernel.cgroup_mutex)
        memcg = await self.css_create(cpu, parent, name)
        if memcg is not None:
            cpu.note(
                "cgroup_mkdir",
                memcg=memcg,
                root=0,
                id=memcg.id,
                level=kernel.level(memcg),
                path=kernel.path(memcg),
            )
            cpu.ftrace("cgroup_mkdir")
        cpu.mutex_unlock(kernel.cgroup_mutex)
        return memcg

    async def css_create(self, cpu: Cpu, parent: Memcg, name: str) -> Memcg | None:
        """css_alloc, link, online; unwound where a step fails."""
        memcg = await self.mem_cgroup_css_alloc(cpu, parent, name)
        if memcg is None:
            return None
        await self.init_and_link_css(cpu, memcg, parent)
        if not await self.online_css(cpu, memcg):
            await self.css_create_failed(cpu, memcg, parent)
            return None
        for css in (memcg, parent):
            await cpu.atomic_add_return(css, "online_cnt", 1)
        return memcg

    async def css_create_failed(self, cpu: Cpu, memcg: Memcg, parent: Memcg) -> None:
        """From err_list_del on: unlink, and free after a grace period, whoever has a reference."""
        cpu.ask(parent, UnlinkChild(memcg))
        self.queue_rcu_work(cpu, memcg)

    async def online_css(self, cpu: Cpu, memcg: Memcg) -> bool:
        """mem_cgroup_css_online(), then CSS_ONLINE: a plain store, ordered with nothing (O9)."""
        if not await self.mem_cgroup_css_online(cpu, memcg):
            return False
        cpu.write_once(memcg, "css_online", True)
        return True

    async def mem_cgroup_css_alloc(self, cpu: Cpu, parent: Memcg, name: str) -> Memcg | None:
        """The memory; nobody else knows of it."""
        return cpu.kzalloc(lambda: self.kernel.new_memcg(parent, name), "mem_cgroup")

    async def init_and_link_css(self, cpu: Cpu, memcg: Memcg, parent: Memcg) -> None:
        """A reference on the parent, and list_add_tail_rcu(&css->sibling): expansion sees it."""
        await cpu.ask(parent, CssGet())
        cpu.ask(parent, LinkChild(memcg))

    async def mem_cgroup_css_online(self, cpu: Cpu, memcg: Memcg) -> bool:
        """memcg_online_kmem(), then alloc_shrinker_info(): from here on no expansion misses it."""
        cpu.ftrace("mem_cgroup_css_online")
        if self.kernel.kmem:
            cpu.write_once(memcg, "kmemcg_id", memcg.id)
        return await self.kernel.version.alloc_shrinker_info(cpu, memcg)

    # -- rmdir -------------------------------------------------------------------------

    async def cgroup_rmdir(self, cpu: Cpu, memcg: Memcg) -> bool:
        """kill_css(): once every CPU has seen it, the kworker takes the memcg offline.

        False (-EBUSY) while ``memcg`` has children that nobody removed.
        """
        kernel = self.kernel
        await cpu.mutex_lock(kernel.cgroup_mutex)
        busy = any(c.css_online and not c.css_dying for c in memcg.children.values())
        if not busy and await cpu.ask(memcg, PercpuRefKill()):
            cpu.ftrace("cgroup_rmdir")
            cpu.note(
                "cgroup_rmdir",
                memcg=memcg,
                root=0,
                id=memcg.id,
                level=kernel.level(memcg),
                path=kernel.path(memcg),
            )
            work = QueueWork(self.css_killed_work_fn, (memcg,))
            cpu.ask(kernel.rcu, CallRcu(kernel.cgroup_destroy_wq, work, cpu.number))
        cpu.mutex_unlock(kernel.cgroup_mutex)
        return not busy

    async def css_killed_work_fn(self, cpu: Cpu, memcg: Memcg) -> None:
        """offline_css(), children first: a parent that was killed waits for the last of them.

        CSS_ONLINE goes only when css_offline() has returned.
        """
        await cpu.mutex_lock(self.kernel.cgroup_mutex)
        css: Memcg | None = memcg
        while css is not None and await cpu.atomic_add_return(css, "online_cnt", -1) == 0:
            await self.mem_cgroup_css_offline(cpu, css)
            cpu.write_once(css, "css_online", False)
            await css_put(cpu, css)
            css = css.parent
        cpu.mutex_unlock(self.kernel.cgroup_mutex)

    async def mem_cgroup_css_offline(self, cpu: Cpu, memcg: Memcg) -> None:
        """Hand everything to the parent: list_lrus first, then the deferred counts."""
        cpu.ftrace("mem_cgroup_css_offline")
        if self.kernel.kmem:
            self.memcg_reparent_objcgs(cpu, memcg)
            await self.kernel.list_lrus.memcg_reparent_list_lrus(cpu, memcg)
        await self.kernel.version.reparent_shrinker_deferred(cpu, memcg)

    def memcg_reparent_objcgs(self, cpu: Cpu, memcg: Memcg) -> None:
        """What was charged to ``memcg`` is its parent's from here on (up to v6.12 first of all)."""
        parent = memcg.parent or self.kernel.root_mem_cgroup
        objcgs = self.kernel.objcgs
        for css in (memcg, parent):
            self.kernel.world.touch(("objcgs", css.name))
        for objcg in objcgs[memcg]:
            cpu.write_once(objcg, "memcg", parent)
            objcg.listed = parent
        objcgs[parent].extend(objcgs.pop(memcg))

    def obj_cgroup_put(self, cpu: Cpu, objcg: ObjCgroup) -> None:
        """Drop a reference; the last one frees it after a grace period (obj_cgroup_release())."""
        if objcg.put():
            self.kernel.world.touch(("objcgs", objcg.listed.name))
            self.kernel.objcgs[objcg.listed].remove(objcg)
            cpu.kvfree_rcu(objcg)

    # -- release and free --------------------------------------------------------------

    async def css_release_work_fn(self, cpu: Cpu, memcg: Memcg) -> None:
        """The last reference is gone: unlink, and free after a grace period."""
        await cpu.mutex_lock(self.kernel.cgroup_mutex)
        if memcg.parent is not None:
            cpu.ask(memcg.parent, UnlinkChild(memcg))
        cpu.mutex_unlock(self.kernel.cgroup_mutex)
        self.queue_rcu_work(cpu, memcg)

    def queue_rcu_work(self, cpu: Cpu, memcg: Memcg) -> None:
        """queue_rcu_work(css_free_rwork_fn)."""
        work = QueueWork(self.css_free_rwork_fn, (memcg,))
        cpu.ask(self.kernel.rcu, CallRcu(self.kernel.cgroup_destroy_wq, work, cpu.number))

    async def css_free_rwork_fn(self, cpu: Cpu, memcg: Memcg) -> None:
        """mem_cgroup_css_free(), then the reference on the parent."""
        cpu.ftrace("mem_cgroup_css_free")
        await self.kernel.version.free_shrinker_info(cpu, memcg)
        parent = memcg.parent
        cpu.note("memcg_freed", memcg=memcg)
        self.obj_cgroup_put(cpu, memcg.objcg)
        cpu.kfree(memcg)  # __mem_cgroup_free()
        if parent is not None:
            await css_put(cpu, parent)
