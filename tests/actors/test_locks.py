"""Mutex, rwsem, spinlock: who waits, and who may go on."""

import pytest
from tests.actors.laboratory import (
    Program,
    Story,
    boot,
    every_run,
    laws,
    mutex,
    pause,
    quiet,
    start,
    turn,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.locks import Done, RwSem, SpinLock
from slabrace.actors.messages import WaitForCompletion


def completion(kernel: Kernel) -> Done:
    done = Done()
    done.publish_in(kernel.world, "done")
    return done


def rwsem(kernel: Kernel, name: str = "sem") -> RwSem:
    lock = RwSem(name)
    lock.publish_in(kernel.world, name)
    return lock


# -- mutex -----------------------------------------------------------------------------


def test_a_mutex_is_held_by_one_in_every_schedule() -> None:
    inside: list[str] = []

    def contended() -> Kernel:
        kernel = boot()
        lock = mutex(kernel)
        inside.clear()

        async def program(cpu: Cpu) -> None:
            await cpu.mutex_lock(lock)
            inside.append(cpu.name)
            assert inside == [cpu.name]
            await cpu.read_once(lock, "owner")
            inside.remove(cpu.name)
            cpu.mutex_unlock(lock)

        start(kernel, program, program)
        return kernel

    outcomes = [outcome.violations for _, outcome in every_run(contended)]
    assert outcomes == [[]] * 6  # who is first, and when the other asks: at lock, load or unlock


def test_a_mutex_is_given_out_in_the_order_in_which_it_was_asked_for() -> None:
    kernel = boot()
    lock = mutex(kernel)
    order: list[int] = []

    def asks_after(turns: int) -> Program:
        async def program(cpu: Cpu) -> None:
            await pause(cpu, turns)
            await cpu.mutex_lock(lock)
            order.append(turns)
            await pause(cpu, 10)
            cpu.mutex_unlock(lock)

        return program

    quiet(kernel, *(asks_after(turns) for turns in (3, 1, 4, 2)))
    assert order == [1, 2, 3, 4]


def test_a_deadlock_names_the_mutex_and_its_holder() -> None:
    kernel = boot()
    lock = mutex(kernel)

    async def holder(cpu: Cpu) -> None:
        await cpu.mutex_lock(lock)
        await cpu.ask(completion(kernel), WaitForCompletion())

    async def waiter(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.mutex_lock(lock)

    outcome = turn(kernel, holder, waiter)
    assert laws(outcome) == ["deadlock"]
    assert "script1 waits for m, held by script0" in outcome.violations[0].message
    assert "script0 waits for done to be completed" in outcome.violations[0].message


def test_a_mutex_that_is_free_again_is_held_by_nobody() -> None:
    kernel = boot()
    lock = mutex(kernel)

    async def program(cpu: Cpu) -> None:
        await cpu.mutex_lock(lock)
        cpu.mutex_unlock(lock)

    quiet(kernel, program)
    assert lock.owner is None


def test_a_spinlock_excludes_like_a_mutex() -> None:
    kernel = boot()
    lock = SpinLock("s")
    lock.publish_in(kernel.world, "s")
    order: list[str] = []

    def program_for(name: str) -> Program:
        async def program(cpu: Cpu) -> None:
            await cpu.spin_lock(lock)
            order.append(f"{name}+")
            await cpu.read_once(lock, "owner")
            order.append(f"{name}-")
            cpu.spin_unlock(lock)

        return program

    quiet(kernel, program_for("a"), program_for("b"))
    assert order == ["a+", "a-", "b+", "b-"]


# -- rwsem -----------------------------------------------------------------------------


async def trylock(cpu: Cpu, lock: RwSem) -> bool:
    taken = await cpu.down_read_trylock(lock)
    if taken:
        cpu.up_read(lock)
    return taken


def what_a_trylock_gets(*others: str) -> tuple[bool, bool]:
    """(taken, contended) for a trylock that comes while ``others`` hold the lock or wait for it."""
    kernel = boot()
    lock = rwsem(kernel)
    seen: list[bool] = []

    def other(number: int, what: str) -> Program:
        async def program(cpu: Cpu) -> None:
            await pause(cpu, number)
            if what == "write":
                await cpu.down_write(lock)
                await pause(cpu, 20)
                cpu.up_write(lock)
            else:
                await cpu.down_read(lock)
                await pause(cpu, 20)
                cpu.up_read(lock)

        return program

    async def probe(cpu: Cpu) -> None:
        await pause(cpu, 10)
        seen.append(await trylock(cpu, lock))
        seen.append(await cpu.rwsem_is_contended(lock))

    quiet(kernel, *(other(number, what) for number, what in enumerate(others)), probe)
    assert lock.readers == []
    assert lock.writer is None
    return seen[0], seen[1]


@pytest.mark.parametrize(
    ("others", "taken", "contended"),
    [
        ((), True, False),
        (("read",), True, False),
        (("read", "read"), True, False),
        (("write",), False, False),
        (("read", "write"), False, True),  # the writer only waits
        (("write", "read"), False, True),
        (("write", "write"), False, True),
    ],
    ids=lambda value: "+".join(value) or "nobody" if isinstance(value, tuple) else None,
)
def test_a_trylock_fails_with_a_writer_or_with_waiters(
    others: tuple[str, ...], taken: bool, contended: bool
) -> None:
    assert what_a_trylock_gets(*others) == (taken, contended)


def test_readers_share_and_a_writer_waits_for_all_of_them() -> None:
    kernel = boot()
    lock = rwsem(kernel)
    log: list[str] = []

    def reader(turns: int) -> Program:
        async def program(cpu: Cpu) -> None:
            await cpu.down_read(lock)
            log.append("read+")
            await pause(cpu, turns)
            log.append("read-")
            cpu.up_read(lock)

        return program

    async def writer(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.down_write(lock)
        log.append("write")
        cpu.up_write(lock)

    quiet(kernel, reader(3), reader(5), writer)
    assert log == ["read+", "read+", "read-", "read-", "write"]


def test_a_reader_that_comes_after_a_waiting_writer_waits_behind_it() -> None:
    kernel = boot()
    lock = rwsem(kernel)
    log: list[str] = []

    async def first(cpu: Cpu) -> None:
        await cpu.down_read(lock)
        await pause(cpu, 5)
        cpu.up_read(lock)

    async def writer(cpu: Cpu) -> None:
        await pause(cpu, 1)
        await cpu.down_write(lock)
        log.append("write")
        await pause(cpu)
        cpu.up_write(lock)

    async def late(cpu: Cpu) -> None:
        await pause(cpu, 2)
        await cpu.down_read(lock)
        log.append("read")
        cpu.up_read(lock)

    quiet(kernel, first, writer, late, late)
    assert log == ["write", "read", "read"]


def test_readers_that_wait_together_are_let_in_together() -> None:
    kernel = boot()
    lock = rwsem(kernel)
    together: list[int] = []

    async def writer(cpu: Cpu) -> None:
        await cpu.down_write(lock)
        await pause(cpu, 2)
        cpu.up_write(lock)

    async def reader(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.down_read(lock)
        await pause(cpu)
        together.append(len(lock.readers))
        await pause(cpu)
        cpu.up_read(lock)

    quiet(kernel, writer, reader, reader)
    assert together == [2, 2]


def test_a_deadlock_names_the_readers_of_an_rwsem() -> None:
    kernel = boot()
    lock = rwsem(kernel)

    async def reader(cpu: Cpu) -> None:
        await cpu.down_read(lock)
        await cpu.ask(completion(kernel), WaitForCompletion())

    async def writer(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.down_write(lock)

    outcome = turn(kernel, reader, reader, writer)
    assert "script2 waits for sem, held by script0, script1" in outcome.violations[0].message


def test_a_deadlock_names_the_writer_of_an_rwsem() -> None:
    kernel = boot()
    lock = rwsem(kernel)

    async def writer(cpu: Cpu) -> None:
        await cpu.down_write(lock)
        await cpu.ask(completion(kernel), WaitForCompletion())

    async def reader(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.down_read(lock)

    outcome = turn(kernel, writer, reader)
    assert "script1 waits for sem, held by script0" in outcome.violations[0].message


def test_an_rwsem_tells_when_a_writer_begins_and_ends_to_wait() -> None:
    kernel = boot()
    lock = rwsem(kernel)
    story = Story(kernel.world, "contention_begin", "contention_end")

    async def reader(cpu: Cpu) -> None:
        await cpu.down_read(lock)
        await pause(cpu, 2)
        cpu.up_read(lock)

    async def writer(cpu: Cpu) -> None:
        await pause(cpu)
        await cpu.down_write(lock)
        cpu.up_write(lock)

    quiet(kernel, reader, writer)
    assert story.names() == ["contention_begin", "contention_end"]
    assert story.all("contention_begin", "lock", "waiter") == [["sem", "script1"]]
