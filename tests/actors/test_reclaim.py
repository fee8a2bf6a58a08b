"""Who calls shrink_slab(): for which memcgs, in which order, at which priorities, how often."""

from collections.abc import Sequence

import pytest
from tests.actors.laboratory import BOOTED, Story, boot, functions, quiet, value_of

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.messages import WakeUp
from slabrace.actors.reclaim import (
    balance_pgdat,
    drop_slab,
    memory_reclaim,
    shrink_node_memcgs,
    try_charge,
    try_to_free_pages,
)
from slabrace.actors.shrink_slab import RefcountRcu, Rwsem, RwsemFlat
from slabrace.actors.tasks import Kswapd
from slabrace.actors.version import Version
from slabrace.actors.workqueue import WaitQueue
from slabrace.runtime.world import World

Call = tuple[str, int, int]


class Recorded(RefcountRcu):
    """Writes shrink_slab()'s arguments down and frees ``frees`` objects, call by call."""

    frees: Sequence[int] = ()

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.calls: list[Call] = []

    async def shrink_slab(
        self, cpu: Cpu, gfp: str, nid: int, memcg: Memcg | None, priority: int
    ) -> int:
        assert memcg is not None
        cpu.ftrace("shrink_slab")
        self.calls.append((memcg.name, nid, priority))
        number = len(self.calls) - 1
        return self.frees[number] if number < len(self.frees) else 0


class RecordedOnce(Recorded):
    """Without the second walk of v6.8."""

    memcg_full_walk = False


def recorded(kernel: Kernel) -> list[Call]:
    assert isinstance(kernel.version, Recorded)
    return kernel.version.calls


def family(version: type[Version] = RecordedOnce, nodes: int = 1) -> tuple[Kernel, list[Memcg]]:
    """root -> A -> B, C; B is charged, C is not."""
    kernel = boot(version, nodes=nodes)
    parent = kernel.boot_memcg("A")
    memcgs = [kernel.root_mem_cgroup, parent]
    memcgs += [kernel.boot_memcg(name, parent) for name in ("B", "C")]
    memcgs[2].usage = 1
    return kernel, memcgs


# -- one pass --------------------------------------------------------------------------


def test_a_pass_is_pre_order_and_skips_what_has_nothing_charged() -> None:
    kernel, memcgs = family()
    quiet(kernel, lambda cpu: shrink_node_memcgs(cpu, memcgs[1], 0, 12))
    assert recorded(kernel) == [("A", 0, 12), ("B", 0, 12)]
    assert kernel.stats["reclaim_passes"] == 1


def test_a_pass_from_the_root_skips_an_uncharged_parent_but_not_its_child() -> None:
    kernel, memcgs = family()
    quiet(kernel, lambda cpu: shrink_node_memcgs(cpu, memcgs[0], 0, 5))
    assert recorded(kernel) == [("root", 0, 5), ("B", 0, 5)]


def test_the_page_lists_come_before_the_slabs_for_every_memcg() -> None:
    kernel, memcgs = family()
    called = functions(kernel.world, "mem_cgroup_iter", "shrink_lruvec", "shrink_slab")
    quiet(kernel, lambda cpu: shrink_node_memcgs(cpu, memcgs[1], 0, 12))
    both = ["mem_cgroup_iter", "shrink_lruvec", "shrink_slab"]
    assert called == [*both, *both, "mem_cgroup_iter", "mem_cgroup_iter"]  # A, B, C, the end


def test_pages_that_are_reclaimed_are_uncharged_up_to_the_root() -> None:
    kernel, memcgs = family()
    for memcg in memcgs[:3]:
        memcg.usage = 100
    memcgs[2].nodeinfo[0].reclaimable = memcgs[2].nodeinfo[0].lru_pages = 40
    got = value_of(kernel, lambda cpu: shrink_node_memcgs(cpu, memcgs[1], 0, 12))
    assert got == 32  # SWAP_CLUSTER_MAX
    assert [memcg.usage for memcg in memcgs] == [68, 68, 68, 0]
    assert memcgs[2].nodeinfo[0].lru_pages == 8


# -- priorities and retries ------------------------------------------------------------


def test_reclaim_goes_through_priorities_12_to_0() -> None:
    kernel, memcgs = family()
    assert value_of(kernel, lambda cpu: try_to_free_pages(cpu, memcgs[2])) == 0
    assert recorded(kernel) == [("B", 0, priority) for priority in range(12, -1, -1)]


def test_every_node_is_reclaimed_at_each_priority() -> None:
    kernel, memcgs = family(nodes=2)
    quiet(kernel, lambda cpu: try_to_free_pages(cpu, memcgs[2]))
    assert recorded(kernel)[:4] == [("B", 0, 12), ("B", 1, 12), ("B", 0, 11), ("B", 1, 11)]


def test_since_v68_all_memcgs_are_walked_once_more() -> None:
    kernel, memcgs = family(Recorded)
    quiet(kernel, lambda cpu: try_to_free_pages(cpu, memcgs[2]))
    assert [priority for _, _, priority in recorded(kernel)] == [*range(12, -1, -1)] * 2


@pytest.mark.parametrize(
    ("version", "full"), [(RwsemFlat, False), (Rwsem, False), (RefcountRcu, True)]
)
def test_which_versions_walk_once_more(version: type[Version], full: bool) -> None:
    assert version.memcg_full_walk is full


def test_reclaim_stops_as_soon_as_enough_is_reclaimed() -> None:
    kernel, memcgs = family()
    memcgs[2].usage = 100
    memcgs[2].nodeinfo[0].reclaimable = 100
    assert value_of(kernel, lambda cpu: try_to_free_pages(cpu, memcgs[2], 33)) == 64
    assert recorded(kernel) == [("B", 0, 12), ("B", 0, 11)]


def test_memory_reclaim_tries_17_times_in_all() -> None:
    kernel, memcgs = family()
    story = Story(kernel.world, "mm_vmscan_memcg_reclaim_begin", "mm_vmscan_memcg_reclaim_end")
    assert value_of(kernel, lambda cpu: memory_reclaim(cpu, memcgs[1], 4)) == 0
    assert len(recorded(kernel)) == 17 * 13 * 2  # A and B
    assert (
        story.names()
        == [
            "mm_vmscan_memcg_reclaim_begin",
            "mm_vmscan_memcg_reclaim_end",
        ]
        * 17
    )
    assert set(story.all("mm_vmscan_memcg_reclaim_end", "nr_reclaimed")) == {0}


@pytest.mark.parametrize(("retries", "attempts"), [(0, 1), (3, 4)])
def test_memory_reclaim_may_be_told_how_often(retries: int, attempts: int) -> None:
    kernel, memcgs = family()
    quiet(kernel, lambda cpu: memory_reclaim(cpu, memcgs[2], 4, retries))
    assert len(recorded(kernel)) == 13 * attempts


def test_progress_costs_no_retry() -> None:
    kernel, memcgs = family()
    memcgs[2].usage = 1000
    memcgs[2].nodeinfo[0].reclaimable = 50
    got = value_of(kernel, lambda cpu: memory_reclaim(cpu, memcgs[2], 1000, 0))
    assert got == 50
    # 13 passes, of which the first two reclaim; then, as there was progress, 13 in vain
    assert len(recorded(kernel)) == 26


# -- limits ----------------------------------------------------------------------------


def test_a_charge_within_the_limit_reclaims_nothing() -> None:
    kernel, memcgs = family()
    memcgs[1].limit = 10
    assert value_of(kernel, lambda cpu: try_charge(cpu, memcgs[2], 10))
    assert [memcg.usage for memcg in memcgs] == [10, 10, 11, 0]
    assert recorded(kernel) == []


def test_a_charge_over_the_limit_reclaims_from_whose_limit_it_is() -> None:
    kernel, memcgs = family()
    memcgs[1].limit = memcgs[1].usage = memcgs[2].usage = 100
    memcgs[2].nodeinfo[0].reclaimable = 100
    assert value_of(kernel, lambda cpu: try_charge(cpu, memcgs[2], 10))
    assert recorded(kernel) == [("A", 0, 12), ("B", 0, 12)]
    assert [memcg.usage for memcg in memcgs[1:3]] == [78, 78]
    assert kernel.stats["limit_reclaims"] == 1


def test_a_charge_that_cannot_be_made_is_an_oom_after_17_reclaims() -> None:
    kernel, memcgs = family()
    memcgs[1].limit = 5
    story = Story(kernel.world, "oom_kill")
    assert not value_of(kernel, lambda cpu: try_charge(cpu, memcgs[2], 10))
    assert story.all("oom_kill", "memcg") == ["A"]
    assert (kernel.stats["limit_reclaims"], kernel.stats["oom"]) == (17, 1)
    assert [memcg.usage for memcg in memcgs] == [0, 0, 1, 0]  # B's charge is undone


# -- kswapd ----------------------------------------------------------------------------


def test_kswapd_goes_down_to_priority_1() -> None:
    kernel, _ = family()
    quiet(kernel, lambda cpu: balance_pgdat(cpu, 0))
    assert [call for call in recorded(kernel) if call[0] == "root"] == [
        ("root", 0, priority) for priority in range(12, 0, -1)
    ]


def test_kswapd_sleeps_until_it_is_woken_and_then_again() -> None:
    kernel, _ = family()
    wait = WaitQueue()
    kernel.world.add(wait, "kswapd_wait")
    kernel.world.spawn(Kswapd(kernel, 0, wait), name="kswapd0")

    async def program(cpu: Cpu) -> None:
        for rounds in (1, 2):
            await cpu.ask(wait, WakeUp())
            await cpu.sleep(10_000_000)
            assert len(recorded(kernel)) == 24 * rounds  # root and B

    quiet(kernel, program)


# -- drop_caches -----------------------------------------------------------------------


def loops_when_each_frees(*freed: int) -> tuple[int, list[Call], list[dict[str, int]]]:
    """What drop_caches returns and does if its rounds over root and A free so much."""

    class Frees(RecordedOnce):
        frees = tuple(share for total in freed for share in (total, 0))

    kernel = Kernel(World(), Frees)
    BOOTED.append(kernel.world)
    kernel.boot_memcg("A")
    total = value_of(kernel, drop_slab)
    return total, recorded(kernel), kernel.loops


@pytest.mark.parametrize(
    ("freed", "rounds"),
    [
        ((0,), 1),
        ((1,), 1),
        ((2, 0), 2),
        ((2, 3, 5), 2),  # 3 >> 1 is 1
        ((2, 4, 7), 3),  # 4 >> 1 is 2, 7 >> 2 is 1
        ((8, 8, 8, 8, 8), 4),
    ],
)
def test_drop_caches_goes_round_while_freed_shifted_is_more_than_1(
    freed: tuple[int, ...], rounds: int
) -> None:
    total, calls, loops = loops_when_each_frees(*freed)
    assert len(loops) == rounds
    assert calls == [("root", 0, 0), ("A", 0, 0)] * rounds
    assert total == sum(freed[:rounds])


def test_the_calls_of_each_round_are_kept_apart() -> None:
    assert loops_when_each_frees(2, 0)[2] == [{"mem_cgroup_iter": 3, "shrink_slab": 2}] * 2


def test_without_memcgs_drop_caches_walks_all_shrinkers_once() -> None:
    """cgroup_disable=memory: the iterator has nothing, and the walk is made all the same."""
    kernel = boot(RwsemFlat, mem_cgroup_disabled=True)
    object_of(kernel, mounted(kernel, "S"), kernel.root_mem_cgroup)
    assert value_of(kernel, drop_slab) == 1
    assert kernel.calls["do_shrink_slab"] == 1
