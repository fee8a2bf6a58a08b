"""MemcgIds: memcgs by id, and who looks them up: the test whether an evicted page was in use.

A shadow entry remembers the id of the memcg that a page was evicted from. When the page comes back
the id may lead to another memcg, one that was made meanwhile; that is a harmless inaccuracy as long
as the lookup finds only memcgs that are set up. So the id leads nowhere until the memcg is online
(6f0df8e16eb5, v6.6), and again from when it goes offline.

    create    an id without a pointer -> css.parent, linked -> online -> the pointer
    offline   the id is given back

A ``MemcgLife`` of its own, since the ids cost deliveries: ``Kernel(world, lives=MemcgIds)``.

Sources: mm/memcontrol.c:mem_cgroup_alloc(), mem_cgroup_css_online(), mem_cgroup_id_remove(),
mem_cgroup_get_nr_swap_pages(); mm/workingset.c:workingset_test_recent(); v6.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.idr import Idr
from slabrace.actors.memcg_life import MemcgLife
from slabrace.actors.messages import IdrAlloc, IdrFind, IdrRemove, IdrReplace
from slabrace.runtime.errors import MachineError

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.kernel import Kernel
    from slabrace.actors.memcg import Memcg

__all__ = ["MemcgIds", "workingset_test_recent"]


class MemcgIds(MemcgLife):
    """See the head of this file. ``ids`` is mem_cgroup.id.id, written by its maker alone."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.mem_cgroup_idr = kernel.world.add(Idr(), "mem_cgroup_idr")
        self.ids: dict[Memcg, int] = {}

    async def mem_cgroup_css_alloc(self, cpu: Cpu, parent: Memcg, name: str) -> Memcg | None:
        """The memory, with an id that leads nowhere, and no parent yet."""
        memcg = await super().mem_cgroup_css_alloc(cpu, parent, name)
        if memcg is not None:
            memcg.parent = None  # css.parent: of init_and_link_css()
            self.ids[memcg] = await cpu.ask(self.mem_cgroup_idr, IdrAlloc(None))
            await self.mem_cgroup_alloc_done(cpu, memcg)
        return memcg

    async def mem_cgroup_alloc_done(self, cpu: Cpu, memcg: Memcg) -> None:
        """The end of mem_cgroup_alloc(): nothing more, since v6.6."""

    async def init_and_link_css(self, cpu: Cpu, memcg: Memcg, parent: Memcg) -> None:
        cpu.write_once(memcg, "parent", parent)
        await super().init_and_link_css(cpu, memcg, parent)

    async def mem_cgroup_css_online(self, cpu: Cpu, memcg: Memcg) -> bool:
        """The pointer comes last."""
        online = await super().mem_cgroup_css_online(cpu, memcg)
        if online:
            await self.publish_id(cpu, memcg)
        else:
            await self.mem_cgroup_id_remove(cpu, memcg)
        return online

    async def publish_id(self, cpu: Cpu, memcg: Memcg) -> None:
        """idr_replace(): mem_cgroup_from_id() finds ``memcg`` from here on."""
        await cpu.ask(self.mem_cgroup_idr, IdrReplace(self.ids[memcg], memcg))

    async def mem_cgroup_css_offline(self, cpu: Cpu, memcg: Memcg) -> None:
        await super().mem_cgroup_css_offline(cpu, memcg)
        await self.mem_cgroup_id_remove(cpu, memcg)

    async def mem_cgroup_id_remove(self, cpu: Cpu, memcg: Memcg) -> None:
        """Give the id back. Nobody but us holds it: swapped out pages are not modelled."""
        if memcg in self.ids:
            await cpu.ask(self.mem_cgroup_idr, IdrRemove(self.ids.pop(memcg)))


async def workingset_test_recent(cpu: Cpu, memcgid: int) -> bool:
    """Whether a page of the memcg with this id would have stayed; False if there is none."""
    cpu.ftrace("workingset_test_recent")
    lives = cpu.kernel.lives
    if not isinstance(lives, MemcgIds):
        raise MachineError("memcgs have no ids here: take Kernel(world, lives=MemcgIds)")
    cpu.rcu_read_lock()
    memcg: Memcg | None = await cpu.ask(lives.mem_cgroup_idr, IdrFind(memcgid))  # under RCU
    recent = memcg is not None and await mem_cgroup_get_nr_swap_pages(cpu, memcg) > 0
    cpu.rcu_read_unlock()
    return recent


async def mem_cgroup_get_nr_swap_pages(cpu: Cpu, memcg: Memcg) -> int:
    """Room for swap, the least on the way to the root. Nothing is swapped here: always 1."""
    cpu.ftrace("mem_cgroup_get_nr_swap_pages")
    while memcg is not cpu.kernel.root_mem_cgroup:
        parent: Memcg | None = await cpu.read_once(memcg, "parent")
        if parent is None:
            cpu.note("null_deref", cpu=cpu, what=f"parent_mem_cgroup({memcg.name})->swap")
            return 0
        memcg = parent
    return 1
