"""The kernel's verbs: what can switch and what cannot, and the splats of lockdep and PROVE_RCU."""

import pytest
from tests.actors.laboratory import (
    Page,
    Program,
    boot,
    every_run,
    functions,
    laws,
    page,
    quiet,
    start,
    turn,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.locks import Mutex, RwSem, SpinLock
from slabrace.runtime.outcome import Outcome


def splat(outcome: Outcome, law: str) -> str:
    """The message of the only violation, which is of ``law``."""
    assert laws(outcome) == [law]
    return outcome.violations[0].message


# -- what can switch -------------------------------------------------------------------


def test_stores_of_one_cpu_arrive_in_program_order() -> None:
    seen: set[tuple[int, int]] = set()

    def message_passing() -> Kernel:
        kernel = boot()
        data, flag = page(kernel, "data"), page(kernel, "flag")

        async def writer(cpu: Cpu) -> None:
            cpu.write_once(data, "value", 1)
            cpu.write_once(flag, "value", 1)

        async def reader(cpu: Cpu) -> None:
            ready = await cpu.read_once(flag, "value")
            seen.add((ready, await cpu.read_once(data, "value")))

        start(kernel, writer, reader)
        return kernel

    runs = [outcome.violations for _, outcome in every_run(message_passing)]
    assert runs == [[]] * 6  # four deliveries, two of each CPU in order
    assert seen == {(0, 0), (0, 1), (1, 1)}  # never the flag without the data


def test_a_load_that_is_not_awaited_yet_is_under_way() -> None:
    kernel = boot()
    it = page(kernel, value=1)
    seen: list[int] = []

    async def program(cpu: Cpu) -> None:
        early = cpu.read_once(it, "value")
        cpu.write_once(it, "value", 2)
        late = cpu.read_once(it, "value")
        seen.append(await late)
        seen.append(await early)

    quiet(kernel, program)
    assert seen == [2, 1]


def test_a_function_that_is_entered_is_counted_and_told() -> None:
    kernel = boot()
    told = functions(kernel.world)

    async def program(cpu: Cpu) -> None:
        cpu.ftrace("first")
        cpu.ftrace("second")
        cpu.ftrace("first")

    quiet(kernel, program)
    assert told == ["first", "second", "first"]
    assert kernel.calls == {"first": 2, "second": 1}


# -- read-side sections ----------------------------------------------------------------


def test_unlock_without_lock_is_a_splat() -> None:
    async def program(cpu: Cpu) -> None:
        cpu.rcu_read_unlock()

    assert splat(turn(boot(), program), "rcu_usage") == (
        "WARNING: bad unlock balance detected! script0: rcu_read_unlock() without rcu_read_lock()"
    )


def test_returning_inside_a_section_is_a_splat() -> None:
    async def program(cpu: Cpu) -> None:
        cpu.rcu_read_lock()

    assert "script0: returned with nesting 1, holding []" in splat(
        turn(boot(), program), "rcu_usage"
    )


def test_returning_with_a_lock_is_a_splat() -> None:
    async def program(cpu: Cpu) -> None:
        await cpu.mutex_lock(cpu.kernel.cgroup_mutex)

    assert "returned with nesting 0, holding [cgroup_mutex]" in splat(
        turn(boot(), program), "rcu_usage"
    )


def test_rcu_dereference_outside_a_section_is_a_splat() -> None:
    kernel = boot()
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        await cpu.rcu_dereference(it, "value")

    assert splat(turn(kernel, program), "rcu_usage") == (
        "WARNING: suspicious RCU usage: script0: rcu_dereference(page.value) "
        "outside a read-side section"
    )


def test_sections_nest_and_only_the_outermost_unlock_ends_them() -> None:
    kernel = boot()
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        cpu.rcu_read_lock()
        cpu.rcu_read_unlock()
        await cpu.rcu_dereference(it, "value")  # still inside
        cpu.rcu_read_unlock()

    quiet(kernel, program)


def test_rcu_dereference_protected_wants_its_lock() -> None:
    kernel = boot()
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        await cpu.rcu_dereference_protected(it, "value", kernel.cgroup_mutex)

    assert splat(turn(kernel, program), "rcu_usage") == (
        "WARNING: cgroup_mutex is not held by script0, which relies on it"
    )


def test_rcu_dereference_protected_is_silent_under_its_lock() -> None:
    kernel = boot()
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        await cpu.mutex_lock(kernel.cgroup_mutex)
        await cpu.rcu_dereference_protected(it, "value", kernel.cgroup_mutex)
        cpu.mutex_unlock(kernel.cgroup_mutex)

    quiet(kernel, program)


# -- sleeping --------------------------------------------------------------------------


async def mutex_lock(cpu: Cpu) -> None:
    await cpu.mutex_lock(cpu.kernel.cgroup_mutex)
    cpu.mutex_unlock(cpu.kernel.cgroup_mutex)


async def down_read(cpu: Cpu) -> None:
    await cpu.down_read(cpu.kernel.shrinker_rwsem)
    cpu.up_read(cpu.kernel.shrinker_rwsem)


async def down_write(cpu: Cpu) -> None:
    await cpu.down_write(cpu.kernel.shrinker_rwsem)
    cpu.up_write(cpu.kernel.shrinker_rwsem)


async def kzalloc(cpu: Cpu) -> None:
    cpu.kfree(cpu.kzalloc(Page, "page"))


async def cond_resched(cpu: Cpu) -> None:
    cpu.cond_resched()


async def synchronize_rcu(cpu: Cpu) -> None:
    await cpu.synchronize_rcu()


async def rcu_barrier(cpu: Cpu) -> None:
    await cpu.rcu_barrier()


SLEEPERS = [mutex_lock, down_read, down_write, kzalloc, cond_resched, synchronize_rcu, rcu_barrier]


@pytest.mark.parametrize("sleep", SLEEPERS, ids=lambda sleep: sleep.__name__)
def test_sleeping_inside_a_section_is_a_splat(sleep: Program) -> None:
    async def program(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await sleep(cpu)

    message = splat(turn(boot(), program), "sleep_in_atomic")
    assert message.startswith("BUG: sleeping function called from invalid context: ")
    assert message.endswith(" on script0; RCU nest depth: 1, expected: 0; spinlocks held: 0")


@pytest.mark.parametrize("sleep", SLEEPERS, ids=lambda sleep: sleep.__name__)
def test_sleeping_under_a_spinlock_is_a_splat(sleep: Program) -> None:
    kernel = boot()
    lock = SpinLock("s")
    lock.publish_in(kernel.world, "s")

    async def program(cpu: Cpu) -> None:
        await cpu.spin_lock(lock)
        await sleep(cpu)

    message = splat(turn(kernel, program), "sleep_in_atomic")
    assert message.endswith("RCU nest depth: 0, expected: 0; spinlocks held: 1")


@pytest.mark.parametrize("sleep", SLEEPERS, ids=lambda sleep: sleep.__name__)
def test_sleeping_outside_is_silent(sleep: Program) -> None:
    quiet(boot(), sleep)


def test_trylock_and_spin_lock_are_allowed_inside_a_section() -> None:
    kernel = boot()
    lock = SpinLock("s")
    lock.publish_in(kernel.world, "s")

    async def program(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.spin_lock(lock)
        assert await cpu.down_read_trylock(kernel.shrinker_rwsem)
        cpu.up_read(kernel.shrinker_rwsem)
        cpu.spin_unlock(lock)
        cpu.rcu_read_unlock()

    quiet(kernel, program)


# -- whose lock it is ------------------------------------------------------------------


async def unlock_mutex(cpu: Cpu, lock: Mutex, sem: RwSem) -> None:
    cpu.mutex_unlock(lock)


async def up_read(cpu: Cpu, lock: Mutex, sem: RwSem) -> None:
    cpu.up_read(sem)


async def up_write(cpu: Cpu, lock: Mutex, sem: RwSem) -> None:
    cpu.up_write(sem)


@pytest.mark.parametrize(
    ("release", "name"),
    [(unlock_mutex, "cgroup_mutex"), (up_read, "shrinker_rwsem"), (up_write, "shrinker_rwsem")],
    ids=["mutex_unlock", "up_read", "up_write"],
)
def test_releasing_what_one_does_not_hold_is_a_splat(release: object, name: str) -> None:
    kernel = boot()

    async def program(cpu: Cpu) -> None:
        await release(cpu, kernel.cgroup_mutex, kernel.shrinker_rwsem)  # type: ignore[operator]

    assert splat(turn(kernel, program), "lock_order") == (
        f"WARNING: bad unlock balance: script0 releases {name}"
    )
