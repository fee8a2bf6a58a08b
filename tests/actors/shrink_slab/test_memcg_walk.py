"""What every memcg walk does, and in what the lockless one differs."""

import pytest
from tests.actors.laboratory import Ops, boot, laws, quiet, shrinker, turn, value_of, walk

from slabrace.actors.arithmetic import SHRINK_EMPTY
from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import IdrRemove
from slabrace.actors.shrink_slab import (
    VERSIONS,
    RefcountRcu,
    RefcountRcuFixed,
    Rwsem,
    RwsemFlat,
    Srcu,
)
from slabrace.actors.shrinker import ShrinkControl
from slabrace.actors.version import Version

VERSION = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
LOCKED = pytest.mark.parametrize("version", [RwsemFlat, Rwsem], ids=lambda v: v.name)
LOCKLESS = pytest.mark.parametrize("version", [RefcountRcu, RefcountRcuFixed], ids=lambda v: v.name)


def bits(memcg: Memcg, ids: int, nid: int = 0) -> str:
    info = memcg.nodeinfo[nid].shrinker_info
    assert info is not None
    return "".join("01"[info.bit(id_)] for id_ in range(ids))


async def with_bits(
    cpu: Cpu, memcg: Memcg, *ops: Ops, register: bool = True, nonslab: bool = False
) -> None:
    """One memcg-aware shrinker for each of ``ops``, ids 0 and up, with its bit in ``memcg``."""
    for each in ops:
        made = await shrinker(cpu, each, memcg_aware=True, register=register, nonslab=nonslab)
        id_: int = await cpu.read_once(made, "id")
        await cpu.kernel.version.set_shrinker_bit(cpu, memcg, 0, id_)


class Meddler(Ops):
    """Sets bit ``id`` of its memcg while it is counted."""

    id = -1

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        await cpu.kernel.version.set_shrinker_bit(cpu, sc.memcg, sc.nid, self.id)
        return await super().count_objects(cpu, sc)


# -- which shrinkers are visited -------------------------------------------------------


@VERSION
def test_only_shrinkers_whose_bit_is_set_are_visited(version: type[Version]) -> None:
    kernel = boot(version, unit_bits=2)
    memcg, other = kernel.boot_memcg("A"), kernel.boot_memcg("B")
    ops = [Ops(0) for _ in range(2)]

    async def program(cpu: Cpu) -> None:
        await with_bits(cpu, memcg, ops[0])
        await with_bits(cpu, other, ops[1])
        await walk(cpu, memcg)

    quiet(kernel, program)
    assert [len(each.nids) for each in ops] == [1, 0]


@pytest.mark.parametrize("version", [Rwsem, RefcountRcu, RefcountRcuFixed], ids=lambda v: v.name)
def test_every_unit_is_walked(version: type[Version]) -> None:
    kernel = boot(version, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    ops = [Ops(0) for _ in range(5)]

    async def program(cpu: Cpu) -> None:
        await with_bits(cpu, memcg, *ops)
        await walk(cpu, memcg)

    quiet(kernel, program)
    assert [len(each.nids) for each in ops] == [1] * 5


@VERSION
def test_what_all_of_them_freed_is_summed_up(version: type[Version]) -> None:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> int:
        await with_bits(cpu, memcg, Ops(5), Ops(0), Ops(7))
        return await walk(cpu, memcg)

    assert value_of(kernel, program) == 10 + 14
    assert bits(memcg, 3) == "111"


@VERSION
@pytest.mark.parametrize(("id_", "seen"), [(0, 0), (2, 1)], ids=["behind", "ahead"])
def test_bits_ahead_are_seen_and_bits_behind_are_not(
    version: type[Version], id_: int, seen: int
) -> None:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")
    meddler = Meddler(0)
    ops = [Ops(0), meddler, Ops(0)]
    meddler.id = id_

    async def program(cpu: Cpu) -> None:
        for each in ops:
            await shrinker(cpu, each, memcg_aware=True)
        await kernel.version.set_shrinker_bit(cpu, memcg, 0, 1)
        await walk(cpu, memcg)

    quiet(kernel, program)
    assert len(ops[id_].nids) == seen
    assert bits(memcg, 3) == ("110" if id_ == 0 else "011")


@VERSION
def test_a_memcg_that_is_not_online_is_not_walked(version: type[Version]) -> None:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")
    ops = Ops(5)

    async def program(cpu: Cpu) -> int:
        await with_bits(cpu, memcg, ops)
        memcg.css_online = False
        return await walk(cpu, memcg)

    assert value_of(kernel, program) == 0
    assert ops.nids == []


@VERSION
def test_a_memcg_without_an_info_is_not_walked(version: type[Version]) -> None:
    """O9: CSS_ONLINE may be seen before shrinker_info is."""
    kernel = boot(version, laws=False)
    memcg = kernel.boot_memcg("A")
    memcg.nodeinfo[0].shrinker_info = None
    assert value_of(kernel, lambda cpu: walk(cpu, memcg)) == 0


@VERSION
def test_the_walk_is_of_one_node(version: type[Version]) -> None:
    kernel = boot(version, nodes=2)
    memcg = kernel.boot_memcg("A")
    ops = Ops(0)

    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, ops, memcg_aware=True, numa_aware=True)
        await kernel.version.set_shrinker_bit(cpu, memcg, 1, 0)
        for nid in (0, 1):
            await walk(cpu, memcg, nid=nid)

    quiet(kernel, program)
    assert ops.nids == [1]


# -- clearing bits ---------------------------------------------------------------------


@VERSION
@pytest.mark.parametrize(
    ("counts", "calls", "left"),
    [
        ((SHRINK_EMPTY,), 2, "0"),  # empty, clear, empty again
        ((SHRINK_EMPTY, 3), 2, "1"),  # an object came in between: set it again
        ((SHRINK_EMPTY, 0), 2, "1"),  # 0 is not SHRINK_EMPTY
        ((0,), 1, "1"),
        ((4,), 1, "1"),
    ],
    ids=["empty", "then-3", "then-0", "zero", "four"],
)
def test_a_bit_is_cleared_for_a_shrinker_that_is_empty_twice(
    version: type[Version], counts: tuple[int, ...], calls: int, left: str
) -> None:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")
    ops = Ops(*counts)

    async def program(cpu: Cpu) -> int:
        await with_bits(cpu, memcg, ops)
        return await walk(cpu, memcg)

    freed = value_of(kernel, program)
    assert freed == (2 * counts[-1] if counts[-1] < 10 else 0)
    assert len(ops.nids) == calls
    assert bits(memcg, 1) == left


@VERSION
def test_the_bit_of_an_id_that_nobody_has_is_cleared(version: type[Version]) -> None:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        await with_bits(cpu, memcg, Ops(0))
        made = kernel.shrinker_idr.entries[0]
        await cpu.ask(kernel.shrinker_idr, IdrRemove(0))
        await walk(cpu, memcg)
        kernel.shrinker_idr.entries[0] = made

    quiet(kernel, program)
    assert bits(memcg, 1) == "0"


@LOCKED
def test_under_the_lock_a_shrinker_that_is_not_registered_keeps_its_bit(
    version: type[Version],
) -> None:
    assert not_registered(version) == "1"


@LOCKLESS
def test_without_the_lock_a_shrinker_that_is_not_registered_loses_its_bit(
    version: type[Version],
) -> None:
    """Suspect L2."""
    assert not_registered(version) == "0"


def not_registered(version: type[Version]) -> str:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")
    ops = Ops(5)

    async def program(cpu: Cpu) -> int:
        await with_bits(cpu, memcg, ops, register=False)
        return await walk(cpu, memcg)

    assert value_of(kernel, program) == 0
    assert ops.nids == []
    return bits(memcg, 1)


# -- kmem accounting off ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "left", "broken"),
    [
        (RwsemFlat, "1", ["kmem_off_bit"]),  # A11
        (Srcu, "1", ["kmem_off_bit"]),
        (Rwsem, "1", ["kmem_off_bit"]),
        (RefcountRcu, "1", ["refcount", "kmem_off_bit"]),  # A1
        (RefcountRcuFixed, "0", []),
    ],
    ids=VERSIONS,
)
def test_without_kmem_accounting_a_slab_shrinker_is_skipped(
    version: type[Version], left: str, broken: list[str]
) -> None:
    kernel = boot(version, kmem=False)
    memcg = kernel.boot_memcg("A")
    ops = Ops(5)

    async def program(cpu: Cpu) -> None:
        await with_bits(cpu, memcg, ops)
        await walk(cpu, memcg)

    assert laws(turn(kernel, program)) == broken
    assert ops.nids == []
    assert bits(memcg, 1) == left


@VERSION
def test_without_kmem_accounting_a_shrinker_of_something_else_is_visited(
    version: type[Version],
) -> None:
    kernel: Kernel = boot(version, kmem=False)
    memcg = kernel.boot_memcg("A")
    ops = Ops(5)

    async def program(cpu: Cpu) -> int:
        await with_bits(cpu, memcg, ops, nonslab=True)
        return await walk(cpu, memcg)

    assert value_of(kernel, program) == 10
