"""Time by memcg: to whom an access belongs, and that nothing else changes."""

from tests.actors.laboratory import Program, page
from tests.actors.timing import boot, line, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.locks import Mutex
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_iter import css_put, css_tryget
from slabrace.actors.memcg_tariff import MemcgTariff
from slabrace.runtime.perf import Profile


def walk(kernel: Kernel, *memcgs: Memcg) -> Profile:
    """A CPU that goes from one memcg to the next, and reads what is nobody's in each."""
    x = page(kernel)

    async def program(cpu: Cpu) -> None:
        await cpu.read_once(x, "value")
        for memcg in memcgs:
            await css_tryget(cpu, memcg)
            cpu.rcu_read_lock()
            await cpu.read_once(x, "value")
            cpu.rcu_read_unlock()
            await css_put(cpu, memcg)

    return turn(kernel, program)


def test_what_is_nobodys_belongs_to_the_memcg_in_which_the_cpu_was_last() -> None:
    kernel = boot(per_memcg=True)
    a, b = kernel.boot_memcg("a"), kernel.boot_memcg("b")
    walk(kernel, a, b, b)
    tariff: MemcgTariff = kernel.world.tariff
    every, each = tariff.split()
    assert list(each) == [None, a, b]
    assert line(each[None], "program").own == 20
    assert line(each[a], "__rcu_read_lock").own == 7
    assert line(each[b], "__rcu_read_lock").own == 14
    assert every.total() == sum(profile.total() for profile in each.values())


def test_the_profile_is_the_one_that_is_made_without() -> None:
    profiles = []
    for per_memcg in (False, True):
        kernel = boot(per_memcg=per_memcg)
        a, b = kernel.boot_memcg("a"), kernel.boot_memcg("b")
        profile = walk(kernel, a, b)
        tariff = kernel.world.tariff
        profiles.append(tariff.split()[0] if isinstance(tariff, MemcgTariff) else profile)
    plain, asked = profiles
    assert plain.lines() == asked.lines()
    assert plain.actors() == asked.actors()


def test_who_goes_to_sleep_in_a_memcg_sleeps_in_it() -> None:
    kernel = boot(per_memcg=True)
    a, b = kernel.boot_memcg("a"), kernel.boot_memcg("b")
    mutex = Mutex("mutex")
    mutex.publish_in(kernel.world, "mutex")

    def locking(memcg: Memcg) -> Program:
        async def program(cpu: Cpu) -> None:
            await css_tryget(cpu, memcg)
            await cpu.mutex_lock(mutex)
            await css_put(cpu, memcg)
            cpu.mutex_unlock(mutex)

        return program

    turn(kernel, locking(a), locking(b))
    tariff: MemcgTariff = kernel.world.tariff
    every, each = tariff.split()
    slept = line(every, "mutex_lock").sleep
    assert slept > 3_000
    assert (line(each[a], "mutex_lock").sleep, line(each[b], "mutex_lock").sleep) == (0, slept)
    assert line(each[b], "schedule").own == 400


def test_a_cpu_has_its_own_name_again_afterwards() -> None:
    kernel = boot(per_memcg=True)
    walk(kernel, kernel.boot_memcg("a"))
    assert [task.actor.name for task in kernel.world.tasks if task.actor.name.startswith("s")] == [
        "script0"
    ]
