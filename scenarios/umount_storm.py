"""umount_storm: processes mount and umount in a loop, nobody reclaims: what took SRCU back.

Every umount waits for the walks that may still use its shrinker. Under SRCU that is a grace period,
although there is no walk at all; the process sleeps meanwhile. That is why v6.4-rc7 reverted it.

Source: the kernel test robot on f95bdb700bc6 (stress-ng --ramfs, 96 processes, 88.8 % fewer
operations per second); kernel.md 5.2.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import VERSIONS, Srcu
from slabrace.actors.superblock import mount, umount
from slabrace.actors.version import Version
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import at_least

__all__ = ["umount_storm"]

Stormy = Literal[
    "rwsem_flat", "srcu", "srcu_expedited", "rwsem", "refcount_rcu", "refcount_rcu_fixed"
]


class SrcuExpedited(Srcu):
    """What was proposed before the revert: the same wait, with grace periods in a hurry."""

    name = "srcu_expedited"

    async def wait_for_walks(self, cpu: Cpu) -> None:
        """synchronize_srcu_expedited()."""
        await cpu.atomic_add_return(self.generation, "counter", 1)
        await cpu.synchronize_srcu(self.shrinker_srcu, expedited=True)


KINDS: Final[dict[str, type[Version]]] = {**VERSIONS, SrcuExpedited.name: SrcuExpedited}


class Stressor(Cpu):
    """One process of the storm."""

    def __init__(self, kernel: Kernel, rounds: int) -> None:
        super().__init__(kernel)
        self.rounds = rounds
        self.done = 0

    async def main(self) -> None:
        for number in range(self.rounds):
            sb = await mount(self, f"ramfs{self.number}.{number}")
            if sb is not None:
                await umount(self, sb)
                self.done += 1


@scenario(verdict=NEVER, max_steps=100_000_000, perf=("laws=false",))
def umount_storm(
    world: World, *, processes: int = 96, rounds: int = 10, memcgs: int = 10, laws: bool = True,
    version: Stormy = "refcount_rcu",
) -> None:  # fmt: skip
    """Processes mount and umount in a loop; nobody reclaims.

    rounds is how often each of them does; memcgs are there and have nothing to do with it.
    """
    at_least(1, processes=processes, rounds=rounds)
    at_least(0, memcgs=memcgs)
    kernel = Kernel(world, KINDS[version], laws=laws)
    for number in range(memcgs):
        kernel.boot_memcg(str(number))
    stressors = [Stressor(kernel, rounds) for _ in range(processes)]
    world.spawn(*stressors)

    def report() -> dict[str, Any]:
        return {"version": version, "operations": sum(each.done for each in stressors)}

    world.report = report
