"""A memcg comes and goes in the kernel's order."""

import pytest
from tests.actors.laboratory import (
    PREEMPTION,
    boot,
    functions,
    pause,
    quiet,
    seeds,
    start,
    value_of,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_iter import css_put, css_tryget, mem_cgroup_iter
from slabrace.actors.object import is_freed
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcuFixed
from slabrace.actors.version import Version
from slabrace.runtime.monitor import Event


async def mkdir(cpu: Cpu, parent: Memcg | None = None, name: str = "B") -> Memcg | None:
    kernel = cpu.kernel
    return await kernel.lives.cgroup_mkdir(cpu, parent or kernel.root_mem_cgroup, name)


# -- coming ----------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_mkdir_brings_the_memcg_online_with_its_info(version: type[Version]) -> None:
    kernel = boot(version, nodes=2)
    called = functions(kernel.world)
    memcg = value_of(kernel, mkdir)
    assert memcg is not None
    assert memcg.css_online
    assert memcg.kmemcg_id == memcg.id == 1
    assert [node.shrinker_info is not None for node in memcg.nodeinfo] == [True, True]
    assert called == ["mem_cgroup_css_online", "alloc_shrinker_info", "cgroup_mkdir"]


def test_a_memcg_is_linked_before_it_has_an_info_and_online_after() -> None:
    kernel = boot()
    seen: list[tuple[bool, bool, bool]] = []

    async def watch(cpu: Cpu) -> None:
        await pause(cpu)
        for _ in range(40):
            child = next(iter(kernel.root_mem_cgroup.children.values()), None)
            if child is not None:
                info = child.nodeinfo[0].shrinker_info is not None
                seen.append((True, info, child.css_online))
            await cpu.read_once(kernel.globals, "shrinker_nr_max")

    async def make(cpu: Cpu) -> None:
        await pause(cpu)
        await mkdir(cpu)

    quiet(kernel, make, watch)
    assert list(dict.fromkeys(seen)) == [
        (True, False, False),
        (True, True, False),
        (True, True, True),
    ]


def test_mkdir_takes_a_reference_on_the_parent() -> None:
    kernel = boot()
    parent = kernel.boot_memcg("A")
    before = parent.refcnt
    memcg = value_of(kernel, lambda cpu: mkdir(cpu, parent))
    assert memcg is not None
    assert parent.refcnt == before + 1
    assert memcg.refcnt == 1


def test_without_kmem_accounting_a_memcg_has_no_kmemcg_id() -> None:
    memcg = value_of(boot(kmem=False), mkdir)
    assert memcg is not None
    assert memcg.kmemcg_id == -1


def test_a_memcg_that_comes_after_an_expansion_covers_all_ids() -> None:
    kernel = boot(unit_bits=2)
    kernel.globals.shrinker_nr_max = 6
    kernel.version.boot_grow(kernel.root_mem_cgroup.nodeinfo[0])
    memcg = value_of(kernel, mkdir)
    assert memcg is not None
    info = memcg.nodeinfo[0].shrinker_info
    assert info is not None
    assert info.map_nr_max == 6


def test_an_mkdir_that_fails_leaves_nothing_behind() -> None:
    """Each allocation of its own fails in some run; the laws see to the rest."""
    ends: set[tuple[bool, int]] = set()

    def build() -> Kernel:
        kernel = boot(RefcountRcuFixed, nodes=2, faults=1)
        kernel.globals.shrinker_nr_max = 64
        for node in kernel.root_mem_cgroup.nodeinfo:
            kernel.version.boot_grow(node)
        start(kernel, mkdir)
        return kernel

    for kernel, outcome in seeds(100, build):
        assert outcome.violations == []
        ends.add((bool(kernel.root_mem_cgroup.children), kernel.stats["failed_allocations"]))
        assert kernel.root_mem_cgroup.refcnt == 1 + len(kernel.root_mem_cgroup.children)
    assert ends == {(True, 0), (False, 1)}


# -- going -----------------------------------------------------------------------------

GOING = [
    "cgroup_rmdir",
    "mem_cgroup_css_offline",
    "memcg_reparent_list_lrus",
    "reparent_shrinker_deferred",
    "mem_cgroup_css_free",
    "free_shrinker_info",
]


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_rmdir_calls_the_kernels_functions_in_the_kernels_order(version: type[Version]) -> None:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")
    called = functions(kernel.world, *GOING, "kvfree_call_rcu")
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, memcg))
    assert called == [*GOING, "kvfree_call_rcu"]
    assert is_freed(memcg)


def test_each_step_of_going_waits_for_its_grace_period() -> None:
    kernel = boot()
    memcg = kernel.boot_memcg("A")
    log: list[str] = []

    def grace_period(event: Event) -> None:
        if event.fields["gpevent"] == "end":
            log.append("grace period")

    def function(event: Event) -> None:
        if event.fields["name"] in GOING:
            log.append(event.fields["name"])

    kernel.world.watch("rcu_grace_period", grace_period)
    kernel.world.watch("function", function)
    kernel.world.watch("kfree", lambda event: log.append(f"kfree {event.fields['kind']}"))
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, memcg))
    assert (
        log
        == [
            "cgroup_rmdir",
            "grace period",  # percpu_ref_kill_and_confirm()
            *GOING[1:4],
            "grace period",  # queue_rcu_work(css_free_rwork_fn)
            *GOING[4:],
            "kfree shrinker_info",
            "kfree mem_cgroup",
            "kfree mem_cgroup_per_node",
            "grace period",
            "kfree obj_cgroup",
        ]
    )


def test_the_memcg_stays_online_until_css_offline_has_returned() -> None:
    kernel = boot()
    memcg = kernel.boot_memcg("A")
    seen: list[tuple[str, bool, bool]] = []

    def function(event: Event) -> None:
        seen.append((event.fields["name"], memcg.css_dying, memcg.css_online))

    kernel.world.watch("function", function)
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, memcg))
    assert seen[:5] == [
        ("cgroup_rmdir", True, True),
        ("mem_cgroup_css_offline", True, True),
        ("memcg_reparent_list_lrus", True, True),
        ("reparent_shrinker_deferred", True, True),
        ("mem_cgroup_css_free", True, False),
    ]


def test_a_reference_keeps_a_dying_memcg_in_memory() -> None:
    kernel = boot()
    memcg = kernel.boot_memcg("A")
    freed: list[bool] = []

    async def holder(cpu: Cpu) -> None:
        assert await css_tryget(cpu, memcg)
        await pause(cpu, 20)
        freed.append(is_freed(memcg))
        await css_put(cpu, memcg)

    async def remover(cpu: Cpu) -> None:
        await pause(cpu)
        await kernel.lives.cgroup_rmdir(cpu, memcg)

    quiet(kernel, holder, remover)
    assert freed == [False]
    assert is_freed(memcg)


def test_a_freed_memcg_gives_its_reference_on_the_parent_back() -> None:
    kernel = boot()
    parent = kernel.boot_memcg("A")
    child = kernel.boot_memcg("B", parent)
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, child))
    assert parent.refcnt == 1
    assert parent.children == {}


def test_a_memcg_with_children_that_are_online_cannot_be_removed() -> None:
    """kernel/cgroup/cgroup.c:cgroup_destroy_locked(): -EBUSY."""
    kernel = boot()
    parent = kernel.boot_memcg("A")
    kernel.boot_memcg("B", parent)
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, parent))
    assert not parent.css_dying


def test_a_child_goes_offline_before_its_parent_in_every_schedule() -> None:
    """kernel/cgroup/cgroup.c:css_killed_work_fn(): the parent waits for online_cnt to drop."""

    def build() -> Kernel:
        kernel = boot()
        parent = kernel.boot_memcg("A")
        child = kernel.boot_memcg("B", parent)

        async def second(cpu: Cpu) -> None:
            while not child.css_dying:
                await pause(cpu)
            await kernel.lives.cgroup_rmdir(cpu, parent)

        start(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, child), second)
        return kernel

    for kernel, outcome in seeds(100, build, "from=rcu for=20..200 p=0.5"):
        assert outcome.violations == []
        assert kernel.calls["mem_cgroup_css_free"] == 2


def test_a_second_rmdir_does_nothing() -> None:
    kernel = boot()
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        await kernel.lives.cgroup_rmdir(cpu, memcg)
        await kernel.lives.cgroup_rmdir(cpu, memcg)

    quiet(kernel, program)
    assert kernel.calls["cgroup_rmdir"] == kernel.calls["mem_cgroup_css_free"] == 1


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_making_removing_and_walking_at_once_is_safe(version: type[Version]) -> None:
    def build() -> Kernel:
        kernel = boot(version, unit_bits=2)
        doomed = kernel.boot_memcg("A")

        async def walker(cpu: Cpu) -> None:
            memcg = await mem_cgroup_iter(cpu, kernel.root_mem_cgroup, None)
            while memcg is not None:
                memcg = await mem_cgroup_iter(cpu, kernel.root_mem_cgroup, memcg)

        start(kernel, mkdir, walker, lambda cpu: kernel.lives.cgroup_rmdir(cpu, doomed))
        return kernel

    for kernel, outcome in seeds(50, build, PREEMPTION):
        assert outcome.violations == []
        assert len(kernel.root_mem_cgroup.children) == 1
