"""SRCU: readers may sleep, and a grace period waits for those of its own domain."""

from collections.abc import Callable, Coroutine
from typing import Any

from tests.actors.laboratory import (
    Story,
    boot,
    every_run,
    laws,
    page,
    pause,
    quiet,
    start,
    turn,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.messages import Kfree
from slabrace.actors.object import is_freed
from slabrace.actors.srcu import SrcuStruct
from slabrace.runtime.monitor import Event


def domain(kernel: Kernel, name: str = "ssp") -> SrcuStruct:
    ssp = SrcuStruct()
    ssp.publish_in(kernel.world, name)
    return ssp


def reader_of(
    ssp: SrcuStruct, log: list[str], turns: int = 5
) -> Callable[[Cpu], Coroutine[Any, Any, None]]:
    async def reader(cpu: Cpu) -> None:
        index = await cpu.srcu_read_lock(ssp)
        await pause(cpu, turns)
        log.append("left")
        await cpu.srcu_read_unlock(ssp, index)

    return reader


def test_a_reader_may_sleep() -> None:
    kernel = boot()
    ssp = domain(kernel)

    async def program(cpu: Cpu) -> None:
        index = await cpu.srcu_read_lock(ssp)
        await cpu.mutex_lock(kernel.cgroup_mutex)
        cpu.cond_resched()
        cpu.mutex_unlock(kernel.cgroup_mutex)
        await cpu.srcu_read_unlock(ssp, index)

    quiet(kernel, program)
    assert ssp.readers == []


def test_synchronize_srcu_waits_for_the_readers_before_it() -> None:
    kernel = boot()
    ssp = domain(kernel)
    log: list[str] = []

    async def updater(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_srcu(ssp)
        log.append("grace period over")

    quiet(kernel, reader_of(ssp, log), reader_of(ssp, log, 8), updater)
    assert log == ["left", "left", "grace period over"]


def test_synchronize_srcu_does_not_wait_for_readers_after_it() -> None:
    kernel = boot()
    ssp = domain(kernel)
    log: list[str] = []

    async def updater(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_srcu(ssp)
        log.append("grace period over")

    async def late(cpu: Cpu) -> None:
        await pause(cpu, 2)
        await reader_of(ssp, log, 20)(cpu)

    quiet(kernel, reader_of(ssp, log), updater, late)
    assert log == ["left", "grace period over", "left"]


def test_synchronize_srcu_does_not_wait_for_another_domain() -> None:
    kernel = boot()
    ssp, other = domain(kernel), domain(kernel, "other")
    log: list[str] = []

    async def updater(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_srcu(ssp)
        log.append("grace period over")

    quiet(kernel, reader_of(other, log), updater)
    assert log == ["grace period over", "left"]


def test_synchronize_rcu_does_not_wait_for_srcu_readers() -> None:
    kernel = boot()
    log: list[str] = []

    async def updater(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_rcu()
        log.append("grace period over")

    quiet(kernel, reader_of(domain(kernel), log), updater)
    assert log == ["grace period over", "left"]


def test_an_srcu_grace_period_never_ends_before_a_section_that_it_found() -> None:
    """All schedules of one section and one grace period."""
    logs: list[list[str]] = []

    def build() -> Kernel:
        kernel = boot()
        ssp, it = domain(kernel), page(kernel)
        log: list[str] = []
        logs.append(log)

        def told(event: Event) -> None:
            log.append(event.fields["gpevent"])

        kernel.world.watch("srcu_grace_period", told)

        async def reader(cpu: Cpu) -> None:
            index = await cpu.srcu_read_lock(ssp)
            log.append("enter")
            await cpu.read_once(it, "value")
            log.append("load")
            await cpu.srcu_read_unlock(ssp, index)
            log.append("leave")

        async def updater(cpu: Cpu) -> None:
            await cpu.synchronize_srcu(ssp)

        start(kernel, reader, updater)
        return kernel

    runs = [outcome.violations for _, outcome in every_run(build)]
    # as in test_rcu.py, but that leaving is a delivery itself: the grace period ends behind it
    assert runs == [[]] * 13
    during = [log for log in logs[:13] if log.index("enter") < log.index("start")]
    during = [log for log in during if log.index("start") < log.index("leave")]
    assert [log[-1] for log in during] == ["end"] * 5


def test_what_is_freed_by_call_srcu_stays_until_its_readers_have_left() -> None:
    ends: list[list[str]] = []

    def build() -> Kernel:
        kernel = boot()
        ssp, old, slot = domain(kernel), page(kernel, "old"), page(kernel, "slot")
        slot.value = old  # type: ignore[assignment]

        async def reader(cpu: Cpu) -> None:
            index = await cpu.srcu_read_lock(ssp)
            it = await cpu.read_once(slot, "value")
            if it is not None:
                await cpu.read_once(it, "value")
            await cpu.srcu_read_unlock(ssp, index)

        async def updater(cpu: Cpu) -> None:
            cpu.rcu_assign_pointer(slot, "value", None)
            cpu.call_srcu(ssp, old, Kfree())

        start(kernel, reader, updater)
        return kernel

    for kernel, outcome in every_run(build):
        ends.append(laws(outcome))
        assert kernel.calls["call_srcu"] == 1
    assert set(map(tuple, ends)) == {()}


def test_call_srcu_does_not_block() -> None:
    kernel = boot()
    ssp, it = domain(kernel), page(kernel)

    async def program(cpu: Cpu) -> None:
        index = await cpu.srcu_read_lock(ssp)
        cpu.call_srcu(ssp, it, Kfree())
        await pause(cpu, 5)
        assert not is_freed(it)
        await cpu.srcu_read_unlock(ssp, index)

    quiet(kernel, program)
    assert is_freed(it)


def test_leaving_with_the_wrong_index_is_a_splat() -> None:
    kernel = boot()
    ssp = domain(kernel)

    async def program(cpu: Cpu) -> None:
        index = await cpu.srcu_read_lock(ssp)
        await cpu.srcu_read_unlock(ssp, index ^ 1)

    outcome = turn(kernel, program)
    assert laws(outcome) == ["rcu_usage"]
    assert "srcu_read_unlock(ssp, 1) without its lock" in outcome.violations[0].message


def test_leaving_twice_is_a_splat() -> None:
    kernel = boot()
    ssp = domain(kernel)

    async def program(cpu: Cpu) -> None:
        index = await cpu.srcu_read_lock(ssp)
        await cpu.srcu_read_unlock(ssp, index)
        await cpu.srcu_read_unlock(ssp, index)

    assert laws(turn(kernel, program)) == ["rcu_usage"]


def test_overlapping_sections_do_not_merge() -> None:
    """C-srcu-nest-5: a grace period between them waits for the first alone."""
    kernel = boot()
    ssp = domain(kernel)
    log: list[str] = []

    async def reader(cpu: Cpu) -> None:
        first = await cpu.srcu_read_lock(ssp)
        await pause(cpu, 5)  # the grace period begins
        second = await cpu.srcu_read_lock(ssp)
        assert (first, second) == (0, 1)
        log.append("first left")
        await cpu.srcu_read_unlock(ssp, first)
        await pause(cpu, 5)
        log.append("second left")
        await cpu.srcu_read_unlock(ssp, second)

    async def updater(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_srcu(ssp)
        log.append("grace period over")

    quiet(kernel, reader, updater)
    assert log == ["first left", "grace period over", "second left"]


def test_synchronize_srcu_in_a_section_of_its_domain_is_a_deadlock() -> None:
    kernel = boot()
    ssp = domain(kernel)

    async def program(cpu: Cpu) -> None:
        index = await cpu.srcu_read_lock(ssp)
        await cpu.synchronize_srcu(ssp)
        await cpu.srcu_read_unlock(ssp, index)

    outcome = turn(kernel, program)
    assert laws(outcome) == ["deadlock"]
    assert outcome.violations[0].message.endswith(
        "script0 waits for a grace period of ssp that waits for script0"
    )


def test_synchronize_srcu_in_a_section_of_another_domain_is_allowed() -> None:
    kernel = boot()
    ssp, other = domain(kernel), domain(kernel, "other")

    async def program(cpu: Cpu) -> None:
        index = await cpu.srcu_read_lock(other)
        await cpu.synchronize_srcu(ssp)
        await cpu.srcu_read_unlock(other, index)

    quiet(kernel, program)


def test_synchronize_srcu_in_an_rcu_section_is_a_splat() -> None:
    kernel = boot()
    ssp = domain(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.synchronize_srcu(ssp)

    assert laws(turn(kernel, program)) == ["sleep_in_atomic"]


def test_srcu_has_no_stall_warnings() -> None:
    kernel = boot()
    ssp = domain(kernel)
    story = Story(kernel.world, "rcu_stall_warning")

    async def updater(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_srcu(ssp)

    quiet(kernel, reader_of(ssp, [], 220_000), updater)
    assert story.events == []
