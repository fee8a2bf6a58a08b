"""What a delivery touches beside its addressee is told, in the delivery in which it happens."""

from collections.abc import Hashable, Sequence

import pytest
from tests.actors.laboratory import Program, boot, page, start

from slabrace.actors import messages
from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.messages import (
    DeferredAdd,
    Kfree,
    Load,
    PercpuRefKill,
    ReadUnit,
    RefcountSet,
    Store,
    TakeUnits,
)
from slabrace.actors.tasks import MemcgRemover
from slabrace.runtime.actor import Actor
from slabrace.runtime.engine import Engine
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import Envelope
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.world import World


class Recorder(RoundRobin):
    """Takes turns, and keeps what each delivery touched."""

    def begin(self, world: World) -> bool:
        self.touched: list[tuple[Hashable, bool]] = []
        self.world = world
        self.envelope: Envelope | None = None
        self.deliveries: list[tuple[str, list[tuple[Hashable, bool]]]] = []
        world.footprint = self.touched
        return super().begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        self.close()
        index = super().pick(ready)
        self.envelope = ready[index][0]
        return index

    def close(self) -> None:
        """The delivery before is over."""
        if self.envelope is not None:
            told = [(what.name if isinstance(what, Actor) else what, w) for what, w in self.touched]
            name = f"{self.envelope.addressee.name}: {self.envelope.message}"
            self.deliveries.append((name, told))
        self.touched.clear()


def touches(kernel: Kernel, *programs: Program) -> list[tuple[str, list[tuple[Hashable, bool]]]]:
    """The deliveries of one run that touched anything beside their addressee, and what."""
    start(kernel, *programs)
    recorder = Recorder()
    recorder.begin(kernel.world)
    assert Engine(kernel.world, recorder).run().violations == []
    recorder.close()
    return [(name, touched) for name, touched in recorder.deliveries if touched]


def test_the_messages_that_only_read_are_these() -> None:
    reading = {name for name in messages.__all__ if not getattr(messages, name).writes}
    assert reading == {
        "DeferredRead", "FindNextBit", "ForwardedLoad", "IdrFind", "IsContended", "LinkLoad",
        "Load", "NextChild", "ReadUnit", "XaLoad",
    }  # fmt: skip


def test_a_part_is_called_like_the_word_it_is() -> None:
    assert Load("refcount").part() == RefcountSet(1).part()
    assert Load("css_dying").part() == PercpuRefKill().part()
    assert Load("nr_deferred").part() == DeferredAdd(0, 1).part()
    assert Load("unit").part() == ReadUnit(0).part() == TakeUnits().part()
    assert Kfree().part() is None


RCU = (("rcu", "script0"), True)


def test_a_section_begins_with_the_delivery_of_its_first_access_and_ends_where_it_is_left() -> None:
    kernel = boot()
    it = page(kernel)

    async def reader(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.rcu_dereference(it, "value")
        await cpu.atomic_add_return(it, "value", 1)
        await cpu.atomic_add_return(it, "value", 2)
        cpu.rcu_read_unlock()
        await cpu.read_once(it, "value")

    assert touches(kernel, reader) == [
        ("page: READ_ONCE(value)", [RCU]),
        ("page: atomic_long_add_return(value, 2)", [RCU]),
    ]


def test_a_section_of_one_access_begins_and_ends_with_it() -> None:
    kernel = boot()
    it = page(kernel)

    async def reader(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        await cpu.rcu_dereference(it, "value")
        cpu.rcu_read_unlock()

    assert touches(kernel, reader) == [("page: READ_ONCE(value)", [RCU])]


def test_a_section_of_stores_that_nobody_awaits_begins_with_the_first_and_ends_with_the_last() -> (
    None
):
    kernel = boot()
    it = page(kernel)

    async def writer(cpu: Cpu) -> None:
        await cpu.read_once(it, "value")
        cpu.rcu_read_lock()
        for value in (1, 2, 3):
            cpu.write_once(it, "value", value)
        cpu.rcu_read_unlock()

    assert touches(kernel, writer) == [
        ("page: READ_ONCE(value)", [RCU]),  # left here, as far as the CPU goes
        ("page: WRITE_ONCE(value, 1)", [RCU]),
        ("page: WRITE_ONCE(value, 3)", [RCU]),
    ]


def test_a_section_without_an_access_is_none() -> None:
    kernel = boot()

    async def nothing(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        cpu.rcu_read_unlock()

    assert touches(kernel, nothing) == []


def test_a_grace_period_looks_at_every_cpu_when_it_begins() -> None:
    kernel = boot()

    async def wait(cpu: Cpu) -> None:
        await cpu.synchronize_rcu()

    assert touches(kernel, wait) == [
        ("rcu: rcu_gp_init(rcu_sched)", [(("rcu", "kworker"), False), (("rcu", "script0"), False)])
    ]


def test_rcu_barrier_depends_on_the_callbacks_that_are_under_way() -> None:
    kernel = boot()
    it = page(kernel)

    async def queue(cpu: Cpu) -> None:
        cpu.call_rcu(it, Store("value", 1))
        await cpu.synchronize_rcu()
        await cpu.rcu_barrier()

    told = dict(touches(kernel, queue))
    assert told["page: WRITE_ONCE(value, 1)"] == [(("cb", 0), True)]
    assert told["rcu: rcu_barrier()"] == [(("cb", 0), False)]


def test_freeing_touches_what_is_embedded() -> None:
    kernel = boot()
    sb = mounted(kernel, "S")

    async def free(cpu: Cpu) -> None:
        await cpu.ask(sb, Kfree())

    start(kernel, free)
    recorder = Recorder()
    recorder.begin(kernel.world)
    Engine(kernel.world, recorder).run()
    recorder.close()
    assert dict(recorder.deliveries)["S: kfree()"] == [(part.name, True) for part in sb.parts()]


@pytest.mark.parametrize(("faults", "told"), [(0, []), (1, [("faults", False)])])
def test_an_allocation_that_may_fail_depends_on_how_many_have(
    faults: int, told: list[tuple[Hashable, bool]]
) -> None:
    kernel = boot(faults=faults, failing="page")
    it = page(kernel)

    async def allocate(cpu: Cpu) -> None:
        await cpu.read_once(it, "value")
        cpu.kfree(kernel.allocate(cpu, lambda: page(kernel, "other"), "page"))

    found = touches(kernel, allocate)
    assert found == ([("page: READ_ONCE(value)", told)] if told else [])


def test_objects_and_the_death_of_their_memcg_meet_at_its_objcgs() -> None:
    kernel = boot()
    memcg = kernel.boot_memcg("A")
    sb = mounted(kernel, "S")
    object_of(kernel, sb, memcg)
    kernel.world.spawn(MemcgRemover(kernel, memcg))
    told = [what for _, touched in touches(kernel) for what, write in touched if write]
    assert ("objcgs", "A") in told
    assert ("objcgs", "root") in told
    assert ("css_dying", "A") in told
    assert ("objcg", "objcg of A") in told  # whose name does not change when it moves
