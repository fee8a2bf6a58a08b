"""I9: the order of lock classes has no cycle, and nobody waits for itself."""

import pytest
from tests.actors.laboratory import Program, boot, laws, mutex, pause, quiet, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.locks import Mutex
from slabrace.actors.sanitizers import LockOrder


def takes(*locks: Mutex) -> Program:
    """Take ``locks`` in this order, each under the ones before."""

    async def program(cpu: Cpu) -> None:
        for lock in locks:
            await cpu.mutex_lock(lock)
        for lock in reversed(locks):
            cpu.mutex_unlock(lock)

    return program


def one_after_the_other(*programs: Program) -> Program:
    async def program(cpu: Cpu) -> None:
        for each in programs:
            await each(cpu)

    return program


def order_of(kernel: Kernel) -> dict[str, dict[str, str]]:
    return next(m.after for m in kernel.world.monitors if isinstance(m, LockOrder))


def test_abba_is_flagged_although_nobody_ever_waited() -> None:
    kernel = boot()
    a, b = mutex(kernel, "a"), mutex(kernel, "b")
    outcome = turn(kernel, one_after_the_other(takes(a, b), takes(b, a)))
    assert laws(outcome) == ["lock_order"]
    assert outcome.violations[0].message == (
        "WARNING: possible circular locking dependency detected: "
        "script0 takes a under b, but script0 took b under a"
    )


def test_abba_of_two_cpus_names_both() -> None:
    kernel = boot()
    a, b = mutex(kernel, "a"), mutex(kernel, "b")

    async def later(cpu: Cpu) -> None:
        await pause(cpu)
        await takes(b, a)(cpu)

    outcome = turn(kernel, takes(a, b), later)
    assert outcome.violations[0].message.endswith(
        "script1 takes a under b, but script0 took b under a"
    )


def test_a_cycle_of_three_is_flagged() -> None:
    kernel = boot()
    a, b, c = mutex(kernel, "a"), mutex(kernel, "b"), mutex(kernel, "c")
    outcome = turn(kernel, one_after_the_other(takes(a, b), takes(b, c), takes(c, a)))
    assert laws(outcome) == ["lock_order"]
    assert outcome.violations[0].message.endswith(
        "takes a under c, but script0 took b under a, script0 took c under b"
    )


def test_a_consistent_order_is_silent_and_recorded() -> None:
    kernel = boot()
    a, b, c = mutex(kernel, "a"), mutex(kernel, "b"), mutex(kernel, "c")
    quiet(kernel, takes(a, b, c), takes(a, c), takes(b, c))
    assert {name: set(after) for name, after in order_of(kernel).items()} == {
        "a": {"b", "c"},
        "b": {"c"},
    }


def test_the_order_is_of_classes_not_of_locks() -> None:
    kernel = boot()
    one, other = mutex(kernel, "one", "s_umount"), mutex(kernel, "other", "s_umount")
    b = mutex(kernel, "b")
    outcome = turn(kernel, one_after_the_other(takes(one, b), takes(b, other)))
    assert laws(outcome) == ["lock_order"]


def test_locks_that_are_not_held_together_have_no_order() -> None:
    kernel = boot()
    a, b = mutex(kernel, "a"), mutex(kernel, "b")
    quiet(kernel, one_after_the_other(takes(a), takes(b), takes(a)))
    assert order_of(kernel) == {}


def test_an_abba_that_happens_is_a_deadlock_where_laws_are_off() -> None:
    kernel = boot(laws=False)
    a, b = mutex(kernel, "a"), mutex(kernel, "b")

    def slowly(first: Mutex, second: Mutex) -> Program:
        async def program(cpu: Cpu) -> None:
            await cpu.mutex_lock(first)
            await pause(cpu)
            await cpu.mutex_lock(second)

        return program

    outcome = turn(kernel, slowly(a, b), slowly(b, a))
    assert laws(outcome) == ["deadlock"]
    assert outcome.violations[0].message == (
        "nobody can move; script0 waits for b, held by script1; "
        "script1 waits for a, held by script0"
    )


async def mutex_twice(cpu: Cpu) -> None:
    await cpu.mutex_lock(cpu.kernel.cgroup_mutex)
    await cpu.mutex_lock(cpu.kernel.cgroup_mutex)


async def read_twice(cpu: Cpu) -> None:
    await cpu.down_read(cpu.kernel.shrinker_rwsem)
    await cpu.down_read(cpu.kernel.shrinker_rwsem)


async def write_under_read(cpu: Cpu) -> None:
    await cpu.down_read(cpu.kernel.shrinker_rwsem)
    await cpu.down_write(cpu.kernel.shrinker_rwsem)


@pytest.mark.parametrize("again", [mutex_twice, read_twice, write_under_read])
def test_waiting_for_what_one_holds_is_flagged(again: Program) -> None:
    outcome = turn(boot(), again)
    assert laws(outcome) == ["lock_order"]
    assert "script0 waits for" in outcome.violations[0].message
    assert outcome.violations[0].message.endswith("which it holds itself")


def test_a_trylock_comes_into_no_cycle() -> None:
    kernel = boot()
    a, sem = mutex(kernel, "a"), kernel.shrinker_rwsem

    async def program(cpu: Cpu) -> None:
        assert await cpu.down_read_trylock(sem)
        await cpu.mutex_lock(a)
        cpu.mutex_unlock(a)
        cpu.up_read(sem)
        await cpu.mutex_lock(a)
        assert await cpu.down_read_trylock(sem)  # under a: it would give up rather than wait
        cpu.up_read(sem)
        cpu.mutex_unlock(a)

    quiet(kernel, program)
    assert order_of(kernel) == {"shrinker_rwsem": {"a": "script0"}}


def test_what_a_trylock_took_counts_as_held() -> None:
    kernel = boot()
    a, sem = mutex(kernel, "a"), kernel.shrinker_rwsem

    async def program(cpu: Cpu) -> None:
        assert await cpu.down_read_trylock(sem)
        await cpu.mutex_lock(a)
        cpu.mutex_unlock(a)
        cpu.up_read(sem)
        await cpu.mutex_lock(a)
        await cpu.down_write(sem)

    assert laws(turn(kernel, program)) == ["lock_order"]
