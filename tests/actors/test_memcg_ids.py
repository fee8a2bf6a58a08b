"""Memcgs by id: an id leads to a memcg from when it is online until it goes offline."""

import pytest
from tests.actors.laboratory import (
    boot,
    deliveries,
    functions,
    laws,
    quiet,
    seeds,
    start,
    turn,
    value_of,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_ids import MemcgIds, workingset_test_recent
from slabrace.runtime.errors import MachineError


def entries(kernel: Kernel) -> dict[int, object]:
    assert isinstance(kernel.lives, MemcgIds)
    return dict(kernel.lives.mem_cgroup_idr.entries)


async def mkdir(cpu: Cpu, name: str = "A") -> Memcg | None:
    return await cpu.kernel.lives.cgroup_mkdir(cpu, cpu.kernel.root_mem_cgroup, name)


def test_a_memcg_that_was_made_is_found_by_its_id_and_is_below_its_parent() -> None:
    kernel = boot(lives=MemcgIds)
    memcg = value_of(kernel, mkdir)
    assert memcg is not None
    assert memcg.parent is kernel.root_mem_cgroup
    assert entries(kernel) == {0: memcg}


def test_the_id_leads_nowhere_until_the_memcg_is_online() -> None:
    told = deliveries(boot(lives=MemcgIds), mkdir)
    order = [
        next(at for at, text in enumerate(told) if part in text)
        for part in ("idr_alloc(None)", "WRITE_ONCE(parent", "list_add_tail_rcu(A)",
                     "WRITE_ONCE(shrinker_info", "idr_replace(0, A)", "WRITE_ONCE(css_online")
    ]  # fmt: skip
    assert order == sorted(order)


def test_a_memcg_that_is_removed_gives_its_id_to_the_next() -> None:
    kernel = boot(lives=MemcgIds)

    async def program(cpu: Cpu) -> None:
        memcg = await mkdir(cpu)
        assert memcg is not None
        await kernel.lives.cgroup_rmdir(cpu, memcg)

    quiet(kernel, program)
    assert entries(kernel) == {}
    assert value_of(kernel, lambda cpu: mkdir(cpu, "B")) is entries(kernel)[0]


def test_a_memcg_that_cannot_be_onlined_gives_its_id_back() -> None:
    def build() -> Kernel:
        kernel = boot(lives=MemcgIds, faults=1, failing="shrinker_info")
        start(kernel, mkdir)
        return kernel

    ends = set()
    for kernel, outcome in seeds(20, build):
        assert outcome.violations == []
        failed = bool(kernel.stats["failed_allocations"])
        assert list(entries(kernel)) == ([] if failed else [0])
        ends.add(failed)
    assert ends == {False, True}


def test_a_page_of_a_memcg_is_looked_up_on_the_way_to_the_root() -> None:
    kernel = boot(lives=MemcgIds)
    called = functions(kernel.world, "workingset_test_recent", "mem_cgroup_get_nr_swap_pages")

    async def program(cpu: Cpu) -> list[bool]:
        await mkdir(cpu)
        return [await workingset_test_recent(cpu, id_) for id_ in (0, 7)]

    assert value_of(kernel, program) == [True, False]
    assert called == [
        "workingset_test_recent", "mem_cgroup_get_nr_swap_pages", "workingset_test_recent",
    ]  # fmt: skip


def test_a_memcg_without_a_parent_that_is_not_the_root_is_a_null_pointer() -> None:
    kernel = boot(lives=MemcgIds)

    async def program(cpu: Cpu) -> None:
        memcg = await mkdir(cpu)
        assert memcg is not None
        cpu.write_once(memcg, "parent", None)
        await workingset_test_recent(cpu, 0)

    outcome = turn(kernel, program)
    assert laws(outcome)[0] == "null_deref"
    assert outcome.violations[0].message == (
        "BUG: kernel NULL pointer dereference: script0: parent_mem_cgroup(A)->swap"
    )


def test_a_kernel_without_ids_says_so() -> None:
    async def program(cpu: Cpu) -> None:
        await workingset_test_recent(cpu, 0)

    with pytest.raises(MachineError, match="lives=MemcgIds"):
        turn(boot(), program)
