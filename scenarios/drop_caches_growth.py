"""drop_caches_growth: n memcgs and n mounts, all at rest: what `echo 2 > drop_caches` costs then.

Before v4.19 a memcg did not know whose objects it has, so each asked every shrinker: n times n
calls, and next to nothing was found. Since then a map says whom to ask.

As published, it is the second to fifth echo that is measured: the first has emptied the caches and
cleared the bits that expansion set. What came since is one inode each in the first ``objects``
memcgs; with one of them the echo frees one object, and one round is enough for it.

Source: Kirill Tkhai, "Improve shrink_slab() scalability (old complexity was O(n^2), new is O(n))",
v9, 2018: 4000 memcgs and 4000 tmpfs; kernel.md 5.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from slabrace.actors.arithmetic import SHRINK_EMPTY
from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import VERSIONS, RwsemFlat
from slabrace.actors.shrinker import ListHead, ShrinkControl, Shrinker
from slabrace.actors.tasks import DropCaches
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import at_least, at_most

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.memcg import Memcg

__all__ = ["drop_caches_growth"]

Grown = Literal["no_map", "rwsem_flat", "srcu", "rwsem", "refcount_rcu", "refcount_rcu_fixed"]


class NoMap(RwsemFlat):
    """Before v4.19: no memcg has a map. All else is as in rwsem_flat.

    A shrinker that has nothing answered 0 in those days; SHRINK_EMPTY came with the map. Here it
    is taken for 0.
    """

    name = "no_map"

    async def walk_bits(self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg, priority: int) -> int:
        """All memcg aware shrinkers of the list; mm/vmscan.c:shrink_slab(), v4.18."""
        freed = 0
        shrinker: ListHead | Shrinker = await cpu.read_once(self.kernel.shrinker_list, "next")
        while isinstance(shrinker, Shrinker):
            if shrinker.memcg_aware:
                sc = ShrinkControl(gfp, nid, memcg)
                got = await self.do_shrink_slab(cpu, sc, shrinker, priority)
                freed += 0 if got == SHRINK_EMPTY else got
                if await self.contended(cpu):
                    return freed or 1
            shrinker = await cpu.read_once(shrinker, "next")
        return freed


KINDS: Final[dict[str, type[Version]]] = {NoMap.name: NoMap, **VERSIONS}


@scenario(verdict=NEVER, max_steps=1_000_000_000, perf=("laws=false",))
def drop_caches_growth(
    world: World, *, n: int = 100, objects: int = 1, laws: bool = True,
    version: Grown = "refcount_rcu",
) -> None:  # fmt: skip
    """Memcgs and mounts are at rest, n of each, and one CPU drops the slabs once.

    objects is how many memcgs have an inode to give, each of a mount of its own. no_map walks as
    before v4.19: every memcg asks every shrinker, n * n calls of do_shrink_slab(). The root asks
    all n in every version.
    """
    at_least(1, n=n)
    at_least(0, objects=objects)
    at_most("one in each memcg", n, objects=objects)
    kernel = Kernel(world, KINDS[version], laws=laws)
    memcgs = [kernel.boot_memcg(str(number)) for number in range(n)]
    superblocks = [mounted(kernel, f"tmpfs{number}") for number in range(n)]
    for memcg, sb in list(zip(memcgs, superblocks, strict=True))[:objects]:
        object_of(kernel, sb, memcg)
    world.spawn(DropCaches(kernel))

    def report() -> dict[str, Any]:
        return {
            "version": version,
            "rounds": len(kernel.loops),
            "objects_freed": kernel.stats["objects_freed"],
            "shrink_slab": kernel.calls["shrink_slab"],
            "do_shrink_slab": kernel.calls["do_shrink_slab"],
        }

    world.report = report
