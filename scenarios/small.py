"""The beginning that the small scenarios share: one mount, one memcg, room for two shrinkers.

SHRINKER_UNIT_BITS is 2, so the third shrinker makes every info expand; nothing else differs from
64.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.list_lru import Item
from slabrace.actors.memcg import Memcg
from slabrace.actors.superblock import SuperBlock
from slabrace.actors.version import Version
from slabrace.runtime.world import World

__all__ = ["PREEMPTION", "UNIT_BITS", "Small", "expand", "small"]

UNIT_BITS = 2

PREEMPTION = ("from=* for=20..100 p=0.1",)
"""Every tenth message is held up, as by preemption: a plain random walk is too even for races."""


class Small(NamedTuple):
    """A kernel, a memcg A, a mount S, and the object of S that A has (if asked for)."""

    kernel: Kernel
    memcg: Memcg
    sb: SuperBlock
    item: Item | None


def small(
    world: World,
    version: type[Version],
    *,
    with_object: bool = True,
    mounts: int = 1,
    **options: Any,
) -> Small:
    """A memcg A and ``mounts`` mounts: S, and more that nobody looks at."""
    kernel = Kernel(world, version, unit_bits=UNIT_BITS, **options)
    memcg = kernel.boot_memcg("A")
    sb = mounted(kernel, "S")
    for number in range(1, mounts):
        mounted(kernel, f"S{number}")
    item = object_of(kernel, sb, memcg) if with_object else None
    return Small(kernel, memcg, sb, item)


async def expand(cpu: Cpu) -> None:
    """Make room for one more word of ids: what an allocation does that takes the first of them."""
    kernel = cpu.kernel
    await kernel.version.lock_shrinkers(cpu)
    await kernel.version.expand_shrinker_info(cpu, kernel.globals.shrinker_nr_max)
    kernel.version.unlock_shrinkers(cpu)
