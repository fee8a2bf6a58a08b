"""CONFIG_SHRINKER_DEBUG: name and directory of a shrinker, and what its files do."""

import pytest
from tests.actors.laboratory import Ops, boot, laws, quiet, shrinker, turn, value_of

from slabrace.actors.arithmetic import SHRINK_EMPTY
from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import registered
from slabrace.actors.kernel import Kernel
from slabrace.actors.object import is_freed
from slabrace.actors.owners import XenBackend, Zswap
from slabrace.actors.shrink_slab.with_debugfs import (
    DebugRefcountRcu,
    DebugRefcountRcuFixed,
    DebugRwsemFlat,
)
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.actors.shrinker_debug import debugfs_of, entry_of
from slabrace.actors.version import Version
from slabrace.runtime.errors import MachineError

ALL = [DebugRwsemFlat, DebugRefcountRcu, DebugRefcountRcuFixed]
VERSION = pytest.mark.parametrize("version", ALL, ids=lambda version: version.__name__)


def paths(kernel: Kernel) -> list[str]:
    return list(debugfs_of(kernel).debugfs_root.entries)


class PerMemcg(Ops):
    """Counts by memcg id; what was to be scanned, and where."""

    def __init__(self, **counts: int) -> None:
        super().__init__(0)
        self.by_label = counts
        self.calls: list[tuple[str, int, int]] = []

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        return self.by_label.get(sc.memcg.label, SHRINK_EMPTY) + sc.nid

    async def scan_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        self.calls.append((sc.memcg.label, sc.nid, sc.nr_to_scan))
        return sc.nr_to_scan


@VERSION
def test_a_registered_shrinker_has_a_directory_of_its_name_and_a_number(
    version: type[Version],
) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> None:
        for name in ("mm-zswap", "sb-tmpfs", "sb-tmpfs"):
            await shrinker(cpu, Ops(0), name=name)
        await shrinker(cpu, Ops(0), memcg_aware=True, register=False)

    quiet(kernel, program)
    assert paths(kernel) == ["mm-zswap-0", "sb-tmpfs-1", "sb-tmpfs-2"]


@VERSION
def test_a_shrinker_takes_its_directory_its_number_and_its_name_along(
    version: type[Version],
) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> list[Shrinker]:
        both = [await shrinker(cpu, Ops(0)) for _ in range(2)]
        names = [each.debugfs_name for each in both]
        await kernel.version.shrinker_free(cpu, both[0])
        await kernel.version.shrinker_register(cpu, await shrinker(cpu, Ops(0), register=False))
        assert [name is not None and is_freed(name) for name in names] == [True, False]
        return both

    async def run(cpu: Cpu) -> None:
        await program(cpu)

    assert laws(turn(kernel, run)) == (["leak"] if version is DebugRwsemFlat else [])
    assert paths(kernel) == ["test-1", "test-0"]


@VERSION
def test_count_shows_every_online_memcg_that_has_objects(version: type[Version]) -> None:
    kernel = boot(version, nodes=2)
    for name in ("A", "B"):
        kernel.boot_memcg(name)

    async def program(cpu: Cpu) -> list[str] | None:
        entry = entry_of(await shrinker(cpu, PerMemcg(A=3, B=0), memcg_aware=True, numa_aware=True))
        return await debugfs_of(kernel).read_count(cpu, entry)

    lines = value_of(kernel, program)
    assert lines is not None
    assert lines[1:] == ["1 3 4", "2 0 1"]


def test_count_of_a_shrinker_that_is_not_memcg_aware_is_one_line() -> None:
    kernel = boot(DebugRefcountRcu, nodes=2)
    kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> list[str] | None:
        return await debugfs_of(kernel).read_count(cpu, entry_of(await shrinker(cpu, Ops(7))))

    assert value_of(kernel, program) == ["0 7 0"]


@VERSION
def test_scan_reaches_the_memcg_and_the_node_that_the_text_names(version: type[Version]) -> None:
    kernel = boot(version, nodes=2)
    kernel.boot_memcg("A")
    b = kernel.boot_memcg("B")
    before = b.refcnt
    ops = PerMemcg()

    async def program(cpu: Cpu) -> bool:
        entry = entry_of(await shrinker(cpu, ops, memcg_aware=True))
        return await debugfs_of(kernel).write_scan(cpu, entry, "2 1 5\n")

    assert value_of(kernel, program)
    assert ops.calls == [("B", 1, 5)]
    assert b.refcnt == before


@pytest.mark.parametrize("text", ["", "0 0", "a 0 1", "0 -1 1", "0 2 1", "9 0 1", "0 0 0"])
def test_scan_refuses_what_makes_no_sense_and_calls_nobody(text: str) -> None:
    kernel = boot(DebugRefcountRcu, nodes=2)
    ops = PerMemcg()

    async def program(cpu: Cpu) -> bool:
        entry = entry_of(await shrinker(cpu, ops, memcg_aware=True))
        return await debugfs_of(kernel).write_scan(cpu, entry, text)

    assert value_of(kernel, program) is (text == "0 0 0")
    assert ops.calls == []


def test_a_memcg_other_than_0_means_nothing_to_a_shrinker_that_is_not_memcg_aware() -> None:
    kernel = boot(DebugRefcountRcu)
    kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> list[bool]:
        entry = entry_of(await shrinker(cpu, Ops(0)))
        debug = debugfs_of(kernel)
        return [await debug.write_scan(cpu, entry, text) for text in ("0 0 1", "1 0 1")]

    assert value_of(kernel, program) == [True, False]


def test_a_count_that_sleeps_is_read_in_a_section_as_merged_only() -> None:
    for version, expected in ((DebugRefcountRcu, ["sleep_in_atomic"]), (DebugRefcountRcuFixed, [])):
        kernel = boot(version)

        async def program(cpu: Cpu, kernel: Kernel = kernel) -> None:
            entry = entry_of(await shrinker(cpu, Zswap(), memcg_aware=True, numa_aware=True))
            assert await debugfs_of(kernel).read_count(cpu, entry) == ["0 1"]

        assert laws(turn(kernel, program)) == expected


def test_null_deref_scan_objects_is_called_though_there_is_none_as_merged_only() -> None:
    for version, expected in ((DebugRefcountRcu, ["null_deref"]), (DebugRefcountRcuFixed, [])):
        kernel = boot(version)
        entry = entry_of(registered(kernel, "xen-backend", XenBackend()))

        async def program(cpu: Cpu, kernel: Kernel = kernel, entry: object = entry) -> None:
            assert not await debugfs_of(kernel).write_scan(cpu, entry, "0 0 1")  # type: ignore[arg-type]  # a default

        assert laws(turn(kernel, program)) == expected


def test_a_kernel_without_debugfs_says_so() -> None:
    with pytest.raises(MachineError, match=r"RefcountRcu has no debugfs"):
        debugfs_of(boot())
    kernel = boot(DebugRefcountRcu)
    made = value_of(kernel, lambda cpu: shrinker(cpu, Ops(0), memcg_aware=True, register=False))
    with pytest.raises(MachineError, match="is it registered"):
        entry_of(made)
