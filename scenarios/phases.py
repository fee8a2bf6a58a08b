"""phases: the workload of the recordings, one phase after the other, counted function by function.

Nothing runs at the same time, so every count is exact: it equals that of a real kernel or the model
is wrong (kernel.md 10). ``stats.calls`` holds {phase: {function: calls}}, ``stats.loops`` the calls
of every round of drop_caches, since how often it goes round depends on what else the machine
caches.

Two times are the recordings' own: umount(8) takes about two jiffies and a grace period three
(HZ=250); from them follows how many callbacks run after the umounts are over.
"""

from __future__ import annotations

from typing import Any, Final

from slabrace.actors.boot import Boot
from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.reclaim import drop_slab, memory_reclaim
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.superblock import SuperBlock, mount, touch, umount
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.choices import Version, at_least, at_most

JIFFY: Final = 4_000_000
MIB: Final = 256  # pages

SYSTEM: Final = {"rwsem_flat": (27, 21)}
"""Shrinkers of the system and superblocks among them, in linux-6.1; all later versions as 6.12."""
SYSTEM_6_12: Final = (30, 23)


class Phases(Cpu):
    """The shell that runs the phases, and the counts of each."""

    def __init__(self, kernel: Kernel, boot: Boot, memcgs: int, mounts: int, touches: int) -> None:
        super().__init__(kernel)
        self.boot = boot
        self.numbers = (memcgs, mounts, touches)
        self.marks: list[tuple[str, dict[str, int], int]] = []

    def phase(self, name: str) -> None:
        """What is called from here on belongs to ``name``."""
        self.note("tracing_mark_write", phase=name)
        self.marks.append((name, dict(self.calls), len(self.kernel.loops)))

    async def main(self) -> None:
        kernel, boot = self.kernel, self.boot
        memcgs, mounts, touches = self.numbers
        await boot(self)
        self.phase("create")
        test = await boot.mkdir(self, kernel.root_mem_cgroup, "test")
        if test is None:
            return
        below: list[Memcg] = []
        for number in range(memcgs):
            memcg = await boot.mkdir(self, test, str(number))
            below += [memcg] if memcg is not None else []
        self.phase("mount")
        mounted: list[SuperBlock] = []
        for number in range(mounts):
            sb = await mount(self, f"tmpfs{number}")
            mounted += [sb] if sb is not None else []
        self.phase("touch")
        for sb, memcg in list(zip(mounted, below, strict=False))[:touches]:
            await touch(self, sb, memcg, MIB)
        for name in ("drop_caches 1", "drop_caches 2"):
            self.phase(name)
            await drop_slab(self)
        self.phase("memory.reclaim")
        await memory_reclaim(self, test, 4 * MIB)
        self.phase("umount")
        for sb in mounted:
            await self.sleep(2 * JIFFY)
            await umount(self, sb)
        self.phase("rmdir")
        for memcg in below:
            await kernel.lives.cgroup_rmdir(self, memcg)

    def counts(self) -> dict[str, Any]:
        """Calls by phase; the last phase lasts until everything is at rest."""
        calls: dict[str, dict[str, int]] = {}
        loops: dict[str, list[dict[str, int]]] = {}
        ends = [*self.marks[1:], ("end", dict(self.calls), len(self.kernel.loops))]
        for (name, before, first), (_, after, last) in zip(self.marks, ends, strict=True):
            calls[name] = {
                f: n - before.get(f, 0) for f, n in sorted(after.items()) if n > before.get(f, 0)
            }
            if last > first:
                loops[name] = self.kernel.loops[first:last]
        return {"calls": calls, "loops": loops}


@scenario(verdict=NEVER, strategy="round_robin", delays=("from=rcu to=rcu message=GpEnd for=12ms",))
def phases(
    world: World,
    *,
    memcgs: int = 11,
    mounts: int = 11,
    touches: int = 8,
    version: Version = "refcount_rcu",
    system_shrinkers: int | None = None,
    system_superblocks: int | None = None,
) -> None:
    """create, mount, touch, drop_caches twice, memory.reclaim, umount, rmdir: counted by phase.

    system_shrinkers and system_superblocks default to what was counted on the recorded kernels:
    27 and 21 for rwsem_flat (linux-6.1), 30 and 23 for the others (linux-6.12).
    """
    counted = SYSTEM.get(version, SYSTEM_6_12)
    superblocks = counted[1] if system_superblocks is None else system_superblocks
    shrinkers = counted[0] if system_shrinkers is None else system_shrinkers
    at_least(0, memcgs=memcgs, mounts=mounts, touches=touches, system_superblocks=superblocks)
    at_most("one for each memcg and mount", min(memcgs, mounts), touches=touches)
    at_most("since superblocks are shrinkers", shrinkers, system_superblocks=superblocks)
    kernel = Kernel(world, VERSIONS[version])
    shell = Phases(kernel, Boot(shrinkers, superblocks), memcgs, mounts, touches)
    world.spawn(shell, name="init")
    world.report = shell.counts
