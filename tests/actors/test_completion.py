"""Completions and refcounts: parts of a shrinker, and the two halves of shrinker_free()'s wait."""

import pytest
from tests.actors.laboratory import Ops, Story, boot, laws, pause, quiet, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.locks import REFCOUNT_SATURATED, Done
from slabrace.actors.messages import (
    Complete,
    RefcountDecAndTest,
    RefcountIncNotZero,
    RefcountSet,
    WaitForCompletion,
)
from slabrace.actors.shrinker import Shrinker


def completion(kernel: Kernel) -> Done:
    done = Done()
    done.publish_in(kernel.world, "done")
    return done


def counter(kernel: Kernel, count: int) -> Shrinker:
    """A refcount_t is a member of a shrinker."""
    it = Shrinker(
        Ops(0), memcg_aware=False, numa_aware=False, nonslab=False, seeks=2, batch=0
    )  # fmt: skip
    it.publish_in(kernel.world, "counter")
    it.refcount = count
    return it


# -- completion ------------------------------------------------------------------------


@pytest.mark.parametrize("completed_first", [True, False], ids=["before", "after"])
def test_a_completion_may_come_before_or_after_the_wait(completed_first: bool) -> None:
    kernel = boot()
    done = completion(kernel)
    log: list[str] = []

    async def waiter(cpu: Cpu) -> None:
        await pause(cpu, 2 if completed_first else 1)
        await cpu.ask(done, WaitForCompletion())
        log.append("went on")

    async def completer(cpu: Cpu) -> None:
        await pause(cpu, 1 if completed_first else 2)
        log.append("complete")
        await cpu.ask(done, Complete())

    quiet(kernel, waiter, completer)
    assert log == ["complete", "went on"]
    assert done.done == 0


def test_one_completion_lets_one_waiter_go() -> None:
    kernel = boot()
    done = completion(kernel)

    async def waiter(cpu: Cpu) -> None:
        await cpu.ask(done, WaitForCompletion())

    async def completer(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.ask(done, Complete())

    outcome = turn(kernel, waiter, waiter, completer)
    assert laws(outcome) == ["deadlock"]
    assert outcome.violations[0].parties == ("script1",)


# -- refcount --------------------------------------------------------------------------


def test_a_refcount_of_zero_is_not_taken() -> None:
    kernel = boot()
    it = counter(kernel, 0)
    seen: list[bool] = []

    async def program(cpu: Cpu) -> None:
        seen.append(await cpu.ask(it, RefcountIncNotZero()))
        await cpu.ask(it, RefcountSet(1))
        seen.append(await cpu.ask(it, RefcountIncNotZero()))

    quiet(kernel, program)
    assert seen == [False, True]
    assert it.refcount == 2


def test_only_the_last_put_finds_zero() -> None:
    kernel = boot()
    it = counter(kernel, 2)
    seen: list[bool] = []

    async def program(cpu: Cpu) -> None:
        seen.append(await cpu.ask(it, RefcountDecAndTest()))
        seen.append(await cpu.ask(it, RefcountDecAndTest()))

    quiet(kernel, program)
    assert seen == [False, True]


def warnings_of(count: int, *messages: object) -> tuple[list[str], int]:
    kernel = boot(laws=False)
    it = counter(kernel, count)
    story = Story(kernel.world, "refcount_warning")

    async def program(cpu: Cpu) -> None:
        for message in messages:
            await cpu.ask(it, message)  # type: ignore[arg-type]

    quiet(kernel, program)
    return story.all("refcount_warning", "warning"), it.refcount


def test_an_underflow_warns_and_saturates() -> None:
    assert warnings_of(0, RefcountDecAndTest()) == (
        ["refcount_t: underflow; use-after-free"],
        REFCOUNT_SATURATED,
    )


def test_an_overflow_warns_and_saturates() -> None:
    assert warnings_of(2**31 - 1, RefcountIncNotZero()) == (
        ["refcount_t: saturated; leaking memory"],
        REFCOUNT_SATURATED,
    )


def test_a_saturated_refcount_stays_saturated_whatever_comes() -> None:
    warnings, count = warnings_of(
        REFCOUNT_SATURATED, RefcountIncNotZero(), RefcountDecAndTest(), RefcountIncNotZero()
    )
    assert count == REFCOUNT_SATURATED
    assert len(warnings) == 3


def test_the_saturated_value_is_that_of_the_kernel() -> None:
    assert REFCOUNT_SATURATED == -0xC0000000  # (INT_MIN / 2) as an int is 0xc0000000
