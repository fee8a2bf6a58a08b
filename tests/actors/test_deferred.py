"""Where deferred counts are kept, and where they go when a memcg goes."""

from collections.abc import Coroutine
from typing import Any

import pytest
from tests.actors.laboratory import Ops, boot, quiet, shrinker, value_of

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcu, RwsemFlat, Srcu
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.actors.version import Version

VERSION = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)


def deferred(memcg: Memcg, id_: int, nid: int = 0) -> int:
    info = memcg.nodeinfo[nid].shrinker_info
    assert info is not None
    return info.deferred(id_)


async def in_a_walk(cpu: Cpu, access: Coroutine[Any, Any, int]) -> int:
    """What a walk holds, where it holds anything, around ``access``."""
    version = cpu.kernel.version
    if isinstance(version, Srcu):
        section = await cpu.srcu_read_lock(version.shrinker_srcu)
        count = await access
        await cpu.srcu_read_unlock(version.shrinker_srcu, section)
        return count
    await version.lock_reparent(cpu)
    count = await access
    version.unlock_reparent(cpu)
    return count


async def add(cpu: Cpu, it: Shrinker, memcg: Memcg, nid: int, nr: int) -> int:
    sc = ShrinkControl("GFP_KERNEL", nid, memcg)
    return await in_a_walk(cpu, cpu.kernel.version.add_nr_deferred(cpu, nr, it, sc))


async def take(cpu: Cpu, it: Shrinker, memcg: Memcg, nid: int) -> int:
    sc = ShrinkControl("GFP_KERNEL", nid, memcg)
    return await in_a_walk(cpu, cpu.kernel.version.xchg_nr_deferred(cpu, it, sc))


# -- routing ---------------------------------------------------------------------------


@VERSION
def test_a_memcg_aware_shrinker_keeps_one_count_per_memcg_and_node(
    version: type[Version],
) -> None:
    kernel = boot(version, nodes=2)
    first, second = kernel.boot_memcg("A"), kernel.boot_memcg("B")

    async def program(cpu: Cpu) -> Shrinker:
        made = await shrinker(cpu, Ops(0), memcg_aware=True, numa_aware=True)
        for nr, (memcg, nid) in enumerate([(first, 0), (first, 1), (second, 0)], 1):
            await add(cpu, made, memcg, nid, nr)
        return made

    made = value_of(kernel, program)
    assert made.nr_deferred is None
    assert [deferred(m, made.id, nid) for m in (first, second) for nid in (0, 1)] == [1, 2, 3, 0]


@VERSION
def test_adding_answers_the_new_count_and_taking_leaves_nothing(version: type[Version]) -> None:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> list[int]:
        made = await shrinker(cpu, Ops(0), memcg_aware=True)
        added = [await add(cpu, made, memcg, 0, nr) for nr in (0, 5, 2)]
        return [*added, await take(cpu, made, memcg, 0), await take(cpu, made, memcg, 0)]

    assert value_of(kernel, program) == [0, 5, 7, 7, 0]


@VERSION
def test_the_root_has_counts_although_it_has_no_bits(version: type[Version]) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0), memcg_aware=True)
        await add(cpu, made, kernel.root_mem_cgroup, 0, 9)

    quiet(kernel, program)
    assert deferred(kernel.root_mem_cgroup, 0) == 9


@VERSION
@pytest.mark.parametrize(("numa_aware", "counts"), [(True, [1, 2]), (False, [3])])
def test_a_shrinker_that_is_not_memcg_aware_keeps_them_itself(
    version: type[Version], numa_aware: bool, counts: list[int]
) -> None:
    kernel = boot(version, nodes=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> Shrinker:
        made = await shrinker(cpu, Ops(0), numa_aware=numa_aware)
        await add(cpu, made, kernel.root_mem_cgroup, 0, 1)
        await add(cpu, made, memcg, 1, 2)
        return made

    made = value_of(kernel, program)
    assert made.nr_deferred is not None
    assert made.nr_deferred.counts == counts
    assert made.id == -1


@VERSION
def test_a_memcg_aware_shrinker_that_is_numa_unaware_uses_node_0(version: type[Version]) -> None:
    """kernel.md 2.7: nid = sc.nid if NUMA_AWARE else 0, before the routing."""
    kernel = boot(version, nodes=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0), memcg_aware=True, numa_aware=False)
        await add(cpu, made, memcg, 1, 4)

    quiet(kernel, program)
    assert [deferred(memcg, 0, nid) for nid in (0, 1)] == [4, 0]


def test_a_count_of_an_id_in_a_later_unit_is_found() -> None:
    kernel = boot(unit_bits=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        made = [await shrinker(cpu, Ops(0), memcg_aware=True) for _ in range(4)]
        await add(cpu, made[3], memcg, 0, 6)

    quiet(kernel, program)
    assert [deferred(memcg, id_) for id_ in range(4)] == [0, 0, 0, 6]


# -- reparenting -----------------------------------------------------------------------


@VERSION
def test_the_counts_of_a_dying_memcg_are_added_to_its_parents(version: type[Version]) -> None:
    kernel = boot(version, nodes=2, unit_bits=2)
    parent = kernel.boot_memcg("A")
    child = kernel.boot_memcg("B", parent)

    async def program(cpu: Cpu) -> None:
        made = [
            await shrinker(cpu, Ops(0), memcg_aware=True, numa_aware=True) for _ in range(3)
        ]  # fmt: skip
        await add(cpu, made[0], parent, 0, 10)
        await add(cpu, made[0], child, 0, 1)
        await add(cpu, made[0], child, 1, 2)
        await add(cpu, made[2], child, 1, 4)
        await kernel.lives.cgroup_rmdir(cpu, child)

    quiet(kernel, program)
    counts = [[deferred(parent, id_, nid) for nid in (0, 1)] for id_ in range(3)]
    assert counts == [[11, 2], [0, 0], [0, 4]]


@VERSION
def test_a_child_of_the_root_hands_its_counts_to_the_root(version: type[Version]) -> None:
    kernel = boot(version)
    child = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0), memcg_aware=True)
        await add(cpu, made, child, 0, 3)
        await kernel.lives.cgroup_rmdir(cpu, child)

    quiet(kernel, program)
    assert deferred(kernel.root_mem_cgroup, 0) == 3


def reparented(version: type[Version]) -> tuple[Kernel, Memcg]:
    """A/B defers 5 and is reparented, but not freed."""
    kernel = boot(version)
    parent = kernel.boot_memcg("A")
    child = kernel.boot_memcg("B", parent)
    mounted(kernel, "S")

    async def program(cpu: Cpu) -> None:
        it = kernel.shrinker_idr.entries[0]
        assert isinstance(it, Shrinker)
        await add(cpu, it, child, 0, 5)
        await kernel.version.reparent_shrinker_deferred(cpu, child)

    quiet(kernel, program)
    assert deferred(parent, 0) == 5
    return kernel, child


@pytest.mark.parametrize("version", [RwsemFlat, RefcountRcu], ids=lambda version: version.name)
def test_the_childs_own_counts_are_not_zeroed(version: type[Version]) -> None:
    assert deferred(reparented(version)[1], 0) == 5


@pytest.mark.parametrize("version", [RwsemFlat, RefcountRcu], ids=lambda version: version.name)
def test_reparenting_leaves_no_lock_behind(version: type[Version]) -> None:
    kernel, _ = reparented(version)
    assert kernel.shrinker_mutex.owner is None
    assert kernel.shrinker_rwsem.readers == []
