"""do_shrink_slab(): the numbers of kernel.md 2.10, run on the engine with made-up callbacks."""

from typing import Any, NamedTuple

import pytest
from tests.actors.laboratory import Ops, Story, boot, quiet

from slabrace.actors.arithmetic import SHRINK_EMPTY, SHRINK_STOP
from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcu
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.actors.version import Version


class Called(NamedTuple):
    """What came of one call."""

    freed: int
    start: dict[str, Any]
    end: dict[str, Any]
    deferred: int


def call(
    ops: Ops,
    *,
    nr: int = 0,
    priority: int = 0,
    version: type[Version] = RefcountRcu,
    **flags: Any,
) -> Called:
    """do_shrink_slab() of a shrinker with ``nr`` deferred."""
    kernel: Kernel = boot(version)
    story = Story(kernel.world, "mm_shrink_slab_start", "mm_shrink_slab_end")
    freed: list[int] = []
    made: list[Shrinker] = []

    async def program(cpu: Cpu) -> None:
        it = await kernel.version.shrinker_alloc(cpu, "test", ops, **flags)
        assert it is not None
        made.append(it)
        await kernel.version.shrinker_register(cpu, it)
        await kernel.version.add_own_deferred(cpu, nr, it, 0)
        sc = ShrinkControl("GFP_KERNEL", 0, kernel.root_mem_cgroup)
        freed.append(await kernel.version.do_shrink_slab(cpu, sc, it, priority))

    quiet(kernel, program)
    told = {event.name: event.fields for event in story.events}
    assert made[0].nr_deferred is not None
    return Called(
        freed[0],
        told.get("mm_shrink_slab_start", {}),
        told.get("mm_shrink_slab_end", {}),
        made[0].nr_deferred.counts[0],
    )


@pytest.mark.parametrize(
    ("nr", "freeable", "priority", "seeks", "delta", "total"),
    [
        (0, 65536, 12, 2, 32, 32),
        (824, 1065515, 12, 2, 520, 520),
        (4994376020, 93689873, 12, 2, 45746, 1265076),
        (100, 50, 0, 2, 100, 100),
        (0, 100, 12, 2, 0, 0),
        (0, 100, 12, 0, 50, 50),
        (1000, 100, 0, 2, 200, 200),
        (5000, 4096, 5, 2, 256, 412),
    ],
)
def test_the_plan_is_that_of_the_kernel(
    nr: int, freeable: int, priority: int, seeks: int, delta: int, total: int
) -> None:
    called = call(Ops(freeable, scans=[SHRINK_STOP]), nr=nr, priority=priority, seeks=seeks)
    plan = ("nr_objects_to_shrink", "cache_items", "delta", "total_scan", "priority")
    assert [called.start[name] for name in plan] == [nr, freeable, delta, total, priority]
    assert called.end["total_scan"] == total  # nothing was scanned
    assert called.deferred == min(nr + delta, 2 * freeable)


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
@pytest.mark.parametrize("count", [0, SHRINK_EMPTY])
def test_a_shrinker_that_has_nothing_is_not_scanned_and_not_traced(
    count: int, version: type[Version]
) -> None:
    called = call(Ops(count), nr=7, version=version)
    assert called == Called(count, {}, {}, deferred=7)


def test_whole_batches_are_scanned_and_the_rest_is_deferred() -> None:
    ops = Ops(1000)
    called = call(ops, priority=2)  # delta: (1000 >> 2) * 4 / 2 = 500
    assert ops.asked == [128, 128, 128]
    assert (called.freed, called.deferred) == (384, 116)
    end = ("unused_scan", "new_scan", "total_scan", "retval")
    assert [called.end[name] for name in end] == [0, 116, 116, 384]


def test_a_plan_of_less_than_a_batch_is_scanned_if_it_is_all_there_is() -> None:
    ops = Ops(50)
    called = call(ops)  # delta 100
    assert ops.asked == [100]
    assert (called.freed, called.deferred) == (100, 0)


def test_a_plan_of_less_than_a_batch_is_deferred_if_there_is_more() -> None:
    ops = Ops(1000)
    called = call(ops, priority=4)  # delta: 62 * 4 / 2
    assert ops.asked == []
    assert (called.freed, called.deferred) == (0, 124)


def test_the_batch_is_the_shrinkers_own() -> None:
    ops = Ops(2000)
    assert call(ops, batch=1024).freed == 3 * 1024
    assert ops.asked == [1024] * 3


def test_the_last_short_batch_is_scanned_when_it_reaches_the_whole_cache() -> None:
    ops = Ops(20)
    call(ops, nr=10, batch=16)  # total 40, which is the cap: 16, 16, and 8 is neither
    assert ops.asked == [16, 16]


def test_a_stop_ends_the_loop_and_its_batch_is_not_counted() -> None:
    ops = Ops(1000, scans=[None, None, SHRINK_STOP])
    called = call(ops)  # total 2000
    assert ops.asked == [128, 128, 128]
    assert (called.freed, called.deferred) == (256, 2000 - 256)


def test_a_callback_that_scans_less_is_asked_more_often() -> None:
    ops = Ops(100, scanned=64)
    called = call(ops, priority=1)  # total (100 >> 1) * 2 = 100
    assert ops.asked == [100]  # 100 is all there is; the 36 left are neither batch nor cache
    assert called.deferred == 36


def test_a_callback_that_scans_more_takes_it_off_the_plan() -> None:
    ops = Ops(1000, scanned=500)
    called = call(ops)  # total 2000
    assert ops.asked == [128] * 4
    assert (called.freed, called.deferred) == (512, 0)


def test_a_plan_may_go_below_zero() -> None:
    called = call(Ops(100, scanned=1000))
    assert called.end["total_scan"] == 200 - 1000
    assert called.deferred == 0


def test_what_is_freed_is_what_the_callback_says() -> None:
    assert call(Ops(1000, scans=[5])).freed == 15 * 5


def test_the_cache_is_not_counted_again_in_the_loop() -> None:
    ops = Ops(1000)
    call(ops)
    assert len(ops.nids) == 1


def test_what_is_deferred_is_at_most_twice_the_cache() -> None:
    assert call(Ops(10, scans=[SHRINK_STOP]), nr=10**6).deferred == 20


def test_objects_freed_and_scans_are_counted() -> None:
    kernel = boot()
    ops = Ops(300)

    async def program(cpu: Cpu) -> None:
        it = await kernel.version.shrinker_alloc(cpu, "test", ops)
        assert it is not None
        await kernel.version.shrinker_register(cpu, it)
        sc = ShrinkControl("GFP_KERNEL", 0, kernel.root_mem_cgroup)
        await kernel.version.do_shrink_slab(cpu, sc, it, 0)

    quiet(kernel, program)
    assert (kernel.stats["objects_freed"], kernel.stats["scans"]) == (4 * 128, 4)
    assert kernel.calls["do_shrink_slab"] == 1
