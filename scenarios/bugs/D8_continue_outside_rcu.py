"""D8: a loop that runs under RCU is continued from where RCU was left.

Review of v1 25/29 of the lockless series: the memcg walk held one section around its loop, left it
for the callbacks, and where kmem accounting is off went on to the next bit from there. The section
is left twice, idr_find() runs outside of one, and the reference that was taken stays (as A1).

    rcu_read_lock()
    for each bit:   idr_find, shrinker_try_get
                    rcu_read_unlock()
                    kmem off, not NONSLAB: continue        no rcu_read_lock(), no shrinker_put()
    rcu_read_unlock()                                      of nothing
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import set_bit
from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import FindNextBit, IdrFind, ReadUnit
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.actors.shrinker_info import CLEAR_BIT, ShrinkerInfo, ShrinkerInfoUnit
from slabrace.actors.tasks import SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["D8_continue_outside_rcu", "D8_continue_outside_rcu_fixed"]


class OneSection(RefcountRcu):
    """One read-side section around the bits of a unit, left for each shrinker that is run."""

    async def shrink_slab_memcg(
        self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int
    ) -> int:
        freed = 0
        cpu.rcu_read_lock()
        info: ShrinkerInfo = await cpu.rcu_dereference(memcg.nodeinfo[nid], "shrinker_info")
        unit: ShrinkerInfoUnit = await cpu.ask(info, ReadUnit(0))
        bit: int = await cpu.ask(unit, FindNextBit(0))
        while bit >= 0:
            at, bit = bit, await cpu.ask(unit, FindNextBit(bit + 1))
            shrinker: Shrinker | None = await cpu.ask(self.kernel.shrinker_idr, IdrFind(at))
            if shrinker is None or not await self.shrinker_try_get(cpu, shrinker):
                await cpu.ask(unit, CLEAR_BIT[at])
                continue
            cpu.rcu_read_unlock()
            if not self.kernel.memcg_kmem_online and not shrinker.nonslab:
                continue
            freed += await self.do_shrink_slab(
                cpu, ShrinkControl(gfp, nid, memcg), shrinker, priority
            )
            await self.leave_shrinker(cpu, shrinker)
        cpu.rcu_read_unlock()
        return freed


def walk_with_kmem_off(world: World, version: type[Version]) -> None:
    """cgroup.memory=nokmem, and a bit in A for a slab shrinker."""
    kernel, memcg, sb, _ = small(world, version, kmem=False, with_object=False)
    set_bit(kernel, sb, memcg)
    world.spawn(SlabReclaimer(kernel, memcg))


@scenario(
    verdict=ALWAYS, bug="D8", law=("rcu_usage", "refcount"), fixed="D8_continue_outside_rcu_fixed"
)
def D8_continue_outside_rcu(world: World) -> None:
    """A walk with kmem off leaves its RCU section twice, and keeps a reference."""
    walk_with_kmem_off(world, OneSection)


@scenario(verdict=NEVER, reach="function name=shrink_slab")
def D8_continue_outside_rcu_fixed(world: World) -> None:
    """The same with a section around each lookup, and the put (A1)."""
    walk_with_kmem_off(world, RefcountRcuFixed)
