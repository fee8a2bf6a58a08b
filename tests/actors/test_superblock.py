"""A mount and its shrinker: count, scan, mount, umount."""

import pytest
from tests.actors.laboratory import (
    PREEMPTION,
    Program,
    boot,
    functions,
    pause,
    quiet,
    seeds,
    start,
    value_of,
)

from slabrace.actors.arithmetic import SHRINK_EMPTY, SHRINK_STOP
from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.object import is_freed
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcuFixed
from slabrace.actors.shrinker import ShrinkControl
from slabrace.actors.superblock import SuperBlock, cache_object, mount, touch, umount
from slabrace.actors.version import Version

VERSION = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)


def with_objects(inodes: int, dentries: int = 0) -> tuple[Kernel, Memcg, SuperBlock]:
    """A has so many objects of S."""
    kernel = boot()
    memcg = kernel.boot_memcg("A")
    sb = mounted(kernel, "S")
    for _ in range(inodes):
        object_of(kernel, sb, memcg)
    if dentries:
        sb.inode_lru, sb.dentry_lru = sb.dentry_lru, sb.inode_lru
        for _ in range(dentries):
            object_of(kernel, sb, memcg)
        sb.inode_lru, sb.dentry_lru = sb.dentry_lru, sb.inode_lru
    return kernel, memcg, sb


def control(memcg: Memcg, nr_to_scan: int = 0, gfp: str = "GFP_KERNEL") -> ShrinkControl:
    sc = ShrinkControl(gfp, 0, memcg)
    sc.nr_to_scan = sc.nr_scanned = nr_to_scan
    return sc


# -- count -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inodes", "dentries", "count"), [(0, 0, SHRINK_EMPTY), (3, 0, 3), (0, 2, 2), (3, 2, 5)]
)
def test_it_counts_both_lists_and_says_empty_for_none(
    inodes: int, dentries: int, count: int
) -> None:
    kernel, memcg, sb = with_objects(inodes, dentries)
    assert value_of(kernel, lambda cpu: sb.count_objects(cpu, control(memcg))) == count


def test_a_superblock_that_is_not_born_counts_0_which_is_not_empty() -> None:
    kernel, memcg, sb = with_objects(3)
    sb.sb_born = False
    assert value_of(kernel, lambda cpu: sb.count_objects(cpu, control(memcg))) == 0
    assert kernel.calls["list_lru_count_one"] == 0


def test_it_counts_what_the_memcg_has_and_nobody_else() -> None:
    kernel, memcg, sb = with_objects(3)
    other = kernel.boot_memcg("B", memcg)
    assert value_of(kernel, lambda cpu: sb.count_objects(cpu, control(other))) == SHRINK_EMPTY


# -- scan ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nr_to_scan", "inodes", "dentries"),
    [
        (0, 1, 1),  # one more than asked for, of each
        (9, 5, 4),  # 9 * 5 // 10 + 1 and 9 * 4 // 10 + 1
        (4, 3, 2),
        (100, 5, 4),
    ],
)
def test_it_scans_both_lists_in_proportion(nr_to_scan: int, inodes: int, dentries: int) -> None:
    kernel, memcg, sb = with_objects(5, 4)
    freed = value_of(kernel, lambda cpu: sb.scan_objects(cpu, control(memcg, nr_to_scan)))
    left = [lru.xa[memcg.kmemcg_id][0].nr_items for lru in (sb.inode_lru, sb.dentry_lru)]
    assert left == [5 - inodes, 4 - dentries]
    assert freed == inodes + dentries


def test_with_gfp_nofs_it_stops_and_takes_no_lock() -> None:
    kernel, memcg, sb = with_objects(3)
    called = functions(kernel.world)
    sc = control(memcg, 3, "GFP_NOFS")
    assert value_of(kernel, lambda cpu: sb.scan_objects(cpu, sc)) == SHRINK_STOP
    assert called == ["super_cache_scan"]


def test_while_somebody_writes_s_umount_it_stops() -> None:
    kernel, memcg, sb = with_objects(3)
    seen: list[int] = []

    async def writer(cpu: Cpu) -> None:
        await cpu.down_write(sb.s_umount)
        await pause(cpu, 3)
        cpu.up_write(sb.s_umount)

    async def scan(cpu: Cpu) -> None:
        await pause(cpu)
        seen.append(await sb.scan_objects(cpu, control(memcg, 3)))
        await pause(cpu, 5)
        seen.append(await sb.scan_objects(cpu, control(memcg, 3)))

    quiet(kernel, writer, scan)
    assert seen == [SHRINK_STOP, 3]


def test_it_gives_s_umount_back() -> None:
    kernel, memcg, sb = with_objects(3)
    quiet(kernel, lambda cpu: sb.scan_objects(cpu, control(memcg, 1)))
    assert sb.s_umount.readers == []


# -- mount and umount ------------------------------------------------------------------


@VERSION
def test_a_mount_is_a_registered_numa_and_memcg_aware_shrinker(version: type[Version]) -> None:
    kernel = boot(version)
    sb = value_of(kernel, lambda cpu: mount(cpu, "S"))
    assert sb is not None
    it = sb.s_shrink
    assert it is not None
    assert (it.name, it.memcg_aware, it.numa_aware, it.seeks, it.batch, it.registered) == (
        "sb-S", True, True, 2, 1024, True,
    )  # fmt: skip
    assert it.ops is sb
    assert sb.inode_lru.shrinker_id == sb.dentry_lru.shrinker_id == it.id == 0
    assert sb.sb_born
    assert list(kernel.superblocks) == [sb]


def test_a_superblock_is_born_after_its_shrinker_is_registered() -> None:
    kernel = boot()
    seen: list[tuple[bool, bool]] = []

    async def watch(cpu: Cpu) -> None:
        for _ in range(60):
            await cpu.read_once(kernel.globals, "shrinker_nr_max")
            for it in kernel.shrinker_idr.entries.values():
                assert hasattr(it, "ops")
                seen.append((it.refcount > 0, it.ops.sb_born))  # type: ignore[attr-defined]

    quiet(kernel, lambda cpu: mount(cpu, "S"), watch)
    assert list(dict.fromkeys(seen)) == [(False, False), (True, False), (True, True)]


@VERSION
def test_umount_waits_for_rcu_and_gives_everything_back(version: type[Version]) -> None:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")
    names = (
        "synchronize_rcu_expedited", "deactivate_super", "deactivate_locked_super",
        "shrinker_free", "unregister_shrinker",
    )  # fmt: skip
    called = functions(kernel.world, *names)

    async def program(cpu: Cpu) -> SuperBlock:
        sb = await mount(cpu, "S")
        assert sb is not None
        await cache_object(cpu, sb, memcg)
        await umount(cpu, sb)
        return sb

    sb = value_of(kernel, program)
    assert is_freed(sb)
    assert called == [*names[:3], names[4 if kernel.version.embedded_shrinker else 3]]
    assert kernel.superblocks == {}
    assert kernel.shrinker_idr.entries == {}
    assert kernel.list_lrus.lrus == {}


@VERSION
def test_an_umount_that_meets_a_scan_waits_for_it(version: type[Version]) -> None:
    def build() -> Kernel:
        kernel = boot(version)
        memcg = kernel.boot_memcg("A")
        sb = mounted(kernel, "S")
        for _ in range(2):
            object_of(kernel, sb, memcg)

        async def reclaim(cpu: Cpu) -> None:
            await kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, memcg, 0)

        start(kernel, reclaim, lambda cpu: umount(cpu, sb))
        return kernel

    freed = set()
    for kernel, outcome in seeds(100, build, PREEMPTION):
        assert outcome.violations == []
        freed.add(kernel.stats["objects_freed"])
    assert freed == {0, 2}  # the scan came in time, or it did not


@VERSION
def test_a_mount_that_fails_leaves_nothing_behind(version: type[Version]) -> None:
    ends: set[tuple[int, int]] = set()

    def build() -> Kernel:
        kernel = boot(RefcountRcuFixed if version.name == "refcount_rcu" else version, faults=1)
        kernel.boot_memcg("A")
        start(kernel, lambda cpu: mount(cpu, "S"))
        return kernel

    for kernel, outcome in seeds(60, build):
        assert outcome.violations == []
        ends.add((kernel.stats["failed_allocations"], len(kernel.superblocks)))
    assert ends == {(0, 1), (1, 0)}


# -- objects ---------------------------------------------------------------------------


def test_touching_a_tmpfs_charges_pages_and_sets_no_bit() -> None:
    kernel, memcg, sb = with_objects(0)
    assert value_of(kernel, lambda cpu: touch(cpu, sb, memcg, 256))
    assert memcg.usage == kernel.root_mem_cgroup.usage == 256
    assert memcg.nodeinfo[0].lru_pages == 256
    assert kernel.calls["memcg_list_lru_alloc"] == 2
    assert kernel.calls["set_shrinker_bit"] == 0


def test_touching_over_the_limit_is_an_oom_and_charges_nothing() -> None:
    kernel, memcg, sb = with_objects(0)
    memcg.limit = 100
    assert not value_of(kernel, lambda cpu: touch(cpu, sb, memcg, 256))
    assert (memcg.usage, kernel.stats["oom"]) == (0, 1)


@pytest.mark.parametrize("program", [cache_object], ids=["cache_object"])
def test_an_object_of_a_dying_memcg_is_charged_to_its_parent(program: Program) -> None:
    kernel = boot(RefcountRcuFixed)
    parent = kernel.boot_memcg("A")
    child = kernel.boot_memcg("B", parent)
    sb = mounted(kernel, "S")

    async def run(cpu: Cpu) -> None:
        await kernel.lives.cgroup_rmdir(cpu, child)
        await pause(cpu, 20)
        await cache_object(cpu, sb, child)

    quiet(kernel, run)
    assert sb.inode_lru.xa[parent.kmemcg_id][0].nr_items == 1
