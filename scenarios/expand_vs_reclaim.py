"""expand_vs_reclaim: shrinker_info is replaced while walks and set_shrinker_bit() use it."""

from __future__ import annotations

from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.tasks import Mounter, Script, SlabReclaimer, Toucher
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version, at_least
from slabrace.scenarios.small import PREEMPTION, expand, small

__all__ = ["expand_vs_reclaim"]

REACH = ("shrinker_info_published", "shrinker_called", "function name=set_shrinker_bit")


@scenario(verdict=NEVER, runs=200, delays=PREEMPTION, reach=REACH)
def expand_vs_reclaim(
    world: World, *, version: Version = "refcount_rcu_fixed", mounts: int = 2, nodes: int = 1,
    passes: int = 2, touches: int = 1, expansions: int = 0, bits: int = 0,
    objects: int = 1,
) -> None:  # fmt: skip
    """Two mounts make every info expand while A is reclaimed and an object is added.

    The old info must stay until its readers have left; no bit and no deferred count may be lost.
    ``expansions`` are made without a mount, ``bits`` are set without an object; A has
    an object from the beginning if ``objects`` says so.
    """
    at_least(1, nodes=nodes, passes=passes)
    at_least(0, mounts=mounts, touches=touches, expansions=expansions, bits=bits)
    at_least(0, objects=objects)
    kernel, memcg, sb, _ = small(world, VERSIONS[version], nodes=nodes, with_object=objects > 0)

    async def set_bit(cpu: Cpu) -> None:
        await kernel.version.set_shrinker_bit(cpu, memcg, 0, sb.dentry_lru.shrinker_id)

    world.spawn(
        SlabReclaimer(kernel, memcg, passes=passes),
        *((Mounter(kernel, *(f"T{number}" for number in range(mounts))),) if mounts else ()),
        *(Script(kernel, expand) for _ in range(expansions)),
        *(Toucher(kernel, memcg, sb) for _ in range(touches)),
        *(Script(kernel, set_bit) for _ in range(bits)),
    )
