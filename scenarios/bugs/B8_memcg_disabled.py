"""B8: with cgroup_disable=memory the walk of a memcg is entered without one.

"mm: vmscan: check if mem cgroup is disabled or not before calling memcg slab shrinker",
fa1e512fac71 (v5.3), after aeed1d325d42. root_mem_cgroup is there, so NULL, which is all that
mem_cgroup_iter() has then, is not the root. Found on kdump kernels, which boot that way.

One thread is enough. Carried over to the walk of v4.19 to v5.12, whose other half it is.
"""

from __future__ import annotations

from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import RwsemMap
from slabrace.actors.tasks import DropCaches
from slabrace.actors.version import Version
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import UNIT_BITS

__all__ = ["B8_memcg_disabled", "B8_memcg_disabled_fixed"]


class NotTheRoot(RwsemMap):
    """``!mem_cgroup_is_root(memcg)`` alone."""

    def is_memcg_walk(self, memcg: Memcg | None) -> bool:
        return memcg is not self.kernel.root_mem_cgroup


def without_memcgs(world: World, version: type[Version]) -> None:
    """cgroup_disable=memory, a mount S with an object, drop_caches."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS, mem_cgroup_disabled=True)
    object_of(kernel, mounted(kernel, "S"), kernel.root_mem_cgroup)
    world.spawn(DropCaches(kernel))


@scenario(
    verdict=ALWAYS, bug="B8", law="null_deref", fixed="B8_memcg_disabled_fixed",
    reach="function name=shrink_slab",
)  # fmt: skip
def B8_memcg_disabled(world: World) -> None:
    """drop_caches with cgroup_disable=memory dereferences NULL (v5.2)."""
    without_memcgs(world, NotTheRoot)


@scenario(verdict=NEVER, reach="mm_shrink_slab_end retval=1")
def B8_memcg_disabled_fixed(world: World) -> None:
    """The same with mem_cgroup_disabled() asked first: all shrinkers are walked."""
    without_memcgs(world, RwsemMap)
