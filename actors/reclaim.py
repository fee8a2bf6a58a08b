"""Reclaim: who calls shrink_slab(), for which memcgs, in which order and how often.

    direct reclaim, limit reclaim, memory.reclaim   priorities 12 to 0, until enough was reclaimed
    kswapd                                          the same per node, down to 1
    drop_caches                                     priority 0, until a round frees next to nothing

Per memcg the page LRUs come first, then the slabs. Memcgs with nothing charged count as protected
and are skipped (kernel.md 10).

Sources: mm/vmscan.c (v6.7): shrink_node_memcgs(), do_try_to_free_pages(), balance_pgdat(),
drop_slab(); mm/memcontrol.c: memory_reclaim(), try_charge_memcg(). The second walk with
memcg_full_walk is v6.8's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slabrace.actors.arithmetic import DEF_PRIORITY
from slabrace.actors.memcg_iter import mem_cgroup_iter, mem_cgroup_iter_break
from slabrace.actors.messages import Charge, ShrinkLruvec

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.memcg import Memcg

__all__ = [
    "MAX_RECLAIM_RETRIES", "balance_pgdat", "drop_slab", "drop_slab_node", "memory_reclaim",
    "shrink_node_memcgs", "try_charge", "try_to_free_pages",
]  # fmt: skip

MAX_RECLAIM_RETRIES: Final = 16
SWAP_CLUSTER_MAX: Final = 32
GFP_USER: Final = "GFP_HIGHUSER_MOVABLE"


async def shrink_node_memcgs(
    cpu: Cpu, target: Memcg, nid: int, priority: int, gfp: str = GFP_USER,
    after: Memcg | None = None, until: Memcg | None = None,
) -> int:  # fmt: skip
    """One pass over ``target`` and all below it; pages reclaimed.

    ``after``, of which the caller has a reference, is where others have come to: begin behind it.
    At ``until`` it is enough.
    """
    kernel = cpu.kernel
    reclaimed = 0
    memcg = await mem_cgroup_iter(cpu, target, after)
    while memcg is not None:
        cpu.cond_resched()
        cpu.ftrace("mem_cgroup_calculate_protection")
        # mem_cgroup_below_min(): nothing charged is nothing above the minimum. The target and the
        # root are never protected from themselves.
        if memcg is target or memcg.parent is None or await cpu.read_once(memcg, "usage"):
            cpu.ftrace("shrink_lruvec")
            got: int = await cpu.ask(memcg.nodeinfo[nid], ShrinkLruvec(SWAP_CLUSTER_MAX))
            if got:
                await uncharge(cpu, memcg, got)
            reclaimed += got
            await kernel.version.shrink_slab(cpu, gfp, nid, memcg, priority)
        if memcg is until:
            await mem_cgroup_iter_break(cpu, target, memcg)
            break
        memcg = await mem_cgroup_iter(cpu, target, memcg)
    kernel.stats["reclaim_passes"] += 1
    return reclaimed


async def try_to_free_pages(
    cpu: Cpu, target: Memcg, pages: int = SWAP_CLUSTER_MAX, gfp: str = GFP_USER
) -> int:
    """do_try_to_free_pages(): priorities 12 to 0; pages reclaimed."""
    reclaimed = 0
    walks = 2 if cpu.kernel.version.memcg_full_walk else 1
    for _ in range(walks):
        for priority in range(DEF_PRIORITY, -1, -1):
            for nid in range(cpu.kernel.nodes):
                reclaimed += await shrink_node_memcgs(cpu, target, nid, priority, gfp)
            if reclaimed >= pages:
                return reclaimed
        if reclaimed:
            return reclaimed
    return reclaimed


async def memory_reclaim(
    cpu: Cpu, target: Memcg, pages: int, retries: int = MAX_RECLAIM_RETRIES
) -> int:
    """Write ``pages`` to memory.reclaim of ``target``; pages reclaimed (fewer is -EAGAIN)."""
    reclaimed = 0
    while reclaimed < pages:
        cpu.note("mm_vmscan_memcg_reclaim_begin", memcg=target, order=0, gfp_flags=GFP_USER)
        got = await try_to_free_pages(cpu, target, pages - reclaimed)
        cpu.note("mm_vmscan_memcg_reclaim_end", memcg=target, nr_reclaimed=got)
        reclaimed += got
        if not got:
            if not retries:
                break
            retries -= 1
    return reclaimed


async def try_charge(
    cpu: Cpu, memcg: Memcg, pages: int, retries: int = MAX_RECLAIM_RETRIES
) -> bool:
    """Charge ``memcg`` and its ancestors; over a limit, reclaim below whose it is. False: OOM."""
    charged: list[Memcg] = []
    level: Memcg | None = memcg
    while level is not None:
        while not await cpu.ask(level, Charge(pages)):
            cpu.kernel.stats["limit_reclaims"] += 1
            if not await try_to_free_pages(cpu, level, pages):
                if not retries:
                    for done in charged:
                        await cpu.ask(done, Charge(-pages))
                    cpu.kernel.stats["oom"] += 1
                    cpu.note("oom_kill", memcg=level)
                    return False
                retries -= 1
        charged.append(level)
        level = level.parent
    return True


async def uncharge(cpu: Cpu, memcg: Memcg, pages: int) -> None:
    """Give pages back, up to the root."""
    level: Memcg | None = memcg
    while level is not None:
        await cpu.ask(level, Charge(-pages))
        level = level.parent


async def balance_pgdat(cpu: Cpu, nid: int, pages: int = SWAP_CLUSTER_MAX) -> int:
    """kswapd: from priority 12 down to 1, a step whenever a pass reclaims nothing."""
    reclaimed = 0
    priority = DEF_PRIORITY
    while priority >= 1 and reclaimed < pages:
        root = cpu.kernel.root_mem_cgroup
        got = await shrink_node_memcgs(cpu, root, nid, priority, "GFP_KERNEL")
        reclaimed += got
        priority -= not got
    return reclaimed


async def drop_slab(cpu: Cpu) -> int:
    """Echo 2 > drop_caches: all memcgs at priority 0, again while (freed >> shift++) > 1."""
    kernel = cpu.kernel
    total = shift = 0
    while True:
        before = dict(kernel.calls)
        freed = 0
        for nid in range(kernel.nodes):
            freed += await drop_slab_node(cpu, nid)
        total += freed
        kernel.loops.append(
            {f: n - before.get(f, 0) for f, n in kernel.calls.items() if n > before.get(f, 0)}
        )
        if freed >> shift <= 1:
            return total
        shift += 1


async def drop_slab_node(cpu: Cpu, nid: int) -> int:
    """All memcgs once, and at least one walk where the iterator has none; objects freed."""
    kernel = cpu.kernel
    freed = 0
    memcg = await mem_cgroup_iter(cpu, kernel.root_mem_cgroup, None)
    while True:
        freed += await kernel.version.shrink_slab(cpu, "GFP_KERNEL", nid, memcg, 0)
        memcg = await mem_cgroup_iter(cpu, kernel.root_mem_cgroup, memcg)
        if memcg is None:
            cpu.note("drop_slab_node", nid=nid, freed=freed)
            return freed
