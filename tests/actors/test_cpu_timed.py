"""What a CPU does by itself takes its time, and is booked where the CPU stands."""

from tests.actors.laboratory import BOOTED, page
from tests.actors.timing import COSTS, boot, line, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.cpu_timed import TimedCpu
from slabrace.actors.cpu_weak import WeakCpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.tariff import KernelTariff
from slabrace.runtime.world import World


def test_a_read_side_section_costs_what_its_calls_cost() -> None:
    kernel = boot()
    x = page(kernel)
    at: list[int] = []

    async def read(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        at.append(kernel.world.clock.now)
        await cpu.read_once(x, "value")
        at.append(kernel.world.clock.now)
        cpu.rcu_read_unlock()
        at.append(kernel.world.clock.now)
        await cpu.read_once(x, "value")
        at.append(kernel.world.clock.now)

    profile = turn(kernel, read)
    assert at == [7, 7 + 20, 7 + 20 + 11, 7 + 20 + 11 + 1]
    assert line(profile, "__rcu_read_lock").own == COSTS.rcu_read_lock
    assert line(profile, "__rcu_read_unlock").own == COSTS.rcu_read_unlock


async def walk(cpu: Cpu, x: object) -> None:
    """A function of the kernel, as a profiler sees it."""
    cpu.rcu_read_lock()
    await cpu.read_once(x, "value")  # type: ignore[arg-type]  # it is a page
    cpu.rcu_read_unlock()
    await cpu.read_once(x, "value")  # type: ignore[arg-type]


def test_it_is_booked_below_the_function_in_which_the_cpu_stands() -> None:
    kernel = boot()
    x = page(kernel)
    profile = turn(kernel, lambda cpu: walk(cpu, x))
    below = {stack.symbols for stack in profile.stacks() if stack.own()}
    assert ("walk", "__rcu_read_lock") in below
    assert ("walk", "__rcu_read_unlock") in below
    assert line(profile, "walk").own == 20 + 1
    assert line(profile, "walk").inclusive == 20 + 1 + 7 + 11


def test_work_between_a_store_and_what_follows_is_not_lost() -> None:
    kernel = boot()
    x = page(kernel)
    at: list[int] = []

    async def work(cpu: Cpu) -> None:
        cpu.write_once(x, "value", 1)  # nobody waits for a store
        cpu.rcu_read_lock()
        cpu.rcu_read_unlock()
        await cpu.read_once(x, "value")
        at.append(kernel.world.clock.now)

    profile = turn(kernel, work)
    assert at == [7 + 11 + 1]
    assert profile.total("script0") == 2 + 7 + 11 + 1


def test_everything_that_is_booked_was_spent() -> None:
    kernel = boot()
    x = page(kernel)

    async def work(cpu: Cpu) -> None:
        for _ in range(5):
            await walk(cpu, x)

    profile = turn(kernel, work)
    assert profile.total("script0") == kernel.world.clock.now


def test_cpus_are_told_apart() -> None:
    kernel = boot()
    x = page(kernel)

    async def twice(cpu: Cpu) -> None:
        await walk(cpu, x)
        await walk(cpu, x)

    profile = turn(kernel, lambda cpu: walk(cpu, x), twice)
    assert line(profile, "__rcu_read_lock", "script0").own == 7
    assert line(profile, "__rcu_read_lock", "script1").own == 14
    assert line(profile, "__rcu_read_lock").own == 21


class Late(Cpu):
    """Names its kernel last."""

    def __init__(self, name: str, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.called = name


def test_a_cpu_is_counted_wherever_its_kernel_stands_among_its_arguments() -> None:
    kernel = boot()
    late = Late("late", kernel)
    assert isinstance(late, TimedCpu)
    assert isinstance(Cpu(kernel), TimedCpu)
    assert (late.called, late.number, Cpu(kernel).number) == ("late", 0, 2)
    assert late.cache.bit == 1


def test_a_cpu_under_a_weak_model_is_counted_too() -> None:
    world = World()
    world.tariff = KernelTariff(COSTS)
    BOOTED.append(world)
    cpu = Cpu(Kernel(world, memory="tso", laws=False))
    assert [kind for kind in type(cpu).__mro__ if kind in (TimedCpu, WeakCpu)] == [
        TimedCpu,
        WeakCpu,
    ]
