"""Kernel: allocations that may fail, the ledger, names, and what is there before the run."""

from typing import Any

import pytest
from tests.actors.laboratory import (
    BOOTED,
    Page,
    Story,
    boot,
    every_run,
    quiet,
    start,
    turn,
    value_of,
    walk,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.laws import Leak
from slabrace.actors.memcg_iter import mem_cgroup_iter
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.version import Version
from slabrace.runtime.world import World

VERSION = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)


# -- allocations -----------------------------------------------------------------------


def allocations(**options: Any) -> set[tuple[bool, ...]]:
    """Which of "shrinker_info", "shrinker" and "page" could be allocated, over all runs."""
    seen: set[tuple[bool, ...]] = set()

    def build() -> Kernel:
        kernel = boot(laws=False, **options)

        async def program(cpu: Cpu) -> None:
            names = ("shrinker_info", "shrinker", "page")
            made = tuple(cpu.kzalloc(Page, name) is not None for name in names)
            seen.add(made)

        start(kernel, program)
        return kernel

    assert {outcome.end.value for _, outcome in every_run(build)} == {"quiet"}
    return seen


def test_by_default_no_allocation_fails() -> None:
    assert allocations() == {(True, True, True)}


def test_with_one_fault_any_one_allocation_may_fail() -> None:
    assert allocations(faults=1) == {
        (True, True, True),
        (False, True, True),
        (True, False, True),
        (True, True, False),
    }


def test_with_two_faults_any_two_may() -> None:
    assert len(allocations(faults=2)) == 7  # all but three failures


@pytest.mark.parametrize(
    ("failing", "runs"), [("shrinker", 2), ("shrinker*", 3), ("nothing", 1), ("*", 4)]
)
def test_a_pattern_says_which_allocations_may_fail(failing: str, runs: int) -> None:
    assert len(allocations(faults=1, failing=failing)) == runs


def test_a_failed_allocation_is_counted_and_told() -> None:
    def build() -> Kernel:
        kernel = boot(faults=1)
        stories.append(Story(kernel.world, "kmalloc_failed"))

        async def program(cpu: Cpu) -> None:
            cpu.kfree(cpu.kzalloc(Page, "page"))

        start(kernel, program)
        return kernel

    stories: list[Story] = []
    failed = [kernel.stats["failed_allocations"] for kernel, _ in every_run(build)]
    assert failed == [0, 1]
    told = [story.all("kmalloc_failed", "what") for story in stories[:2]]
    assert told == [[], ["page"]]


def test_a_failure_is_a_pick_and_its_absence_too() -> None:
    kernel = boot(faults=1)

    async def program(cpu: Cpu) -> None:
        cpu.kfree(cpu.kzalloc(Page, "page"))

    outcome = turn(kernel, program)
    assert [pick for pick in outcome.picks if pick < 0] == [-1]  # chosen: 0, "it does not"


def test_the_ledger_holds_what_was_allocated_and_not_freed() -> None:
    kernel = boot()
    ledger = next(m.ledger for m in kernel.world.monitors if isinstance(m, Leak))
    sizes: list[int] = []

    async def program(cpu: Cpu) -> None:
        first = cpu.kzalloc(Page, "page")
        second = cpu.kzalloc(Page, "page")
        sizes.append(len(ledger))
        cpu.kfree(first)
        assert second is not None
        await cpu.read_once(second, "value")
        sizes.append(len(ledger))
        cpu.kfree(second)

    quiet(kernel, program)
    assert sizes == [2, 1]
    assert ledger == {}


# -- what is there before the run ------------------------------------------------------


@VERSION
def test_the_root_is_online_has_an_info_and_no_kmemcg_id(version: type[Version]) -> None:
    root = boot(version, nodes=2).root_mem_cgroup
    assert (root.name, root.id, root.kmemcg_id, root.parent) == ("root", 0, -1, None)
    assert root.css_online
    assert all(node.shrinker_info is not None for node in root.nodeinfo)


@VERSION
def test_what_is_there_before_costs_no_delivery(version: type[Version]) -> None:
    kernel = boot(version, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    for name in ("S", "T", "U"):
        object_of(kernel, mounted(kernel, name), memcg)
    assert turn(kernel).deliveries == 1  # the kworker asks for work
    assert kernel.globals.shrinker_nr_max == 4


@VERSION
def test_what_is_there_before_is_as_the_kernel_would_have_left_it(version: type[Version]) -> None:
    kernel = boot(version, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    for name in ("S", "T", "U"):
        object_of(kernel, mounted(kernel, name), memcg)

    async def program(cpu: Cpu) -> int:
        return await walk(cpu, memcg)

    assert value_of(kernel, program) == 3


def test_a_boot_memcg_is_linked_below_its_parent_with_a_reference() -> None:
    kernel = boot()
    parent = kernel.boot_memcg("A")
    child = kernel.boot_memcg("B", parent)
    assert (kernel.root_mem_cgroup.refcnt, parent.refcnt, child.refcnt) == (2, 2, 1)
    assert [memcg.name for memcg in kernel.descendants(kernel.root_mem_cgroup)] == [
        "root",
        "A",
        "B",
    ]
    assert (kernel.level(child), kernel.path(child)) == (2, "/A/B")


def test_a_name_that_is_used_again_gets_a_number() -> None:
    kernel = boot()
    assert [kernel.boot_memcg("A").name for _ in range(3)] == ["A", "A.2", "A.3"]


def test_two_kernels_do_not_share_what_they_count() -> None:
    kernels = [Kernel(World()), Kernel(World())]
    BOOTED.extend(kernel.world for kernel in kernels)

    async def program(cpu: Cpu) -> None:
        await mem_cgroup_iter(cpu, cpu.kernel.root_mem_cgroup, None)

    quiet(kernels[0], program)
    assert [dict(kernel.calls) for kernel in kernels] == [{"mem_cgroup_iter": 1}, {}]
