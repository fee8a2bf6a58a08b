"""A1: with kmem accounting off the walk goes on without putting the reference it took.

"mm/shrinker: fix refcount leak in shrink_slab_memcg()", introduced by 50d09da8e119 (v6.7).

    shrink_slab_memcg(A)                    umount S
      shrinker_try_get(S)      1 -> 2
      kmem off, not NONSLAB: continue       shrinker_free(S)
                                              shrinker_put(S)       2 -> 1
                                              wait_for_completion   for ever
"""

from __future__ import annotations

from slabrace.actors.initial import set_bit
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.tasks import SlabReclaimer, Umounter
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["A1_refcount_leak", "A1_refcount_leak_fixed"]


def umount_after_a_visit(world: World, version: type[Version]) -> None:
    """cgroup.memory=nokmem, and a bit in A for a slab shrinker (set since before: A11 lets it)."""
    kernel, memcg, sb, _ = small(world, version, kmem=False, with_object=False)
    set_bit(kernel, sb, memcg)
    world.spawn(SlabReclaimer(kernel, memcg), Umounter(kernel, sb))


REACH = ("function name=shrink_slab", "function name=shrinker_free")


@scenario(
    verdict=SOMETIMES,
    bug="A1",
    law=("deadlock", "refcount"),
    runs=50,
    fixed="A1_refcount_leak_fixed",
    reach=REACH,
)
def A1_refcount_leak(world: World) -> None:
    """Umount hangs in shrinker_free(): a walk with kmem off kept a reference (as merged)."""
    umount_after_a_visit(world, RefcountRcu)


@scenario(verdict=NEVER, runs=50, reach=REACH)
def A1_refcount_leak_fixed(world: World) -> None:
    """The same with the fix: the bit is cleared and the reference put."""
    umount_after_a_visit(world, RefcountRcuFixed)
