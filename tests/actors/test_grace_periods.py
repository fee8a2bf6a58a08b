"""Grace periods as such: when they are needed, how they are told, when they stall."""

import pytest
from tests.actors.laboratory import Story, boot, functions, laws, page, pause, quiet, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.rcu import RCU_CPU_STALL_TIMEOUT, RcuManager
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.strategies.round_robin import RoundRobin


class Impatient(RcuManager):
    """Warns of a grace period that has waited for longer than 1 ms."""

    def __init__(self) -> None:
        super().__init__(stall_timeout=1_000_000)


def section_of(milliseconds: int, rcu: type[RcuManager] = Impatient) -> Outcome:
    """A grace period that begins in a section of that length."""
    kernel = boot(rcu=rcu)
    it = page(kernel)

    async def reader(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.rcu_dereference(it, "value")
        await pause(cpu, 10 * milliseconds)
        cpu.rcu_read_unlock()

    async def updater(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_rcu()

    return turn(kernel, reader, updater)


def test_a_grace_period_that_waits_too_long_is_reported_with_its_readers() -> None:
    outcome = section_of(2)
    assert laws(outcome) == ["rcu_stall"]
    assert outcome.violations[0].parties == ("script0",)
    assert outcome.violations[0].message.startswith(
        "INFO: rcu_sched detected stalls on CPUs: script0 (grace period 1, 19"
    )


def test_a_grace_period_that_waits_for_less_is_not() -> None:
    assert laws(section_of(1)) == []


def test_the_kernel_warns_after_21_seconds() -> None:
    assert RCU_CPU_STALL_TIMEOUT == 21 * 10**9
    assert laws(section_of(20_000, RcuManager)) == []
    assert laws(section_of(22_000, RcuManager)) == ["rcu_stall"]


def test_whoever_needs_a_grace_period_meanwhile_hears_of_the_stall() -> None:
    kernel = boot(rcu=Impatient, laws=False)
    it = page(kernel)
    story = Story(kernel.world, "rcu_stall_warning")

    async def reader(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.rcu_dereference(it, "value")
        await pause(cpu, 50)
        cpu.rcu_read_unlock()

    async def updater(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_rcu()

    async def late(cpu: Cpu) -> None:
        await pause(cpu, 30)
        await cpu.synchronize_rcu()

    quiet(kernel, reader, updater, late)
    assert [event.time // 10**6 for event in story.events] == [3, 5]
    assert story.all("rcu_stall_warning", "holdouts") == [["script0"]] * 2


def test_a_grace_period_is_told_from_request_to_end() -> None:
    kernel = boot()
    it = page(kernel)
    story = Story(kernel.world, "rcu_grace_period")

    async def reader(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.rcu_dereference(it, "value")
        await pause(cpu, 5)
        cpu.rcu_read_unlock()

    async def updater(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_rcu()

    quiet(kernel, reader, updater)
    assert story.all("rcu_grace_period", "rcuname", "gp_seq", "gpevent", "holdouts") == [
        ["rcu_sched", 0, "newreq", []],
        ["rcu_sched", 1, "start", ["script0"]],
        ["rcu_sched", 1, "cpuqs", []],
        ["rcu_sched", 1, "end", []],
    ]


def test_whoever_comes_while_one_is_under_way_waits_for_the_next() -> None:
    kernel = boot()
    it = page(kernel)
    waited: list[int] = []

    async def reader(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.rcu_dereference(it, "value")
        await pause(cpu, 10)
        cpu.rcu_read_unlock()

    async def first(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_rcu()
        waited.append(kernel.rcu.grace_periods())

    async def late(cpu: Cpu) -> None:
        await pause(cpu, 5)
        await cpu.synchronize_rcu()
        waited.append(kernel.rcu.grace_periods())

    quiet(kernel, reader, first, late)
    assert waited == [1, 2]


def test_those_who_come_before_it_begins_share_one_grace_period() -> None:
    kernel = boot()

    async def updater(cpu: Cpu) -> None:
        await cpu.synchronize_rcu()

    policy = Delay.parse("message=GpStart for=1ms")
    quiet(kernel, updater, updater, updater, strategy=Delayed(RoundRobin(), [policy]))
    assert kernel.rcu.grace_periods() == 1


def test_an_expedited_grace_period_does_not_wait_for_a_normal_one() -> None:
    kernel = boot()
    order: list[str] = []

    async def normal(cpu: Cpu) -> None:
        await cpu.synchronize_rcu()
        order.append("normal")

    async def expedited(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_rcu(expedited=True)
        order.append("expedited")

    policy = Delay.parse("message=GpEnd for=1s")
    quiet(kernel, normal, expedited, strategy=Delayed(RoundRobin(), [policy]))
    assert order == ["expedited", "normal"]


def test_the_two_kinds_of_waiting_are_different_functions() -> None:
    kernel = boot()
    called = functions(kernel.world)

    async def program(cpu: Cpu) -> None:
        await cpu.synchronize_rcu()
        await cpu.synchronize_rcu(expedited=True)

    quiet(kernel, program)
    assert called == ["synchronize_rcu", "synchronize_rcu_expedited"]


@pytest.mark.parametrize("laws_on", [True, False], ids=["splat", "deadlock"])
def test_synchronize_rcu_in_a_section_is_a_splat_and_then_a_deadlock(laws_on: bool) -> None:
    kernel = boot(laws=laws_on)
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.rcu_dereference(it, "value")
        await cpu.synchronize_rcu()
        cpu.rcu_read_unlock()

    outcome = turn(kernel, program)
    assert laws(outcome) == ["sleep_in_atomic" if laws_on else "deadlock"]
    if not laws_on:
        assert outcome.violations[0].message == (
            "nobody can move; script0 waits for a grace period that waits for script0"
        )


def test_synchronize_rcu_is_a_deadlock_even_as_the_first_thing_in_a_section() -> None:
    """kernel.md 4.5. With laws it is a splat in any case."""
    kernel = boot(laws=False)

    async def program(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.synchronize_rcu()
        cpu.rcu_read_unlock()

    assert laws(turn(kernel, program)) == ["deadlock"]


def test_a_reader_that_never_leaves_is_named_by_whoever_waits() -> None:
    kernel = boot(laws=False)
    it = page(kernel)

    async def reader(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.rcu_dereference(it, "value")

    async def updater(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.synchronize_rcu()

    outcome = turn(kernel, reader, updater)
    assert laws(outcome) == ["deadlock"]
    assert outcome.violations[0].message.endswith("a grace period that waits for script0")
