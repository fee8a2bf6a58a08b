"""B3: a shrinker that needs no kmem accounting stays SHRINKER_REGISTERING without it.

"mm: vmscan: protect shrinker idr replace with CONFIG_MEMCG", 42a9a53bb394 (v5.5), after
0a432dcbeb32 made the walk work without CONFIG_MEMCG_KMEM, for the deferred split queue of huge
pages. One line was left under the old condition: the one that lets the id lead to the shrinker.
A walk takes it for a shrinker that is not ready, for ever.

One thread is enough.
"""

from __future__ import annotations

from slabrace.actors.boot import Batches
from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import RwsemMap
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.tasks import Script
from slabrace.actors.version import Version
from slabrace.runtime.scenario import ALWAYS, NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.small import small

__all__ = ["B3_never_registered", "B3_never_registered_fixed"]


class OnlyWithKmem(RwsemMap):
    """idr_replace() under #ifdef CONFIG_MEMCG_KMEM."""

    async def publish_id(self, cpu: Cpu, shrinker: Shrinker) -> None:
        if self.kernel.kmem:
            await super().publish_id(cpu, shrinker)


def huge_page_is_queued(world: World, version: type[Version]) -> None:
    """No kmem accounting: the queue's shrinker is registered, A queues a page, A is reclaimed."""
    kernel, memcg, _, _ = small(world, version, kmem=False, with_object=False)

    async def boot(cpu: Cpu) -> None:
        shrinker = await kernel.version.shrinker_alloc(
            cpu, "thp-deferred_split", Batches(1), memcg_aware=True, nonslab=True
        )
        if shrinker is not None:
            await kernel.version.shrinker_register(cpu, shrinker)
            await kernel.version.set_shrinker_bit(cpu, memcg, 0, shrinker.id)

    async def reclaim(cpu: Cpu) -> None:
        await kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, memcg, 0)

    world.spawn(Script(kernel, boot, reclaim))


@scenario(
    verdict=ALWAYS, bug="B3", law="never_called", fixed="B3_never_registered_fixed",
    reach=("shrinker_registered", "function name=shrink_slab"),
)  # fmt: skip
def B3_never_registered(world: World) -> None:
    """The deferred split queue is never asked for its pages (v5.4)."""
    huge_page_is_queued(world, OnlyWithKmem)


@scenario(verdict=NEVER, reach=("shrinker_registered", "mm_shrink_slab_end retval=1"))
def B3_never_registered_fixed(world: World) -> None:
    """The same with the line where the rest is."""
    huge_page_is_queued(world, RwsemMap)
