"""What looks wrong in a slab shrinker and is not (kernel.md 9.7): no law may speak of it."""

import pytest
from tests.actors.laboratory import Ops, boot, pause, quiet, shrinker, value_of, walk

from slabrace.actors.arithmetic import SHRINK_STOP
from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, object_of, set_bit
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import RefcountSet
from slabrace.actors.rculist import list_add_tail_rcu
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcu, Rwsem, RwsemFlat
from slabrace.actors.shrinker import ShrinkControl
from slabrace.actors.superblock import SuperBlock
from slabrace.actors.version import Version


def with_a_mount(version: type[Version]) -> tuple[Kernel, Memcg, SuperBlock]:
    kernel = boot(version, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    return kernel, memcg, mounted(kernel, "S")


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_a_bit_that_is_set_for_nothing(version: type[Version]) -> None:
    kernel, memcg, sb = with_a_mount(version)
    set_bit(kernel, sb, memcg)
    quiet(kernel)
    info = memcg.nodeinfo[0].shrinker_info
    assert info is not None
    assert info.bit(0)


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_a_bit_that_is_set_for_nothing_is_cleared_by_one_walk(version: type[Version]) -> None:
    kernel, memcg, sb = with_a_mount(version)
    set_bit(kernel, sb, memcg)

    async def program(cpu: Cpu) -> int:
        return await walk(cpu, memcg)

    assert value_of(kernel, program) == 0
    info = memcg.nodeinfo[0].shrinker_info
    assert info is not None
    assert not info.bit(0)
    assert kernel.calls["do_shrink_slab"] == 2  # empty, clear, and again


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_a_parent_whose_count_is_negative_while_a_child_is_reparented(
    version: type[Version],
) -> None:
    """kernel.md A13: the warning about it was the bug (98a6abc6cec1)."""
    kernel, parent, sb = with_a_mount(version)
    child = kernel.boot_memcg("C", parent)
    doomed = [object_of(kernel, sb, child) for _ in range(2)]
    lrus, lru = kernel.list_lrus, sb.inode_lru
    below, above = child.kmemcg_id, parent.kmemcg_id
    seen: list[int] = []

    async def program(cpu: Cpu) -> None:
        # the first half of memcg_reparent_list_lrus(): the id is the parent's, the list is not
        await cpu.mutex_lock(kernel.list_lrus_mutex)
        cpu.write_once(child, "kmemcg_id", above)
        assert await lrus.list_lru_del(cpu, lru, doomed[0])
        seen.append(lru.xa[above][0].nr_items)
        seen.append(await lrus.list_lru_count_one(cpu, lru, parent, 0))
        await lrus.memcg_reparent_list_lru(cpu, lru, below, parent)
        seen.append(lru.xa[above][0].nr_items)
        cpu.mutex_unlock(kernel.list_lrus_mutex)

    quiet(kernel, program)
    assert seen == [-1, 0, 1]


def test_a_shrinker_that_is_linked_and_skipped_until_its_refcount_is_set() -> None:
    kernel = boot()
    ops = Ops(10)
    counted: list[int] = []

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, ops, register=False)
        await cpu.mutex_lock(kernel.shrinker_mutex)
        await list_add_tail_rcu(cpu, made, kernel.shrinker_list)
        cpu.write_once(made, "registered", True)
        cpu.mutex_unlock(kernel.shrinker_mutex)
        await walk(cpu, kernel.root_mem_cgroup)
        counted.append(len(ops.nids))
        cpu.note("shrinker_registered", shrinker=made)
        await cpu.ask(made, RefcountSet(1))
        await walk(cpu, kernel.root_mem_cgroup)
        counted.append(len(ops.nids))

    quiet(kernel, program)
    assert counted == [0, 1]


@pytest.mark.parametrize("version", [RwsemFlat, Rwsem], ids=lambda version: version.name)
def test_one_object_freed_for_a_contended_lock(version: type[Version]) -> None:
    class Slow(Ops):
        async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
            await pause(cpu, 5)
            return 0

    kernel = boot(version, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    freed: list[int] = []

    async def reclaim(cpu: Cpu) -> None:
        for _ in range(2):
            made = await shrinker(cpu, Slow(0), memcg_aware=True)
            await kernel.version.set_shrinker_bit(cpu, memcg, 0, made.id)
        freed.append(await walk(cpu, memcg))

    async def writer(cpu: Cpu) -> None:
        await pause(cpu, 2)
        await cpu.down_write(kernel.shrinker_rwsem)
        cpu.up_write(kernel.shrinker_rwsem)

    quiet(kernel, reclaim, writer)
    assert freed == [1]
    assert kernel.stats["contention_bailouts"] == 1
    assert kernel.calls["do_shrink_slab"] == 1  # the second shrinker was not visited


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_everything_deferred_by_shrink_stop(version: type[Version]) -> None:
    kernel, memcg, sb = with_a_mount(version)
    for _ in range(3):
        object_of(kernel, sb, memcg)

    async def program(cpu: Cpu) -> int:
        freed = 0
        for _ in range(4):
            freed += await kernel.version.shrink_slab(cpu, "GFP_NOFS", 0, memcg, 0)
        return freed

    assert value_of(kernel, program) == 0
    info = memcg.nodeinfo[0].shrinker_info
    assert info is not None
    assert info.deferred(0) == 6  # never more than twice the cache
    assert info.bit(0)


def test_a_count_that_is_more_than_there_is() -> None:
    kernel = boot(RefcountRcu)
    ops = Ops(1000, scans=[0])

    async def program(cpu: Cpu) -> int:
        await shrinker(cpu, ops)
        return await walk(cpu, kernel.root_mem_cgroup)

    assert value_of(kernel, program) == 0
    assert ops.asked == [128] * 15  # of 2000; a rest of 80 is deferred


def test_a_scan_that_stops_at_once_counts_no_batch() -> None:
    kernel = boot(RefcountRcu)
    ops = Ops(1000, scans=[SHRINK_STOP])

    async def program(cpu: Cpu) -> int:
        made = await shrinker(cpu, ops)
        await walk(cpu, kernel.root_mem_cgroup)
        assert made.nr_deferred is not None
        return made.nr_deferred.counts[0]

    assert value_of(kernel, program) == 2000  # delta 2000, nothing scanned
    assert ops.asked == [128]
