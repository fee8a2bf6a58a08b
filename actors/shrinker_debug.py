"""ShrinkerDebug: CONFIG_SHRINKER_DEBUG, a part of a version like its life and its info.

A shrinker keeps the name it was given and, from its registration on, has a directory in debugfs
called name-number. ``count`` shows the objects of every memcg; "<memcg> <nid> <nr>" written to
``scan`` calls scan_objects(). Neither takes a reference: what keeps the shrinker is that the
directory is removed, with the wait for its users, before it is freed.

As merged in v6.7 two things are wrong, and stay so here: ``count`` calls the shrinker in an RCU
read-side section (kernel.md A5), ``scan`` calls whatever pointer there is (A10).
``ShrinkerDebugFixed`` overrides both. ``RwsemShrinkerDebug`` is the code of v6.4 to v6.6, where the
handlers take shrinker_rwsem too; the order in which v6.1 and v6.2 took a directory away is in
scenarios/bugs (C1, C2).

Source: mm/shrinker_debug.c (v6.7, v6.4), mm/vmscan.c:prealloc_shrinker() (v6.4).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from slabrace.actors.arithmetic import SHRINK_EMPTY
from slabrace.actors.debugfs import (
    DebugfsDir,
    DebugfsFile,
    DebugfsRoot,
    Ida,
    Kstrdup,
    debugfs_remove_recursive,
)
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_iter import css_put, mem_cgroup_iter, mem_cgroup_iter_break
from slabrace.actors.messages import (
    DebugfsCreateDir,
    DebugfsFileGet,
    DebugfsFilePut,
    IdaAlloc,
    IdaFree,
)
from slabrace.actors.shrinker import ShrinkControl, Shrinker, ShrinkerOps
from slabrace.actors.shrinker_life import RwsemLife, ShrinkerLife
from slabrace.runtime.errors import MachineError

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel

ScanObjects = Callable[["Cpu", ShrinkControl], Coroutine[Any, Any, int]]

__all__ = ["RwsemShrinkerDebug", "ShrinkerDebug", "ShrinkerDebugFixed", "debugfs_of", "entry_of"]


class ShrinkerDebug(ShrinkerLife):
    """Mixed in before a life: ``class Mine(ShrinkerDebug, RefcountRcu)``."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.debugfs_root = kernel.world.add(DebugfsRoot(), "shrinker_debugfs_root")
        self.debugfs_ida = kernel.world.add(Ida(), "shrinker_debugfs_ida")

    # -- the name ----------------------------------------------------------------------

    async def prealloc_shrinker(self, cpu: Cpu, shrinker: Shrinker, name: str) -> bool:
        """Copy the name; if the rest fails, free it again."""
        shrinker.debugfs_name = cpu.kzalloc(lambda: Kstrdup(shrinker, name), "kstrdup")
        if shrinker.debugfs_name is None:
            return False
        if await super().prealloc_shrinker(cpu, shrinker, name):
            return True
        self.prealloc_failed(cpu, shrinker)
        return False

    def prealloc_failed(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """kfree_const(shrinker->name) and NULL, since 14773bfa70e6 (v6.0)."""
        self.shrinker_debugfs_name_free(cpu, shrinker)

    def shrinker_debugfs_name_free(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Free the name, and forget it."""
        cpu.kfree(shrinker.debugfs_name)
        shrinker.debugfs_name = None

    # -- the directory -----------------------------------------------------------------

    async def link_shrinker(self, cpu: Cpu, shrinker: Shrinker) -> None:
        await super().link_shrinker(cpu, shrinker)
        await self.shrinker_debugfs_add(cpu, shrinker)

    async def shrinker_debugfs_add(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """Make the directory, under the lock. Without one the shrinker works as well."""
        cpu.ftrace("shrinker_debugfs_add")
        id_: int = await cpu.ask(self.debugfs_ida, IdaAlloc())
        path = self.path_of(shrinker, id_)
        if await cpu.ask(self.debugfs_root, DebugfsCreateDir(path)):
            shrinker.debugfs_entry = DebugfsDir(shrinker, path, id_)
        else:
            await cpu.ask(self.debugfs_ida, IdaFree(id_))

    def path_of(self, shrinker: Shrinker, id_: int) -> str:
        """The name of the directory."""
        return f"{shrinker.debugfs_name.text if shrinker.debugfs_name else '(null)'}-{id_}"

    async def shrinker_unlink(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """The directory is detached under the lock and removed outside: badc28d4924b (v6.2)."""
        await self.lock_shrinkers(cpu)
        await self.unlink_shrinker(cpu, shrinker)
        entry = await self.shrinker_debugfs_detach(cpu, shrinker)
        self.unlock_shrinkers(cpu)
        if entry is not None:
            await self.shrinker_debugfs_remove(cpu, entry)

    async def shrinker_debugfs_detach(self, cpu: Cpu, shrinker: Shrinker) -> DebugfsDir | None:
        """Free the name; what is left to remove."""
        self.shrinker_debugfs_name_free(cpu, shrinker)
        entry, shrinker.debugfs_entry = shrinker.debugfs_entry, None
        return entry

    async def shrinker_debugfs_remove(self, cpu: Cpu, entry: DebugfsDir) -> None:
        """The directory first, its number second: 26e239b37ebd (v6.4)."""
        cpu.ftrace("shrinker_debugfs_remove")
        await debugfs_remove_recursive(cpu, self.debugfs_root, entry)
        await cpu.ask(self.debugfs_ida, IdaFree(entry.id))

    def boot_debugfs(self, shrinker: Shrinker, name: str) -> None:
        """Name and directory of a shrinker that was registered before the run."""
        shrinker.debugfs_name = Kstrdup(shrinker, name)
        shrinker.debugfs_name.publish_in(self.kernel.world)
        id_ = self.debugfs_ida.next
        self.debugfs_ida.next += 1
        shrinker.debugfs_entry = DebugfsDir(shrinker, self.path_of(shrinker, id_), id_)
        self.debugfs_root.entries[shrinker.debugfs_entry.path] = None

    # -- the files ---------------------------------------------------------------------

    async def read_count(self, cpu: Cpu, entry: DebugfsDir) -> list[str] | None:
        """read() of an open ``count``: its lines; None (-EIO) once it was removed."""
        if not await cpu.ask(entry.count, DebugfsFileGet()):
            return None
        cpu.ftrace("shrinker_debugfs_count_show")
        lines = await self.shrinker_debugfs_count_show(cpu, entry.shrinker)
        self.leave(cpu, entry.count)
        return lines

    async def write_scan(self, cpu: Cpu, entry: DebugfsDir, text: str) -> bool:
        """write() of ``text`` to an open ``scan``; False for an error."""
        if not await cpu.ask(entry.scan, DebugfsFileGet()):
            return False
        done = await self.shrinker_debugfs_scan_write(cpu, entry.shrinker, text)
        self.leave(cpu, entry.scan)
        return done

    def leave(self, cpu: Cpu, file: DebugfsFile) -> None:
        """debugfs_file_put(): a removal that waits may go on."""
        cpu.ask(file, DebugfsFilePut())

    async def shrinker_debugfs_count_show(self, cpu: Cpu, shrinker: Shrinker) -> list[str]:
        """As merged (5035ebc644ae, v6.0): in an RCU section, where nothing may sleep (A5)."""
        cpu.rcu_read_lock()
        lines = await self.count_memcgs(cpu, shrinker)
        cpu.rcu_read_unlock()
        return lines

    async def count_memcgs(self, cpu: Cpu, shrinker: Shrinker) -> list[str]:
        """A line for each memcg that has objects: its id, and how many on each node."""
        ops: ShrinkerOps = await cpu.read_once(shrinker, "ops")
        root = self.kernel.root_mem_cgroup
        lines: list[str] = []
        memcg = await mem_cgroup_iter(cpu, root, None)
        while memcg is not None:
            if await cpu.read_once(memcg, "css_online"):
                counts = [
                    await self.shrinker_count(cpu, shrinker, ops, memcg, nid)
                    for nid in range(self.kernel.nodes)
                ]
                if any(counts):
                    lines.append(" ".join(map(str, (memcg.id, *counts))))
                if not shrinker.memcg_aware:
                    await mem_cgroup_iter_break(cpu, root, memcg)
                    break
            memcg = await mem_cgroup_iter(cpu, root, memcg)
        return lines

    async def shrinker_count(
        self, cpu: Cpu, shrinker: Shrinker, ops: ShrinkerOps, memcg: Memcg, nid: int
    ) -> int:
        """Objects of one memcg on one node."""
        if nid and not shrinker.numa_aware:
            return 0
        count = await ops.count_objects(cpu, ShrinkControl("GFP_KERNEL", nid, memcg))
        return 0 if count == SHRINK_EMPTY else count

    async def shrinker_debugfs_scan_write(self, cpu: Cpu, shrinker: Shrinker, text: str) -> bool:
        """Scan as many objects as the text says, of the memcg and on the node that it says."""
        cpu.ftrace("shrinker_debugfs_scan_write")
        words = text.split()
        if len(words) != 3 or not all(word.isdecimal() for word in words):
            return False
        ino, nid, nr = map(int, words)
        if nid >= self.kernel.nodes or (ino and not shrinker.memcg_aware):
            return False
        if not nr:
            return True
        memcg: Memcg | None = self.kernel.root_mem_cgroup
        if shrinker.memcg_aware:
            memcg = await self.mem_cgroup_get_from_ino(cpu, ino)
        if memcg is None:
            return False
        done: bool = await cpu.read_once(memcg, "css_online")
        if done:
            sc = ShrinkControl("GFP_KERNEL", nid, memcg)
            sc.nr_to_scan = sc.nr_scanned = nr
            done = await self.call_scan_objects(cpu, shrinker, sc)
        if memcg.parent is not None:
            await css_put(cpu, memcg)
        return done

    async def mem_cgroup_get_from_ino(self, cpu: Cpu, ino: int) -> Memcg | None:
        """The memcg of this id, with a reference. The kernel asks kernfs instead of looking."""
        root = self.kernel.root_mem_cgroup
        memcg = await mem_cgroup_iter(cpu, root, None)
        while memcg is not None and memcg.id != ino:
            memcg = await mem_cgroup_iter(cpu, root, memcg)
        return memcg

    async def call_scan_objects(self, cpu: Cpu, shrinker: Shrinker, sc: ShrinkControl) -> bool:
        """As merged (bbf535fd6f06, v6.0): whatever the pointer is (A10)."""
        scan_objects = await self.scan_objects_of(cpu, shrinker)
        if scan_objects is None:
            cpu.note("null_deref", cpu=cpu, what=f"scan_objects() of {shrinker.name}")
            return False
        await scan_objects(cpu, sc)
        return True

    async def scan_objects_of(self, cpu: Cpu, shrinker: Shrinker) -> ScanObjects | None:
        """The pointer; NULL for a shrinker that frees while it counts."""
        ops: ShrinkerOps = await cpu.read_once(shrinker, "ops")
        return ops.scan_objects


class ShrinkerDebugFixed(ShrinkerDebug):
    """With the fixes of 2026."""

    async def shrinker_debugfs_count_show(self, cpu: Cpu, shrinker: Shrinker) -> list[str]:
        """A5: no section. The iterator's reference keeps the memcg, debugfs the shrinker."""
        return await self.count_memcgs(cpu, shrinker)

    async def call_scan_objects(self, cpu: Cpu, shrinker: Shrinker, sc: ShrinkControl) -> bool:
        """A10: refuse where there is nothing to call."""
        if await self.scan_objects_of(cpu, shrinker) is None:
            return False
        return await super().call_scan_objects(cpu, shrinker, sc)


class RwsemShrinkerDebug(ShrinkerDebug, RwsemLife):
    """V6.4 to v6.6: shrinker_rwsem keeps what the handlers look at."""

    async def free_prealloced_shrinker(self, cpu: Cpu, shrinker: Shrinker) -> None:
        """The name goes with the id."""
        self.shrinker_debugfs_name_free(cpu, shrinker)
        await super().free_prealloced_shrinker(cpu, shrinker)

    async def shrinker_debugfs_count_show(self, cpu: Cpu, shrinker: Shrinker) -> list[str]:
        """down_read_killable(&shrinker_rwsem) around all of it; nobody kills in the model."""
        await cpu.down_read(self.kernel.shrinker_rwsem)
        lines = await super().shrinker_debugfs_count_show(cpu, shrinker)
        cpu.up_read(self.kernel.shrinker_rwsem)
        return lines

    async def call_scan_objects(self, cpu: Cpu, shrinker: Shrinker, sc: ShrinkControl) -> bool:
        """The same around scan_objects()."""
        await cpu.down_read(self.kernel.shrinker_rwsem)
        done = await super().call_scan_objects(cpu, shrinker, sc)
        cpu.up_read(self.kernel.shrinker_rwsem)
        return done


def debugfs_of(kernel: Kernel) -> ShrinkerDebug:
    """The kernel's version, which has CONFIG_SHRINKER_DEBUG; MachineError if it has not."""
    if not isinstance(kernel.version, ShrinkerDebug):
        raise MachineError(
            f"{type(kernel.version).__name__} has no debugfs: take a version of "
            "shrink_slab/with_debugfs.py"
        )
    return kernel.version


def entry_of(shrinker: Shrinker) -> DebugfsDir:
    """The directory of ``shrinker``; MachineError where there is none."""
    if shrinker.debugfs_entry is None:
        raise MachineError(f"{shrinker.name} has no directory in debugfs: is it registered?")
    return shrinker.debugfs_entry
