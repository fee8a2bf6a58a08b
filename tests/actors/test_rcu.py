"""A grace period ends only when every section that was under way when it began is over."""

from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from tests.actors.laboratory import (
    boot,
    every_run,
    laws,
    page,
    start,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.runtime.monitor import Event

Wait = Callable[[Cpu], Coroutine[Any, Any, None]]


async def normal(cpu: Cpu) -> None:
    await cpu.synchronize_rcu()


async def expedited(cpu: Cpu) -> None:
    await cpu.synchronize_rcu(expedited=True)


# -- all schedules of one section and one grace period ---------------------------------


def section_and_grace_period(*, nested: bool = False, wait: Wait = normal) -> list[list[str]]:
    """What happened in each run: the section's three loads, and the grace period's two ends."""
    logs: list[list[str]] = []

    def build() -> Kernel:
        kernel = boot()
        it = page(kernel)
        log: list[str] = []
        logs.append(log)

        def grace_period(event: Event) -> None:
            if event.fields["gpevent"] in {"start", "end"}:
                log.append(event.fields["gpevent"])

        kernel.world.watch("rcu_grace_period", grace_period)

        async def reader(cpu: Cpu) -> None:
            cpu.rcu_read_lock()
            if nested:
                cpu.rcu_read_lock()
            for number in (1, 2, 3):
                await cpu.rcu_dereference(it, "value")
                log.append(f"load {number}")
                if nested and number == 1:
                    cpu.rcu_read_unlock()
            cpu.rcu_read_unlock()

        start(kernel, reader, wait)
        return kernel

    violations = [outcome.violations for _, outcome in every_run(build)]
    assert violations == [[]] * len(violations)
    return logs[: len(violations)]


def overlap(log: list[str]) -> bool:
    return log.index("load 1") < log.index("start") < log.index("load 3")


def test_there_are_thirteen_schedules_of_a_section_of_three_loads_and_a_grace_period() -> None:
    # The grace period begins after k loads. k=0: its end has 4 places among the loads; k=3: its
    # request has 4; k=1 and k=2: its request has 2 and 3, and its end none but the last.
    logs = section_and_grace_period()
    before = [log for log in logs if log.index("start") < log.index("load 1")]
    during = [log for log in logs if overlap(log)]
    after = [log for log in logs if log.index("start") > log.index("load 3")]
    assert (len(before), len(during), len(after), len(logs)) == (4, 2 + 3, 4, 13)


def test_a_grace_period_that_began_in_a_section_does_not_end_before_it() -> None:
    during = [log for log in section_and_grace_period() if overlap(log)]
    assert during
    assert {log[-1] for log in during} == {"end"}


def test_a_grace_period_does_not_wait_for_a_section_that_began_after_it() -> None:
    logs = section_and_grace_period()
    assert ["start", "load 1", "end", "load 2", "load 3"] in logs


def test_a_nested_section_lasts_until_the_outermost_unlock() -> None:
    assert sorted(section_and_grace_period(nested=True)) == sorted(section_and_grace_period())


def test_an_expedited_grace_period_waits_for_the_same_sections() -> None:
    assert sorted(section_and_grace_period(wait=expedited)) == sorted(section_and_grace_period())


def read_while_it_is_freed(free: Wait | None) -> Counter[str]:
    """RCU+sync+free over all schedules: how many runs end how."""
    ends: Counter[str] = Counter()

    def build() -> Kernel:
        kernel = boot()
        old, new, slot = page(kernel, "old"), page(kernel, "new"), page(kernel, "slot")
        slot.value = old  # type: ignore[assignment]

        async def reader(cpu: Cpu) -> None:
            cpu.rcu_read_lock()
            it = await cpu.rcu_dereference(slot, "value")
            await cpu.read_once(it, "value")
            cpu.rcu_read_unlock()

        async def updater(cpu: Cpu) -> None:
            cpu.rcu_assign_pointer(slot, "value", new)
            if free is not None:
                await free(cpu)
            cpu.kfree(old)

        start(kernel, reader, updater)
        return kernel

    for _, outcome in every_run(build):
        ends.update(laws(outcome) or ["quiet"])
    return ends


def test_what_is_freed_after_a_grace_period_is_never_read() -> None:
    assert set(read_while_it_is_freed(normal)) == {"quiet"}


def test_what_is_freed_after_an_expedited_grace_period_is_never_read() -> None:
    assert set(read_while_it_is_freed(expedited)) == {"quiet"}


def test_what_is_freed_without_a_grace_period_is_sometimes_read() -> None:
    # Of the 6 orders of two loads, a store and a free, one has load, store, free, load.
    assert read_while_it_is_freed(None) == {"quiet": 5, "use_after_free": 1}


def test_a_section_cannot_see_what_came_after_and_miss_what_came_before() -> None:
    """RCU+sync+read."""
    seen: set[tuple[int, int]] = set()

    def build() -> Kernel:
        kernel = boot()
        x, y = page(kernel, "x"), page(kernel, "y")

        async def reader(cpu: Cpu) -> None:
            cpu.rcu_read_lock()
            first = await cpu.read_once(x, "value")
            seen.add((first, await cpu.read_once(y, "value")))
            cpu.rcu_read_unlock()

        async def writer(cpu: Cpu) -> None:
            cpu.write_once(x, "value", 1)
            await cpu.synchronize_rcu()
            cpu.write_once(y, "value", 1)

        start(kernel, reader, writer)
        return kernel

    assert {tuple(laws(outcome)) for _, outcome in every_run(build)} == {()}
    assert seen == {(0, 0), (1, 0), (1, 1)}  # never (0, 1)


# -- stores that nobody waits for ------------------------------------------------------


def stores_while_it_is_freed(*, sections: int) -> Counter[str]:
    """A store at the end of a section is still under way when the section is left."""
    ends: Counter[str] = Counter()

    def build() -> Kernel:
        kernel = boot()
        old, other, slot = page(kernel, "old"), page(kernel, "other"), page(kernel, "slot")
        slot.value = old  # type: ignore[assignment]

        async def reader(cpu: Cpu) -> None:
            cpu.rcu_read_lock()
            it = await cpu.rcu_dereference(slot, "value")
            if it is not None:
                cpu.write_once(it, "value", 1)
            cpu.rcu_read_unlock()
            for _ in range(sections - 1):
                cpu.rcu_read_lock()
                cpu.write_once(other, "value", 1)
                cpu.rcu_read_unlock()

        async def updater(cpu: Cpu) -> None:
            cpu.rcu_assign_pointer(slot, "value", None)
            await cpu.synchronize_rcu()
            cpu.kfree(old)

        start(kernel, reader, updater)
        return kernel

    for _, outcome in every_run(build):
        ends.update(laws(outcome) or ["quiet"])
    return ends


def test_a_section_lasts_until_its_last_store_is_delivered() -> None:
    assert set(stores_while_it_is_freed(sections=1)) == {"quiet"}


def test_the_next_section_does_not_hide_a_store_of_the_one_before() -> None:
    assert set(stores_while_it_is_freed(sections=2)) == {"quiet"}
