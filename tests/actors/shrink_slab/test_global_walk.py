"""The walk over all shrinkers, for the root."""

import pytest
from tests.actors.laboratory import (
    PREEMPTION,
    Ops,
    boot,
    functions,
    pause,
    quiet,
    seeds,
    shrinker,
    start,
    value_of,
    walk,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcu, RefcountRcuFixed, Rwsem, RwsemFlat
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.actors.version import Version

VERSION = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
LOCKLESS = pytest.mark.parametrize(
    "version", [Rwsem, RefcountRcu, RefcountRcuFixed], ids=lambda v: v.name
)


class Noting(Ops):
    """Writes down for which memcg and node it is counted."""

    def __init__(self, *counts: int) -> None:
        super().__init__(*counts)
        self.seen: list[tuple[str, int]] = []

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        self.seen.append((sc.memcg.name, sc.nid))
        return await super().count_objects(cpu, sc)


@VERSION
def test_all_shrinkers_are_visited_memcg_aware_ones_as_the_roots(version: type[Version]) -> None:
    kernel = boot(version)
    ops = [Noting(0), Noting(0)]

    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, ops[0], memcg_aware=True)
        await shrinker(cpu, ops[1])
        await walk(cpu, kernel.root_mem_cgroup)

    quiet(kernel, program)
    assert [each.seen for each in ops] == [[("root", 0)], [("root", 0)]]


@VERSION
def test_a_numa_unaware_shrinker_is_visited_once_per_node(version: type[Version]) -> None:
    kernel = boot(version, nodes=2)
    ops = Noting(0)

    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, ops, numa_aware=False)
        for nid in (0, 1):
            await walk(cpu, kernel.root_mem_cgroup, nid=nid)

    quiet(kernel, program)
    assert ops.seen == [("root", 0), ("root", 1)]


@VERSION
def test_what_all_of_them_freed_is_summed_up_and_empty_counts_as_nothing(
    version: type[Version],
) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> int:
        for count in (5, 2**64 - 2, 0, 7):
            await shrinker(cpu, Ops(count))
        return await walk(cpu, kernel.root_mem_cgroup)

    assert value_of(kernel, program) == 10 + 14


@VERSION
def test_an_empty_shrinker_is_asked_once(version: type[Version]) -> None:
    kernel = boot(version)
    ops = Ops(2**64 - 2)

    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, ops, memcg_aware=True)
        await walk(cpu, kernel.root_mem_cgroup)

    quiet(kernel, program)
    assert len(ops.nids) == 1


@LOCKLESS
def test_a_walk_gives_every_reference_back(version: type[Version]) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> list[int]:
        made = [await shrinker(cpu, Ops(1)) for _ in range(3)]
        await walk(cpu, kernel.root_mem_cgroup)
        return [each.refcount for each in made]

    assert value_of(kernel, program) == [1, 1, 1]


@LOCKLESS
def test_the_lockless_walk_takes_no_lock(version: type[Version]) -> None:
    kernel = boot(version)
    called = functions(kernel.world, "down_read_trylock", "up_read")

    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, Ops(0))
        await walk(cpu, kernel.root_mem_cgroup)

    quiet(kernel, program)
    assert called == []


def test_the_locked_walk_takes_the_lock_once() -> None:
    kernel = boot(RwsemFlat)
    called = functions(kernel.world, "down_read_trylock", "up_read", "do_shrink_slab")

    async def program(cpu: Cpu) -> None:
        for _ in range(2):
            await shrinker(cpu, Ops(0))
        await walk(cpu, kernel.root_mem_cgroup)

    quiet(kernel, program)
    assert called == ["down_read_trylock", "do_shrink_slab", "do_shrink_slab", "up_read"]


@VERSION
def test_a_shrinker_that_goes_while_the_walk_runs_it_is_left_safely(
    version: type[Version],
) -> None:
    """The walk stands on b, which may be unlinked before it goes on to c."""
    visited: set[str] = set()

    def build() -> Kernel:
        kernel = boot(version)
        made: list[Shrinker] = []

        async def owner(cpu: Cpu) -> None:
            made.extend([await shrinker(cpu, Ops(0), name=name) for name in ("a", "b", "c")])
            await pause(cpu, 2)
            for each in (made[1], made[2]):
                await kernel.version.shrinker_free(cpu, each)
                if kernel.version.embedded_shrinker:
                    cpu.kfree(each)

        async def reclaim(cpu: Cpu) -> None:
            await pause(cpu)
            await walk(cpu, kernel.root_mem_cgroup)

        kernel.world.watch("shrinker_called", lambda e: visited.add(e.fields["shrinker"].name))
        start(kernel, owner, reclaim)
        return kernel

    for _, outcome in seeds(50, build, PREEMPTION):
        assert outcome.violations == []
    assert visited == {"a", "b", "c"}


# -- the lock --------------------------------------------------------------------------


def under_a_writer(version: type[Version], memcg_of: str) -> tuple[int, dict[str, int]]:
    """What a walk frees while somebody holds shrinker_rwsem for writing, and the statistics."""
    kernel = boot(version)
    memcgs: dict[str, Memcg] = {"root": kernel.root_mem_cgroup, "A": kernel.boot_memcg("A")}
    freed: list[int] = []

    async def writer(cpu: Cpu) -> None:
        await shrinker(cpu, Ops(5), memcg_aware=True)
        await kernel.version.set_shrinker_bit(cpu, memcgs["A"], 0, 0)
        await cpu.down_write(kernel.shrinker_rwsem)
        await pause(cpu, 5)
        cpu.up_write(kernel.shrinker_rwsem)

    async def reclaim(cpu: Cpu) -> None:
        await pause(cpu, 2)
        freed.append(await walk(cpu, memcgs[memcg_of]))

    quiet(kernel, writer, reclaim)
    return freed[0], dict(kernel.stats)


@pytest.mark.parametrize(
    ("version", "memcg", "freed", "failures"),
    [
        (RwsemFlat, "A", 0, 1),
        (RwsemFlat, "root", 0, 1),
        (Rwsem, "A", 0, 1),
        (Rwsem, "root", 10, 0),  # its global walk was lockless already
        (RefcountRcu, "A", 10, 0),
        (RefcountRcu, "root", 10, 0),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_writer_makes_the_trylock_fail_where_there_is_one(
    version: type[Version], memcg: str, freed: int, failures: int
) -> None:
    got, stats = under_a_writer(version, memcg)
    assert (got, stats.get("trylock_failures", 0)) == (freed, failures)


@pytest.mark.parametrize(("version", "visits"), [(RwsemFlat, 1), (Rwsem, 2), (RefcountRcu, 2)])
def test_a_waiting_writer_ends_the_global_walk_where_it_is_locked(
    version: type[Version], visits: int
) -> None:
    class Slow(Ops):
        async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
            await pause(cpu, 5)
            return await super().count_objects(cpu, sc)

    kernel = boot(version)
    ops = [Slow(0), Slow(0)]
    freed: list[int] = []

    async def reclaim(cpu: Cpu) -> None:
        for each in ops:
            await shrinker(cpu, each)
        freed.append(await walk(cpu, kernel.root_mem_cgroup))

    async def writer(cpu: Cpu) -> None:
        await pause(cpu, 2)
        await cpu.down_write(kernel.shrinker_rwsem)
        cpu.up_write(kernel.shrinker_rwsem)

    quiet(kernel, reclaim, writer)
    assert sum(len(each.nids) for each in ops) == visits
    assert freed == [2 - visits]  # 1 for a contended lock
    assert kernel.stats["contention_bailouts"] == 2 - visits
