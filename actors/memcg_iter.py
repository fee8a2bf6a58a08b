"""mem_cgroup_iter(): the pre-order walk that reclaim and expansion use.

Each step holds a css reference on what it returns and drops the one on what it was given; whoever
stops early must call mem_cgroup_iter_break(). It returns memcgs that are not online yet, and ones
that are dying: everything that is linked and still has a reference.

Source: mm/memcontrol.c:mem_cgroup_iter(), kernel/cgroup/cgroup.c:css_next_descendant_pre(), v6.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import CssPut, CssTryget, NextChild, QueueWork

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu

__all__ = ["css_put", "css_tryget", "mem_cgroup_iter", "mem_cgroup_iter_break"]

FIRST_CHILD: Final = NextChild(-1)
TRYGET: Final = CssTryget()
PUT: Final = CssPut()


async def css_tryget(cpu: Cpu, memcg: Memcg) -> bool:
    """Take a reference unless the last one is gone."""
    taken: bool = await cpu.ask(memcg, TRYGET)
    return taken


async def css_put(cpu: Cpu, memcg: Memcg) -> None:
    """Drop a reference; the last one of a dying css queues its release."""
    if await cpu.ask(memcg, PUT):
        kernel = cpu.kernel
        cpu.ask(kernel.cgroup_destroy_wq, QueueWork(kernel.lives.css_release_work_fn, (memcg,)))


async def css_next_descendant_pre(cpu: Cpu, pos: Memcg, root: Memcg) -> Memcg | None:
    """The node after ``pos`` in a pre-order walk of the tree below ``root``."""
    following: Memcg | None = await cpu.ask(pos, FIRST_CHILD)
    while following is None and pos is not root:
        parent = pos.parent
        if parent is None:
            break
        following = await cpu.ask(parent, NextChild(pos.serial))
        pos = parent
    return following


async def mem_cgroup_iter(cpu: Cpu, root: Memcg, prev: Memcg | None) -> Memcg | None:
    """The memcg after ``prev`` (None: begin), or None at the end. The root is not referenced."""
    cpu.ftrace("mem_cgroup_iter")
    if cpu.kernel.mem_cgroup_disabled:
        return None
    cpu.rcu_read_lock()
    memcg: Memcg | None = root
    if prev is not None:
        memcg = await css_next_descendant_pre(cpu, prev, root)
        while memcg is not None and not await css_tryget(cpu, memcg):
            memcg = await css_next_descendant_pre(cpu, memcg, root)
    cpu.rcu_read_unlock()
    if prev is not None and prev is not root:
        await css_put(cpu, prev)
    return memcg


async def mem_cgroup_iter_break(cpu: Cpu, root: Memcg, prev: Memcg) -> None:
    """Leave a walk at ``prev``: drop the reference that it holds."""
    if prev is not root:
        await css_put(cpu, prev)
