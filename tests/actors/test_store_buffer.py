"""Store buffers: what is late, what waits for it, and what its own CPU sees meanwhile."""

import pytest
from tests.actors.laboratory import boot, every_run, laws, page, quiet, start, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.cpu_weak import WeakCpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memory import ORDERS, Location, Memory, Order, word_of
from slabrace.actors.messages import (
    ClearBit,
    Complete,
    FindNextBit,
    Kfree,
    Load,
    RefcountIncNotZero,
    RefcountSet,
    SetBit,
    ShrinkerFreeRcuCb,
    Store,
    StoreRelease,
)
from slabrace.actors.shrinker_info import Bits
from slabrace.actors.tasks import Script
from slabrace.runtime.message import Message
from slabrace.runtime.outcome import End

WEAK: tuple[Memory, ...] = ("tso", "pso")
weak = pytest.mark.parametrize("memory", WEAK)


class Map(Bits):
    __slots__ = ("map", "nr_deferred")

    def __init__(self) -> None:
        self.map = 0
        self.nr_deferred = None


def bitmap(kernel: Kernel) -> Map:
    it = Map()
    it.publish_in(kernel.world, "map")
    return it


@weak
def test_a_cpu_of_a_weak_kernel_is_still_what_it_was(memory: Memory) -> None:
    kernel = boot(memory=memory)
    (cpu,) = start(kernel, nothing)
    assert isinstance(cpu, WeakCpu)
    assert isinstance(cpu, Script)
    assert cpu.name == "script0"


async def nothing(cpu: Cpu) -> None:
    """Run nothing."""


def test_a_cpu_of_a_consistent_kernel_has_no_buffer() -> None:
    (cpu,) = start(boot(), nothing)
    assert type(cpu) is Script


@weak
def test_a_store_that_nobody_awaits_is_visible_at_rest(memory: Memory) -> None:
    kernel = boot(memory=memory)
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.write_once(it, "value", 1)
        assert it.value == 0

    quiet(kernel, program)
    assert it.value == 1


@pytest.mark.parametrize(("memory", "visible"), [("sc", 1), ("tso", 1), ("pso", 0)])
def test_set_bit_is_a_store_under_pso_and_a_locked_instruction_under_tso(
    memory: Memory, visible: int
) -> None:
    kernel = boot(memory=memory)
    bits = bitmap(kernel)
    seen = []

    async def program(cpu: Cpu) -> None:
        await cpu.ask(bits, SetBit(0))
        seen.append(bits.map)

    quiet(kernel, program)
    assert (seen, bits.map) == ([visible], 1)


def test_a_cpu_reads_the_bits_that_it_has_changed() -> None:
    kernel = boot(memory="pso")
    bits = bitmap(kernel)
    found = []

    async def program(cpu: Cpu) -> None:
        await cpu.ask(bits, SetBit(0))
        await cpu.ask(bits, SetBit(1))
        await cpu.ask(bits, ClearBit(0))
        found.append(await cpu.ask(bits, FindNextBit(0)))

    quiet(kernel, program)
    assert found == [1]


@weak
def test_what_was_stored_is_forwarded_and_not_waited_for(memory: Memory) -> None:
    kernel = boot(memory=memory)
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.write_once(it, "value", 1)
        cpu.write_once(it, "value", 2)
        values.add((await cpu.read_once(it, "value"), it.value))

    values: set[tuple[int, int]] = set()

    def build() -> Kernel:
        nonlocal kernel, it
        kernel = boot(memory=memory)
        it = page(kernel)
        start(kernel, program)
        return kernel

    for _, outcome in every_run(build):
        assert outcome.end is End.QUIET
    assert values == {(2, 0), (2, 1), (2, 2)}


@weak
def test_what_was_put_into_new_memory_is_seen_at_once_by_its_cpu_alone(memory: Memory) -> None:
    kernel = boot(memory=memory)

    async def program(cpu: Cpu) -> None:
        it = page(kernel, value=7)
        cpu.initialised(it, "value", 0)
        assert (it.value, cpu.peek(it, "value")) == (0, 7)
        await cpu.smp_mb()
        assert (it.value, cpu.peek(it, "value")) == (7, 7)

    quiet(kernel, program)


def test_new_memory_costs_no_delivery_under_sequential_consistency() -> None:
    kernel = boot()

    async def program(cpu: Cpu) -> None:
        it = page(kernel, value=7)
        cpu.initialised(it, "value", 0)
        assert (it.value, cpu.peek(it, "value")) == (7, 7)

    outcome = quiet(kernel, program)
    assert outcome.deliveries == quiet(boot(), nothing).deliveries


@weak
def test_memory_is_freed_after_the_stores_of_its_cpu(memory: Memory) -> None:
    def build() -> Kernel:
        kernel = boot(memory=memory)
        it, other = page(kernel), page(kernel, "other")

        async def program(cpu: Cpu) -> None:
            cpu.write_once(it, "value", 1)
            cpu.write_once(other, "value", 1)
            cpu.kfree(it)

        kernel.world.watch("kfree", lambda _: freed.append((it.value, other.value)))
        start(kernel, program)
        return kernel

    freed: list[tuple[int, int]] = []
    for _, outcome in every_run(build):
        assert outcome.violations == []
    assert set(freed) == {(1, 1)}


@weak
def test_a_late_free_of_freed_memory_is_a_double_free(memory: Memory) -> None:
    kernel = boot(memory=memory)
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.kfree(it)
        cpu.kfree(it)

    assert laws(turn(kernel, program)) == ["double_free"]


@weak
def test_a_late_store_to_freed_memory_is_a_use_after_free(memory: Memory) -> None:
    kernel = boot(memory=memory)
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.kfree(it)
        cpu.write_once(it, "value", 1)

    outcome = turn(kernel, program)
    assert laws(outcome) == ["use_after_free"]
    assert "WRITE_ONCE(value, 1)" in outcome.violations[0].message


@pytest.mark.parametrize(
    ("message", "order"),
    [
        (Load("x"), Order.READ),
        (Store("x", 1), Order.STORE),
        (StoreRelease("x", 1), Order.RELEASE),
        (RefcountSet(1), Order.STORE),
        (RefcountIncNotZero(), Order.ACQUIRE),
        (Complete(), Order.FULL),
        (Kfree(), Order.RELEASE),
        (ShrinkerFreeRcuCb(), Order.RELEASE),
    ],
    ids=str,
)
def test_an_access_has_the_order_of_its_kind_or_all_there_is(
    message: Message, order: Order
) -> None:
    assert ORDERS[type(message)] is order


def test_a_message_that_only_reads_is_a_load_whatever_it_is() -> None:
    class Peek(Message, frozen=True, gc=False):
        writes = False

    assert ORDERS[Peek] is Order.READ


def test_all_of_an_object_is_where_any_word_of_it_is() -> None:
    here, there = object(), object()
    whole, word = Location(here, word_of(Kfree())), Location(here, word_of(Load("x")))
    assert whole.overlaps(word)
    assert word.overlaps(whole)
    assert not word.overlaps(Location(here, "y"))
    assert not word.overlaps(Location(there, "x"))
