"""L4: deferred work is copied to the parent while a walk of the dying memcg still takes it.

kernel.md 2.8 and 6.F: reparent_shrinker_deferred() reads the child's counts and leaves them there,
and CSS_ONLINE is cleared only when css_offline() has returned. So a walk of the child may work
from the same count (twice), or bring back what it could not do after the copy was made (lost):

    twice                                     lost
    offline C            walk of C            walk of C            offline C
    read C: 1, A += 1                         xchg C: takes 1
                         xchg C: takes 1                           read C: 0, A += 0
                         scans 1              scans nothing
                                              add C: 1
                                                                   not CSS_ONLINE: nobody comes

Under the old lock it is the same: walk and reparenting both held it for reading.
"""

from __future__ import annotations

from slabrace.actors.arithmetic import SHRINK_STOP
from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import set_bit
from slabrace.actors.laws import DeferredOnce
from slabrace.actors.losses import ZombieMemcg
from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import DeferredAdd, DeferredXchg, PercpuRefKill
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcuFixed
from slabrace.actors.shrinker import ShrinkControl
from slabrace.actors.shrinker_info import ShrinkerInfoUnit
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version as VersionName
from slabrace.scenarios.small import PREEMPTION, small

__all__ = [
    "L4_deferred_lost", "L4_deferred_lost_moved", "L4_deferred_twice", "L4_deferred_twice_moved",
]  # fmt: skip

RUNS = 200
REACH = ("nr_deferred_reparent", "nr_deferred_take", "mm_shrink_slab_end")


class Moved(RefcountRcuFixed):
    """A candidate fix: a count is moved, and whoever gives to a dying memcg moves it on.

    The xchg lets only one of walk and reparenting have a count. After giving, a walk looks whether
    the memcg is dying (CSS_DYING is set long before css_offline()): if it is not, reparenting is
    yet to come and will find the count; if it is, the walk takes it back and gives it to the
    parent, which may be dying itself.
    """

    name = "refcount_rcu_moved"

    async def take_from_child(self, cpu: Cpu, unit: ShrinkerInfoUnit, offset: int) -> int:
        nr: int = await cpu.ask(unit, DeferredXchg(offset))
        return nr

    async def add_nr_deferred_memcg(
        self, cpu: Cpu, nr: int, memcg: Memcg, nid: int, id_: int
    ) -> int:
        index, offset = divmod(id_, self.kernel.unit_bits)
        unit = await self.memcg_unit(cpu, memcg, nid, index)
        if unit is None:
            return 0
        count: int = await cpu.ask(unit, DeferredAdd(offset, nr))
        await cpu.smp_mb()  # pairs with the grace period between CSS_DYING and css_offline()
        if memcg.parent is not None and await cpu.read_once(memcg, "css_dying"):
            moved: int = await cpu.ask(unit, DeferredXchg(offset))
            self.note_deferred(cpu, "nr_deferred_reparent", memcg.parent, nid, id_, moved)
            await self.add_nr_deferred_memcg(cpu, moved, memcg.parent, nid, id_)
        return count


class OneObject:
    """Callbacks of a shrinker with a queue of its own: one object wherever one looks.

    ``stops``: scan_objects() cannot make progress, as in GFP_NOFS.
    """

    def __init__(self, *, stops: bool) -> None:
        self.stops = stops

    async def count_objects(self, _cpu: Cpu, _sc: ShrinkControl, /) -> int:
        return 1

    async def scan_objects(self, _cpu: Cpu, _sc: ShrinkControl, /) -> int:
        return SHRINK_STOP if self.stops else 1


def offline_under_a_walk(world: World, version: type[Version], *, stops: bool) -> None:
    """A/C, with one object deferred, is taken offline while it is reclaimed."""
    kernel, memcg, sb, _ = small(world, version, with_object=False)
    # The story ends when C is offline: that a removed memcg is freed in the end is no part of it.
    world.monitors[:] = [law for law in world.monitors if not isinstance(law, ZombieMemcg)]
    world.judge(DeferredOnce(kernel))
    child = kernel.boot_memcg("C", memcg)
    shrinker = sb.s_shrink
    if shrinker is None:
        return
    kernel.list_lrus.lrus.clear()  # its objects are on no list_lru
    shrinker.ops = OneObject(stops=stops)
    shrinker.seeks = 0  # half of one object is none: a pass works off what was deferred
    set_bit(kernel, sb, child)
    info = child.nodeinfo[0].shrinker_info
    if info is not None:
        info.boot_defer(shrinker.id, 1)
    child.note("nr_deferred_add", memcg=child, nid=0, id=shrinker.id, nr=1)

    async def offline(cpu: Cpu) -> None:
        """kill_css(); then what css_killed_work_fn() does, with nobody to contend for its lock."""
        await cpu.ask(child, PercpuRefKill())
        await kernel.lives.mem_cgroup_css_offline(cpu, child)
        cpu.write_once(child, "css_online", False)

    world.spawn(Script(kernel, offline), SlabReclaimer(kernel, child))


@scenario(
    verdict=SOMETIMES, kind="suspect", bug="L4", law="deferred_once", runs=RUNS, delays=PREEMPTION,
    fixed="L4_deferred_twice_moved", reach=REACH,
)  # fmt: skip
def L4_deferred_twice(world: World, *, version: VersionName = "refcount_rcu_fixed") -> None:
    """A walk of a dying memcg works from a count that its parent has got as well."""
    offline_under_a_walk(world, VERSIONS[version], stops=False)


@scenario(verdict=NEVER, runs=RUNS, delays=PREEMPTION, reach=REACH)
def L4_deferred_twice_moved(world: World) -> None:
    """The same with counts that are moved."""
    offline_under_a_walk(world, Moved, stops=False)


@scenario(
    verdict=SOMETIMES, kind="suspect", bug="L4", law="deferred_once", runs=RUNS, delays=PREEMPTION,
    fixed="L4_deferred_lost_moved", reach=REACH,
)  # fmt: skip
def L4_deferred_lost(world: World, *, version: VersionName = "refcount_rcu_fixed") -> None:
    """A walk of a dying memcg brings back what it could not do when nobody comes any more."""
    offline_under_a_walk(world, VERSIONS[version], stops=True)


@scenario(verdict=NEVER, runs=RUNS, delays=PREEMPTION, reach=REACH)
def L4_deferred_lost_moved(world: World) -> None:
    """The same with counts that are moved."""
    offline_under_a_walk(world, Moved, stops=True)
