"""stress: the script of the lockless patch (50d09da8e119), a tenth of its size unless --full.

    create   memcgs below /test, which has the limit
    mount    one tmpfs each
    touch    dd of 1 MiB in parallel, each from inside a memcg of its own
    reclaim  memory.reclaim of 64 MiB on /test, then drop_caches, as in the recordings

Reclaimers run beside the mounts, as kswapd would: that is where the old lock is fought over. tmpfs
without swap has nothing to give back, so what reclaim frees are the dentries of the cgroup file
system.
"""

from __future__ import annotations

from typing import Any

from slabrace.actors.boot import Boot
from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.locks import Done
from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import Complete, WaitForCompletion, WakeUp
from slabrace.actors.reclaim import drop_slab, memory_reclaim, shrink_node_memcgs
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.superblock import SuperBlock, mount, touch
from slabrace.actors.tasks import Kswapd
from slabrace.actors.workqueue import WaitQueue
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version, at_least, at_most
from slabrace.scenarios.phases import MIB, SYSTEM, SYSTEM_6_12
from slabrace.scenarios.steady_state import settled

__all__ = ["stress"]


class Dd(Cpu):
    """One CPU's share of the touches."""

    def __init__(
        self, kernel: Kernel, shell: Stress, share: list[tuple[SuperBlock, Memcg]]
    ) -> None:
        super().__init__(kernel)
        self.shell = shell
        self.share = share

    async def main(self) -> None:
        for sb, memcg in self.share:
            if await touch(self, sb, memcg, MIB):
                self.shell.touched += 1
        await self.ask(self.shell.done, Complete())


class Beside(Cpu):
    """Reclaim from /test beside the mounts: ``passes`` walks, the priority rising."""

    def __init__(self, kernel: Kernel, target: Memcg, passes: int) -> None:
        super().__init__(kernel)
        self.target = target
        self.passes = passes

    async def main(self) -> None:
        for number in range(self.passes):
            for nid in range(self.kernel.nodes):
                await shrink_node_memcgs(self, self.target, nid, max(0, 12 - number))


class Stress(Cpu):
    """The shell that runs the script."""

    def __init__(
        self, kernel: Kernel, boot: Boot, done: Done, sizes: tuple[int, int, int], *,
        limit: int, cpus: int, reclaimers: int, passes: int, reclaim: int, retries: int,
        kswapd: list[WaitQueue],
    ) -> None:  # fmt: skip
        super().__init__(kernel)
        self.boot = boot
        self.done = done
        self.memcgs, self.mounts, self.touches = sizes
        self.limit = limit
        self.cpus = cpus
        self.reclaimers = reclaimers
        self.passes = passes
        self.reclaim = reclaim
        self.retries = retries
        self.kswapd = kswapd
        self.made = self.touched = 0

    async def main(self) -> None:
        kernel, boot = self.kernel, self.boot
        await boot(self)
        test = await boot.mkdir(self, kernel.root_mem_cgroup, "test")
        if test is None:
            return
        self.write_once(test, "limit", self.limit)
        below: list[Memcg] = []
        for number in range(self.memcgs):
            memcg = await boot.mkdir(self, test, str(number))
            below += [memcg] if memcg is not None else []
        self.made = len(below)
        for _ in range(self.reclaimers):
            self.world.spawn(Beside(kernel, test, self.passes))
        mounted: list[SuperBlock] = []
        for number in range(self.mounts):
            sb = await mount(self, f"tmpfs{number}")
            mounted += [sb] if sb is not None else []
        for waitqueue in self.kswapd:
            self.ask(waitqueue, WakeUp())
        work = list(zip(mounted, below, strict=False))[: self.touches]
        for cpu in range(self.cpus):
            self.world.spawn(Dd(kernel, self, work[cpu :: self.cpus]))
        for _ in range(self.cpus):
            await self.ask(self.done, WaitForCompletion())
        await memory_reclaim(self, test, self.reclaim, self.retries)
        await drop_slab(self)

    def report(self) -> dict[str, Any]:
        """What happened, as a person would ask."""
        kernel, stats = self.kernel, self.kernel.stats
        return {
            "version": kernel.version.name,
            "memcgs": self.made,
            "shrinkers": len(kernel.shrinker_idr.entries),
            "units": sum(
                len(getattr(pernode.shrinker_info, "unit", ()))
                for memcg in kernel.descendants(kernel.root_mem_cgroup)
                for pernode in memcg.nodeinfo
            ),
            "touches": self.touched,
            **{name: stats[name] for name in STATS},
            "shrink_slab": self.calls["shrink_slab"],
            "do_shrink_slab": self.calls["do_shrink_slab"],
            "grace_periods": kernel.rcu.grace_periods(),
            "deliveries": self.world.deliveries,
            "violations": len(self.world.broken),
        }


STATS = (
    "expansions", "reclaim_passes", "limit_reclaims", "oom", "objects_freed", "scans",
    "trylock_failures", "contention_bailouts",
)  # fmt: skip


@scenario(
    verdict=NEVER,
    max_steps=1_000_000_000,
    perf=("steady=true", "laws=false", "cpus=11", "passes=1"),
)
def stress(
    world: World,
    *,
    full: bool = False,
    memcgs: int = 401,
    mounts: int = 401,
    touches: int = 301,
    limit_mib: int | None = None,
    cpus: int = 8,
    reclaimers: int = 2,
    passes: int = 3,
    reclaim_mib: int = 64,
    retries: int = 0,
    nodes: int = 1,
    kswapd: bool = False,
    laws: bool = True,
    steady: bool = False,
    version: Version = "refcount_rcu",
) -> None:
    """The patch's script: memcgs, tmpfs mounts, parallel touches, reclaim, drop_caches.

    full is 4001 memcgs, 4001 mounts, 3001 touches and the limit of 4 GiB; at other sizes the limit
    is as large per memcg unless limit_mib says otherwise (touches beyond it reclaim, retry as often
    as the kernel and end in OOM, which takes long). passes is how often each of the reclaimers
    walks /test beside the mounts; retries how often memory.reclaim tries again when it got nothing
    (16 in the kernel). kswapd wakes one kswapd a node when the touches begin. laws=false judges
    nothing, for measuring what the laws cost. steady begins where the script has settled, and cpus
    walk /test as often as passes says, at once (steady_state.py).
    """
    if full:
        memcgs, mounts, touches = 4001, 4001, 3001
    at_least(0, memcgs=memcgs, mounts=mounts, touches=touches, reclaimers=reclaimers)
    at_least(0, passes=passes, reclaim_mib=reclaim_mib, retries=retries)
    at_least(1, cpus=cpus, nodes=nodes)
    at_most("one for each memcg and mount", min(memcgs, mounts), touches=touches)
    if limit_mib is None:
        limit_mib = -(-4096 * memcgs // 4001)
    at_least(0, limit_mib=limit_mib)
    kernel = Kernel(world, VERSIONS[version], nodes=nodes, laws=laws)
    if steady:
        settled(kernel, memcgs=memcgs, mounts=mounts, touches=touches, cpus=cpus, passes=passes)
        return
    done = Done()
    done.publish_in(world)
    world.add(done, "touches_done")
    shell = Stress(
        kernel, Boot(*SYSTEM.get(version, SYSTEM_6_12)), done, (memcgs, mounts, touches),
        limit=limit_mib * MIB, cpus=cpus, reclaimers=reclaimers, passes=passes,
        reclaim=reclaim_mib * MIB, retries=retries, kswapd=[],
    )  # fmt: skip
    for nid in range(nodes if kswapd else 0):
        waitqueue = WaitQueue()
        waitqueue.publish_in(world)
        shell.kswapd.append(world.add(waitqueue, f"kswapd_wait{nid}"))
        world.spawn(Kswapd(kernel, nid, waitqueue), name=f"kswapd{nid}")
    world.spawn(shell, name="init")
    world.report = shell.report
