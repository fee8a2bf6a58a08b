"""refcount_rcu_fixed: the lockless walk with the fixes known by 2026.

    A1  the reference is put where kmem accounting is off, and the bit cleared
    A2  shrinker_info is torn down under shrinker_mutex
    A3  an add sets the bit of the memcg whose list it found (list_lrus, below)
    A6  set_shrinker_bit() checks the id before it reads the unit
    A7  an info whose units could not be allocated is freed
    A11 with cgroup.memory=nokmem a slab shrinker is not memcg aware

Sources: the commits of kernel.md 6.A. The suspects L1 and L2 are not fixed anywhere, nor here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.actors.list_lrus import ListLrus
from slabrace.actors.shrink_slab.refcount_rcu import RefcountRcu
from slabrace.actors.shrinker_info import CLEAR_BIT

if TYPE_CHECKING:
    from slabrace.actors.cpu import Cpu
    from slabrace.actors.list_lru import ListLruOne
    from slabrace.actors.memcg import Memcg
    from slabrace.actors.shrinker import Shrinker, ShrinkerOps
    from slabrace.actors.shrinker_info import ShrinkerInfo, ShrinkerInfoUnit

__all__ = ["FixedListLrus", "RefcountRcuFixed"]


class RefcountRcuFixed(RefcountRcu):
    """v6.7 and its fixes."""

    name = "refcount_rcu_fixed"

    async def skip_kmem_off(
        self, cpu: Cpu, unit: ShrinkerInfoUnit, offset: int, shrinker: Shrinker
    ) -> None:
        """A1: clear the bit and put the reference."""
        await cpu.ask(unit, CLEAR_BIT[offset])
        await self.shrinker_put(cpu, shrinker)

    async def alloc_shrinker_info_failed(
        self, cpu: Cpu, memcg: Memcg, info: ShrinkerInfo | None
    ) -> None:
        """A7: free the info that was not published; A2: tear down the rest under the lock."""
        cpu.kvfree(info)
        await self.teardown(cpu, memcg)
        self.unlock_shrinkers(cpu)

    async def free_shrinker_info(self, cpu: Cpu, memcg: Memcg) -> None:
        """A2: the whole body under shrinker_mutex."""
        await self.lock_shrinkers(cpu)
        await self.teardown(cpu, memcg)
        self.unlock_shrinkers(cpu)

    async def unit_to_mark(self, cpu: Cpu, info: ShrinkerInfo, id_: int) -> ShrinkerInfoUnit | None:
        """A6: WARN_ON_ONCE() first, and no unit to read then."""
        if id_ >= await cpu.read_once(info, "map_nr_max"):
            cpu.note("warn_on_once", cpu=cpu, what=f"id {id_} beyond map_nr_max of {info.name}")
            return None
        return await super().unit_to_mark(cpu, info, id_)

    async def shrinker_alloc(
        self, cpu: Cpu, name: str, ops: ShrinkerOps, *, memcg_aware: bool = False,
        numa_aware: bool = False, nonslab: bool = False, seeks: int = 2, batch: int = 0,
    ) -> Shrinker | None:  # fmt: skip
        """A11: -ENOSYS from shrinker_memcg_alloc() drops SHRINKER_MEMCG_AWARE."""
        return await super().shrinker_alloc(
            cpu, name, ops, memcg_aware=memcg_aware and (self.kernel.kmem or nonslab),
            numa_aware=numa_aware, nonslab=nonslab, seeks=seeks, batch=batch,
        )  # fmt: skip

    async def teardown(self, cpu: Cpu, memcg: Memcg) -> None:
        """__free_shrinker_info()."""
        cpu.lockdep_assert_held(self.lock)
        await super().free_shrinker_info(cpu, memcg)


class FixedListLrus(ListLrus):
    """A3: the bit follows the list."""

    def bit_owner(self, memcg: Memcg, one: ListLruOne) -> Memcg:
        """The memcg whose list the object is on now."""
        return one.memcg if one.memcg is not None else self.kernel.root_mem_cgroup
