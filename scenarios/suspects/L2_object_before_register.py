"""L2: an object that is cached before its shrinker is registered loses its bit.

kernel.md 6.F, an inference by reading: no upstream confirmation. The old walk kept the bit of a
shrinker that was found but not registered; the lockless one cannot tell it from one that is going
away.

    mount T                               reclaim of A
    shrinker_alloc, object cached: set_bit
                                          idr_find(id), try_get fails: refcount is 0
    shrinker_register
                                          clear_bit(id)
"""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import lists_of, preallocated
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.tasks import Script, SlabReclaimer
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version as VersionName
from slabrace.scenarios.small import PREEMPTION, UNIT_BITS
from slabrace.scenarios.suspects.L1_id_reuse import Recheck

__all__ = ["L2_object_before_register", "L2_object_before_register_recheck"]

RUNS = 500
REACH = ("shrinker_registered", "function name=set_shrinker_bit", "function name=shrink_slab")


def object_before_register(world: World, version: type[Version]) -> None:
    """T has its id and its lists; it caches an object, then it is registered."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS)
    memcg = kernel.boot_memcg("A")
    sb, shrinker = preallocated(kernel, "T")
    kernel.superblocks[sb] = None
    lists_of(kernel, sb, memcg)
    item = kernel.new_item(memcg, 0)

    async def cache_first(cpu: Cpu) -> None:
        await kernel.list_lrus.list_lru_add(cpu, sb.inode_lru, item)
        await kernel.version.shrinker_register(cpu, shrinker)

    world.spawn(Script(kernel, cache_first), SlabReclaimer(kernel, memcg))


@scenario(
    verdict=SOMETIMES, kind="suspect", bug="L2", law="lost_bit", runs=RUNS, delays=PREEMPTION,
    fixed="L2_object_before_register_recheck", reach=REACH,
)  # fmt: skip
def L2_object_before_register(world: World, *, version: VersionName = "refcount_rcu_fixed") -> None:
    """The owner caches an object between shrinker_alloc() and shrinker_register()."""
    object_before_register(world, VERSIONS[version])


@scenario(verdict=NEVER, runs=RUNS, delays=PREEMPTION, reach=REACH)
def L2_object_before_register_recheck(world: World) -> None:
    """The same with a second look after clear_bit()."""
    object_before_register(world, Recheck)
