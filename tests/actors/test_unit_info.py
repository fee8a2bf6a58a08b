"""shrinker_info in two levels: expansion copies pointers and shares the units."""

import pytest
from tests.actors.laboratory import (
    PREEMPTION,
    Ops,
    boot,
    pause,
    quiet,
    seeds,
    shrinker,
    start,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_iter import css_put, css_tryget
from slabrace.actors.object import is_freed
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed, Rwsem
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.shrinker_info import ShrinkerInfo, ShrinkerInfoUnit
from slabrace.actors.version import Version

UNITS = pytest.mark.parametrize(
    "version", [Rwsem, RefcountRcu, RefcountRcuFixed], ids=lambda version: version.name
)


def info_of(memcg: Memcg, nid: int = 0) -> ShrinkerInfo:
    info = memcg.nodeinfo[nid].shrinker_info
    assert isinstance(info, ShrinkerInfo)
    return info


def unit_of(memcg: Memcg, index: int, nid: int = 0) -> ShrinkerInfoUnit:
    unit = info_of(memcg, nid).unit[index]
    assert unit is not None
    return unit


async def shrinkers(cpu: Cpu, count: int) -> list[Shrinker]:
    return [await shrinker(cpu, Ops(0), memcg_aware=True) for _ in range(count)]


@UNITS
def test_the_first_id_makes_room_for_64(version: type[Version]) -> None:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")
    quiet(kernel, lambda cpu: shrinkers(cpu, 1))
    assert kernel.globals.shrinker_nr_max == 64
    assert (info_of(memcg).map_nr_max, len(info_of(memcg).unit)) == (64, 1)
    assert kernel.stats["expansions"] == 1


@pytest.mark.parametrize(("ids", "expansions", "nr_max"), [(64, 1, 64), (65, 2, 128)])
def test_room_is_made_64_ids_at_a_time(ids: int, expansions: int, nr_max: int) -> None:
    kernel = boot()
    quiet(kernel, lambda cpu: shrinkers(cpu, ids))
    assert kernel.stats["expansions"] == expansions
    assert kernel.globals.shrinker_nr_max == nr_max


@UNITS
def test_expansion_shares_the_units(version: type[Version]) -> None:
    kernel = boot(version, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    seen: list[tuple[ShrinkerInfo, ShrinkerInfoUnit]] = []

    async def program(cpu: Cpu) -> None:
        await shrinkers(cpu, 2)
        seen.append((info_of(memcg), unit_of(memcg, 0)))
        await shrinkers(cpu, 1)

    quiet(kernel, program)
    old, unit = seen[0]
    assert info_of(memcg) is not old
    assert unit_of(memcg, 0) is unit
    assert is_freed(old)
    assert not is_freed(unit)


@UNITS
def test_every_memcg_and_node_is_expanded(version: type[Version]) -> None:
    kernel = boot(version, unit_bits=2, nodes=2)
    memcgs = [kernel.root_mem_cgroup, kernel.boot_memcg("A")]
    memcgs.append(kernel.boot_memcg("B", memcgs[1]))
    quiet(kernel, lambda cpu: shrinkers(cpu, 3))
    assert [len(info_of(memcg, nid).unit) for memcg in memcgs for nid in (0, 1)] == [2] * 6
    assert kernel.calls["kvfree_call_rcu"] == 12  # two expansions


@UNITS
def test_no_bit_and_no_count_is_lost_when_the_old_info_is_written_through(
    version: type[Version],
) -> None:
    kernel = boot(version, unit_bits=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        await shrinkers(cpu, 2)
        unit = unit_of(memcg, 0)  # what a walk took from the old info
        await shrinkers(cpu, 1)
        unit.map |= 2
        unit.nr_deferred = {1: 5}

    quiet(kernel, program)
    assert info_of(memcg).bit(1)
    assert info_of(memcg).deferred(1) == 5


def test_bits_set_while_an_expansion_runs_are_all_there_afterwards() -> None:
    def build() -> Kernel:
        kernel = boot(unit_bits=2)
        memcg = kernel.boot_memcg("A")
        for name in ("S", "T"):
            mounted(kernel, name)

        async def setter(cpu: Cpu) -> None:
            for id_ in (0, 1):
                await kernel.version.set_shrinker_bit(cpu, memcg, 0, id_)

        start(kernel, setter, lambda cpu: shrinkers(cpu, 1))
        return kernel

    for kernel, outcome in seeds(100, build, PREEMPTION):
        assert outcome.violations == []
        assert unit_of(kernel.root_mem_cgroup.children[1], 0).map == 3


# -- who is not expanded ---------------------------------------------------------------


def test_a_memcg_that_is_not_online_yet_is_left_alone() -> None:
    kernel = boot(unit_bits=2)
    memcg = kernel.boot_memcg("A")
    memcg.nodeinfo[0].shrinker_info = None
    memcg.css_online = False
    quiet(kernel, lambda cpu: shrinkers(cpu, 3))
    assert memcg.nodeinfo[0].shrinker_info is None
    assert len(info_of(kernel.root_mem_cgroup).unit) == 2


def test_a_node_that_is_large_enough_is_left_alone_and_the_next_is_not() -> None:
    kernel = boot(unit_bits=2, nodes=2)
    kernel.globals.shrinker_nr_max = 4
    memcg = kernel.boot_memcg("A")  # room for 4 on both nodes
    kernel.globals.shrinker_nr_max = 0
    small = ShrinkerInfo(memcg.nodeinfo[1], 0, 2, memcg.nodeinfo[1].next_info())
    small.publish_in(kernel.world)
    memcg.nodeinfo[1].shrinker_info = small
    large = info_of(memcg)
    quiet(kernel, lambda cpu: shrinkers(cpu, 1))
    assert info_of(memcg) is large
    assert info_of(memcg, 1).map_nr_max == 2


# -- failures --------------------------------------------------------------------------


@UNITS
def test_an_expansion_that_fails_gives_the_id_back_and_every_reference(
    version: type[Version],
) -> None:
    ends: set[tuple[int, int, int]] = set()

    def build() -> Kernel:
        kernel = boot(version, unit_bits=2, faults=1, failing="shrinker_info*")
        for name in ("A", "B"):
            kernel.boot_memcg(name)

        async def program(cpu: Cpu) -> None:
            for _ in range(2):
                await kernel.version.shrinker_alloc(cpu, "test", Ops(0), memcg_aware=True)

        start(kernel, program)
        return kernel

    for kernel, outcome in seeds(60, build):
        assert outcome.violations == []
        assert [m.refcnt for m in kernel.root_mem_cgroup.children.values()] == [1, 1]
        ends.add(
            (
                kernel.stats["failed_allocations"],
                len(kernel.shrinker_idr.entries),
                kernel.globals.shrinker_nr_max,
            )
        )
    # the second attempt completes what the first one began
    assert ends == {(0, 2, 2), (1, 1, 2)}


def test_a_half_done_expansion_is_completed_by_the_next() -> None:
    class FailsAtB(RefcountRcu):
        failed = False

        async def expand_one_shrinker_info(self, cpu: Cpu, memcg: Memcg, new_nr_max: int) -> bool:
            if memcg.name == "B" and not self.failed:
                self.failed = True
                return False
            return await super().expand_one_shrinker_info(cpu, memcg, new_nr_max)

    kernel = boot(FailsAtB, unit_bits=2)
    first, second = kernel.boot_memcg("A"), kernel.boot_memcg("B")

    async def program(cpu: Cpu) -> None:
        alloc = kernel.version.shrinker_alloc
        assert await alloc(cpu, "one", Ops(0), memcg_aware=True) is None
        assert (info_of(first).map_nr_max, info_of(second).map_nr_max) == (2, 0)
        assert kernel.globals.shrinker_nr_max == 0
        await shrinkers(cpu, 1)

    quiet(kernel, program)
    assert (info_of(first).map_nr_max, info_of(second).map_nr_max) == (2, 2)
    assert kernel.calls["kvfree_call_rcu"] == 3  # root and A once, B once


# -- bits ------------------------------------------------------------------------------


@UNITS
def test_the_root_gets_no_bit(version: type[Version]) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> None:
        await shrinkers(cpu, 1)
        await kernel.version.set_shrinker_bit(cpu, kernel.root_mem_cgroup, 0, 0)

    quiet(kernel, program)
    assert unit_of(kernel.root_mem_cgroup, 0).map == 0
    assert kernel.calls["set_shrinker_bit"] == 1


def test_a_shrinker_without_an_id_has_no_bit() -> None:
    kernel = boot()
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        await shrinkers(cpu, 1)
        await kernel.version.set_shrinker_bit(cpu, memcg, 0, -1)

    quiet(kernel, program)
    assert unit_of(memcg, 0).map == 0


def test_a_bit_is_set_in_the_unit_and_node_of_its_id() -> None:
    kernel = boot(unit_bits=2, nodes=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        await shrinkers(cpu, 4)
        await kernel.version.set_shrinker_bit(cpu, memcg, 1, 3)

    quiet(kernel, program)
    maps = [unit_of(memcg, index, nid).map for nid in (0, 1) for index in (0, 1)]
    assert maps == [0, 0, 0, 2]


# -- going -----------------------------------------------------------------------------


@UNITS
def test_a_memcg_that_goes_takes_its_infos_and_units_along(version: type[Version]) -> None:
    kernel = boot(version, unit_bits=2, nodes=2)
    memcg = kernel.boot_memcg("A")
    doomed: list[ShrinkerInfo | ShrinkerInfoUnit] = []

    async def program(cpu: Cpu) -> None:
        await shrinkers(cpu, 3)
        for nid in (0, 1):
            doomed.extend([info_of(memcg, nid), unit_of(memcg, 0, nid), unit_of(memcg, 1, nid)])
        await kernel.lives.cgroup_rmdir(cpu, memcg)

    quiet(kernel, program)
    assert [is_freed(thing) for thing in doomed] == [True] * 6


def test_the_units_stay_as_long_as_somebody_holds_the_memcg() -> None:
    kernel = boot(unit_bits=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        await shrinkers(cpu, 1)
        assert await css_tryget(cpu, memcg)
        await kernel.lives.cgroup_rmdir(cpu, memcg)
        await pause(cpu, 20)
        assert not is_freed(unit_of(memcg, 0))
        await css_put(cpu, memcg)

    quiet(kernel, program)
