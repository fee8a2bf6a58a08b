"""Callbacks run after a grace period, those of one CPU in order; rcu_barrier() waits for them."""

from tests.actors.laboratory import (
    Program,
    boot,
    every_run,
    laws,
    page,
    quiet,
    seeds,
    start,
    turn,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.messages import Access, Kfree
from slabrace.actors.object import KernelObject, is_freed
from slabrace.runtime.actor import handles


class Entry(Access, frozen=True, gc=False):
    text: str


class Diary(KernelObject):
    """Writes down what it is sent, and by whom."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    @handles(Entry)
    def entry(self, message: Entry) -> None:
        self.entries.append(message.text)


def diary_of(kernel: Kernel) -> Diary:
    diary = Diary()
    diary.publish_in(kernel.world, "diary")
    return diary


def orders_of_callbacks(*programs: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The orders in which callbacks run, over all schedules; each program is one CPU's queue."""
    diaries: list[Diary] = []

    def build() -> Kernel:
        kernel = boot()
        diary = diary_of(kernel)
        diaries.append(diary)

        def calls(texts: tuple[str, ...]) -> Program:
            async def program(cpu: Cpu) -> None:
                for text in texts:
                    cpu.call_rcu(diary, Entry(text))

            return program

        start(kernel, *(calls(texts) for texts in programs))
        return kernel

    runs = sum(outcome.violations == [] for _, outcome in every_run(build))
    return {tuple(diary.entries) for diary in diaries[:runs]}


def test_callbacks_of_one_cpu_run_in_the_order_in_which_they_were_queued() -> None:
    assert orders_of_callbacks(("a", "b", "c")) == {("a", "b", "c")}


def test_callbacks_of_two_cpus_run_in_any_order() -> None:
    assert orders_of_callbacks(("a",), ("b",)) == {("a", "b"), ("b", "a")}


def test_a_callback_may_run_right_after_its_grace_period_or_long_after() -> None:
    """How many of the other CPU's three loads come before the free."""
    places: set[int] = set()

    def build() -> Kernel:
        kernel = boot()
        it, doomed = page(kernel, "it"), page(kernel, "doomed")
        loads: list[int] = []
        kernel.world.watch("kfree", lambda _: places.add(len(loads)))

        async def free(cpu: Cpu) -> None:
            cpu.kvfree_rcu(doomed)

        async def other(cpu: Cpu) -> None:
            for _ in range(3):
                await cpu.read_once(it, "value")
                loads.append(1)

        start(kernel, free, other)
        return kernel

    runs = [outcome.violations for _, outcome in every_run(build)]
    assert runs == [[]] * 35  # 4 deliveries of the free and 3 loads: 7 over 3
    assert places == {0, 1, 2, 3}


def test_kvfree_rcu_frees() -> None:
    kernel = boot()
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.kvfree_rcu(it)

    quiet(kernel, program)
    assert is_freed(it)


def test_two_objects_freed_by_rcu_go_in_any_order() -> None:
    orders: set[tuple[str, ...]] = set()

    def build() -> Kernel:
        kernel = boot()
        pages = [page(kernel, name) for name in ("a", "b")]
        gone: list[str] = []
        kernel.world.watch("kfree", lambda event: gone.append(event.fields["object"].name))
        orders_so_far.append(gone)

        async def program(cpu: Cpu) -> None:
            for each in pages:
                cpu.kvfree_rcu(each)

        start(kernel, program)
        return kernel

    orders_so_far: list[list[str]] = []
    for _, outcome in every_run(build):
        assert outcome.violations == []
        orders.add(tuple(orders_so_far.pop()))
    assert orders == {("a", "b"), ("b", "a")}


def test_freeing_twice_by_rcu_is_a_double_free() -> None:
    kernel = boot()
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.kvfree_rcu(it)
        cpu.call_rcu(it, Kfree())

    assert laws(turn(kernel, program)) == ["double_free"]


def barrier_after_callbacks(*, others: int, missing: list[set[str]]) -> Kernel:
    """Callbacks of one CPU and of ``others``; what a barrier did not wait for."""
    kernel = boot()
    diary = diary_of(kernel)
    queued: set[str] = set()

    async def other(cpu: Cpu) -> None:
        cpu.call_rcu(diary, Entry(cpu.name))
        await cpu.read_once(diary, "entries")  # behind the callback: it is queued
        queued.add(cpu.name)

    async def program(cpu: Cpu) -> None:
        cpu.call_rcu(diary, Entry("own"))
        before = {"own", *queued}
        await cpu.rcu_barrier()
        missing.append(before - set(diary.entries))

    start(kernel, program, *[other] * others)
    return kernel


def test_rcu_barrier_waits_for_the_callbacks_of_its_own_cpu() -> None:
    missing: list[set[str]] = []
    runs = list(every_run(lambda: barrier_after_callbacks(others=0, missing=missing)))
    assert [outcome.violations for _, outcome in runs] == [[]] * len(runs)
    assert missing == [set()] * len(runs)


def test_rcu_barrier_waits_for_the_callbacks_of_every_cpu() -> None:
    missing: list[set[str]] = []
    runs = list(seeds(500, lambda: barrier_after_callbacks(others=2, missing=missing)))
    assert [outcome.violations for _, outcome in runs] == [[]] * 500
    assert missing == [set()] * 500


def test_rcu_barrier_with_nothing_queued_returns_at_once() -> None:
    kernel = boot()

    async def program(cpu: Cpu) -> None:
        await cpu.rcu_barrier()

    quiet(kernel, program)
    assert kernel.rcu.grace_periods() == 0
