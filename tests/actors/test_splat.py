"""A broken law in the kernel's own layout: who, where, which locks, in which order."""

import re

import pytest
from tests.actors.laboratory import Page, Program, boot, mutex, page, pause, turn
from tests.actors.test_lock_order import one_after_the_other, takes

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.locks import SpinLock
from slabrace.actors.scene import Scene, words
from slabrace.actors.splat import splat
from slabrace.runtime.errors import UsageError, Violation
from slabrace.runtime.trace import Trace
from slabrace.runtime.witness import Witness


def run(kernel: Kernel, *programs: Program) -> tuple[Trace, Violation]:
    trace = Trace(kernel.world, Witness(kernel.world))
    outcome = turn(kernel, *programs, tell=trace.tell)
    (violation,) = outcome.violations
    return trace, violation


def told(form: str, kernel: Kernel, *programs: Program) -> list[str]:
    """The lines of the splat, less the lines of the source."""
    text = splat(form, *run(kernel, *programs))
    return re.sub(r"\([\w./]+:\d+\)", "(FILE:N)", text).splitlines()


def block(lines: list[str], first: str) -> list[str]:
    """The lines from the one that begins with ``first`` to the next empty one."""
    start = next(n for n, line in enumerate(lines) if line.startswith(first))
    end = next((n for n in range(start, len(lines)) if not lines[n]), len(lines))
    return lines[start:end]


# -- lockdep ---------------------------------------------------------------------------


def abba() -> list[str]:
    kernel = boot()
    a, b = mutex(kernel, "a"), mutex(kernel, "b")

    async def later(cpu: Cpu) -> None:
        await pause(cpu)
        await takes(b, a)(cpu)

    return told("lockdep", kernel, takes(a, b), later)


def test_a_circular_dependency_is_framed_as_lockdep_frames_it() -> None:
    lines = abba()
    assert lines[1] == "WARNING: possible circular locking dependency detected"
    assert lines[0] == "=" * len(lines[1])
    assert lines[3] == "-" * len(lines[1])
    assert lines[4] == "script1/102 is trying to acquire lock:"
    assert re.fullmatch(
        r"ffff888[0-9a-f]{9} \(a\)\{\+\.\+\.\}-\{3:3\}, at: .* \(FILE:N\)", lines[5]
    )
    assert lines[7] == "but task is already holding lock:"
    assert " (b){" in lines[8]
    assert lines[10] == "which lock already depends on the new lock."


def test_the_chain_is_told_backwards_with_the_stacks_that_made_it() -> None:
    lines = abba()
    assert block(lines, "-> #1")[:2] == ["-> #1 (b){+.+.}-{3:3}:", "       mutex_lock (FILE:N)"]
    assert block(lines, "-> #0")[0] == "-> #0 (a){+.+.}-{3:3}:"


def test_the_unsafe_scenario_has_two_columns() -> None:
    assert block(abba(), "       CPU0") == [
        "       CPU0                    CPU1",
        "       ----                    ----",
        "  lock(b);",
        "                               lock(a);",
        "                               lock(b);",
        "  lock(a);",
    ]


def test_the_locks_held_are_numbered_and_say_where_they_were_taken() -> None:
    held = block(abba(), "1 lock held by script1/102:")
    assert re.fullmatch(r" #0: ffff\w+ \(b\)\{\+\.\+\.\}-\{3:3\}, at: program \(FILE:N\)", held[1])


def test_a_cycle_of_three_has_its_chain_written_out() -> None:
    kernel = boot()
    a, b, c = mutex(kernel, "a"), mutex(kernel, "b"), mutex(kernel, "c")
    lines = told("lockdep", kernel, one_after_the_other(takes(a, b), takes(b, c), takes(c, a)))
    assert "  a --> b --> c" in lines
    assert [line.split()[1] for line in lines if line.startswith("-> #")] == ["#2", "#1", "#0"]


def test_one_class_inside_itself_is_recursive() -> None:
    kernel = boot()
    one, other = mutex(kernel, "one", "s_umount"), mutex(kernel, "other", "s_umount")
    lines = told("lockdep", kernel, takes(one, other))
    assert lines[1] == "WARNING: possible recursive locking detected"
    assert block(lines, "       CPU0")[2:] == ["  lock(s_umount);", "  lock(s_umount);"]


def test_a_lock_that_is_taken_both_ways_is_used_both_ways() -> None:
    kernel = boot()
    a = mutex(kernel, "a")

    async def program(cpu: Cpu) -> None:
        await cpu.down_write(kernel.shrinker_rwsem)
        cpu.up_write(kernel.shrinker_rwsem)
        await cpu.down_read(kernel.shrinker_rwsem)
        await cpu.mutex_lock(a)
        cpu.up_read(kernel.shrinker_rwsem)
        await cpu.down_read(kernel.shrinker_rwsem)

    lines = told("lockdep", kernel, program)
    assert any(" (shrinker_rwsem){++++}-{3:3}" in line for line in lines)


def test_a_lock_that_is_given_back_by_another_is_a_bad_balance() -> None:
    kernel = boot()

    async def program(cpu: Cpu) -> None:
        cpu.mutex_unlock(kernel.cgroup_mutex)

    lines = told("lockdep", kernel, program)
    assert lines[1] == "WARNING: bad unlock balance detected!"
    assert lines[4] == "script0/101 is trying to release lock (cgroup_mutex) at:"
    assert "no locks held by script0/101." in lines


async def unlocks_too_often(cpu: Cpu) -> None:
    cpu.rcu_read_unlock()


async def never_unlocks(cpu: Cpu) -> None:
    await cpu.mutex_lock(cpu.kernel.cgroup_mutex)
    cpu.rcu_read_lock()


def test_a_section_that_was_never_entered_is_a_bad_balance() -> None:
    lines = told("lockdep", boot(), unlocks_too_often)
    assert lines[4] == "script0/101 is trying to release lock (rcu_read_lock) at:"
    assert lines[5] == "rcu_read_unlock (FILE:N)"


def test_what_is_held_on_the_way_out_is_listed() -> None:
    lines = told("lockdep", boot(), never_unlocks)
    assert lines[1] == "WARNING: lock held when returning to user space!"
    assert lines[-2].startswith(" #0: ")
    assert lines[-1] == " #1: (rcu_read_lock){....}-{1:2}"


# -- context ---------------------------------------------------------------------------


def test_a_dereference_outside_a_section_is_suspicious_usage() -> None:
    kernel = boot()
    where = page(kernel)

    async def program(cpu: Cpu) -> None:
        await cpu.rcu_dereference(where, "value")

    lines = told("lockdep", kernel, program)
    assert lines[1] == "WARNING: suspicious RCU usage"
    assert re.fullmatch(r"test_splat\.py:\d+ suspicious rcu_dereference_check\(\) usage!", lines[4])


def test_a_dereference_without_its_lock_names_the_lock() -> None:
    kernel = boot()
    where = page(kernel)

    async def program(cpu: Cpu) -> None:
        await cpu.rcu_dereference_protected(where, "value", kernel.cgroup_mutex)

    lines = told("lockdep", kernel, program)
    assert "suspicious rcu_dereference_protected() usage!" in lines[4]
    assert any(line.endswith(" (cgroup_mutex){+.+.}-{3:3} is not held") for line in lines)


def test_an_assertion_that_fails_is_a_warning_at_its_place() -> None:
    kernel = boot()

    async def program(cpu: Cpu) -> None:
        cpu.lockdep_assert_held(kernel.cgroup_mutex)

    lines = told("lockdep", kernel, program)
    assert re.fullmatch(r"WARNING: CPU: 0 PID: 101 at test_splat\.py:\d+ program", lines[0])


def test_sleeping_under_a_spinlock_is_atomic() -> None:
    kernel = boot()
    spin = SpinLock("lru_lock")
    spin.publish_in(kernel.world, "lru_lock")

    async def program(cpu: Cpu) -> None:
        await cpu.spin_lock(spin)
        await cpu.mutex_lock(kernel.cgroup_mutex)

    lines = told("lockdep", kernel, program)
    assert lines[0].startswith("BUG: sleeping function called from invalid context at ")
    assert lines[1] == ("in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 101, name: script0")
    assert lines[2:4] == ["preempt_count: 1, expected: 0", "RCU nest depth: 0, expected: 0"]
    assert " (lru_lock){+.+.}-{2:2}" in lines[5]


# -- KASAN -----------------------------------------------------------------------------


def uses_after_free(queue: bool) -> Program:
    async def program(cpu: Cpu) -> None:
        kernel = cpu.kernel

        def make() -> Page:
            it = Page(1)
            it.publish_in(kernel.world, "P")
            return it

        it = cpu.kzalloc(make, "page")
        assert it is not None
        if queue:
            cpu.kvfree_rcu(it)
            await cpu.synchronize_rcu()
            await pause(cpu, 3)
        else:
            cpu.kfree(it)
        await cpu.read_once(it, "value")

    return program


def test_a_use_after_free_tells_who_allocated_and_who_freed() -> None:
    lines = told("kasan", boot(), uses_after_free(queue=False))
    assert lines[1] == "BUG: KASAN: slab-use-after-free in program (FILE:N)"
    assert re.fullmatch(r"Read of size 8 at addr ffff888[0-9a-f]{9} by task script0/101", lines[2])
    assert re.match(r"Allocated by task 101 on cpu 0 at 0\.\d{6}s:", block(lines, "Allocated")[0])
    assert block(lines, "Freed by task 101 on cpu 0")[1:] == [
        " kfree (FILE:N)",
        " program (FILE:N)",
    ]
    assert " which belongs to the cache page of size 8" in lines
    assert not any("work creation" in line for line in lines)


def test_what_rcu_freed_tells_who_queued_it() -> None:
    lines = told("kasan", boot(), uses_after_free(queue=True))
    assert block(lines, "Freed by task 0 at")[1:] == [" kfree", " rcu_gp_cleanup"]
    assert block(lines, "Last potentially related work creation:")[1:] == [
        " kvfree_call_rcu (FILE:N)",
        " program (FILE:N)",
    ]


def test_what_was_there_before_the_run_was_allocated_by_nobody_we_know() -> None:
    kernel = boot()
    old = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.kfree(old)
        cpu.kfree(old)
        await pause(cpu)

    lines = told("kasan", kernel, program)
    assert lines[1] == "BUG: KASAN: double-free in program (FILE:N)"
    assert lines[2].startswith("Free of addr ")
    assert not any(line.startswith("Allocated") for line in lines)


def test_an_address_is_the_same_in_every_run_and_says_that_it_is_made_up() -> None:
    one = told("kasan", boot(), uses_after_free(queue=False))
    other = told("kasan", boot(), uses_after_free(queue=True))
    assert one[2] == other[2]
    assert "Hardware name: a model; addresses, sizes, pids and times are its own" in one


def test_a_word_is_where_its_class_names_it() -> None:
    kernel = boot()
    trace, violation = run(kernel, uses_after_free(queue=False))
    memcg = kernel.boot_memcg("M")
    second = words(memcg)[1]
    assert Scene(trace, violation).offset(memcg, second) == 8


# -- what fits -------------------------------------------------------------------------


def test_a_hang_tells_where_each_task_waits_and_what_is_held() -> None:
    kernel = boot(laws=False)
    a, b = mutex(kernel, "a"), mutex(kernel, "b")

    def slowly(first: object, second: object) -> Program:
        async def program(cpu: Cpu) -> None:
            await cpu.mutex_lock(first)  # type: ignore[arg-type]  # mutexes, in either order
            await pause(cpu)
            await cpu.mutex_lock(second)  # type: ignore[arg-type]

        return program

    lines = told("lockdep", kernel, slowly(a, b), slowly(b, a))
    hung = [line for line in lines if line.startswith("INFO: task ")]
    assert [re.sub(r"\d+ picks?", "N picks", line) for line in hung] == [
        "INFO: task script0:101 blocked for more than N picks.",
        "INFO: task script1:102 blocked for more than N picks.",
    ]
    assert lines[-2:] == [
        "script0 waits for b, held by script1",
        "script1 waits for a, held by script0",
    ]


def test_a_run_that_broke_no_law_has_no_splat() -> None:
    trace, _ = run(boot(), never_unlocks)
    with pytest.raises(UsageError, match=r"no law was broken.*fit: events, diagram$"):
        splat("kasan", trace, None)
