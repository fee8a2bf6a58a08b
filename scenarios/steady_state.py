"""Steady state: what a profiler sees of the stress script once it has settled.

Memcgs, mounts and what was touched are there since long; no bit is set but those of objects. Then
CPUs reclaim from /test at once, each beginning at another memcg, as mem_cgroup_iter()'s shared
position has them do; nobody mounts any more. That is when the profiles of the patch were taken, and
the first pass over maps that expansion has filled with ones is over.

Source: the script and the profiles in 50d09da8e119.
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_iter import css_tryget
from slabrace.actors.reclaim import shrink_node_memcgs

__all__ = ["settled"]


PRIORITY = 12
"""Nothing presses: DEF_PRIORITY."""


class Walker(Cpu):
    """Reclaims from ``target``, ``passes`` times all round, from ``first`` to ``first``."""

    def __init__(self, kernel: Kernel, target: Memcg, first: Memcg, passes: int) -> None:
        super().__init__(kernel)
        self.target = target
        self.first = first
        self.passes = passes

    async def main(self) -> None:
        for _ in range(self.passes):
            for nid in range(self.kernel.nodes):
                if await css_tryget(self, self.first):
                    await shrink_node_memcgs(self, self.target, nid, PRIORITY, after=self.first)
                await shrink_node_memcgs(self, self.target, nid, PRIORITY, until=self.first)


def settled(
    kernel: Kernel, *, memcgs: int, mounts: int, touches: int, cpus: int, passes: int
) -> None:
    """Have it all there, and let ``cpus`` reclaim."""
    test = kernel.boot_memcg("test")
    below = [kernel.boot_memcg(str(number), test) for number in range(memcgs)]
    superblocks = [mounted(kernel, f"tmpfs{number}") for number in range(mounts)]
    for number, memcg in enumerate(below[:touches]):
        object_of(kernel, superblocks[number * mounts // memcgs], memcg)
        memcg.usage = 1
    for cpu in range(cpus):
        first = below[cpu * memcgs // cpus] if memcgs else test
        kernel.world.spawn(Walker(kernel, test, first, passes))
