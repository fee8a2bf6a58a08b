"""srcu: a walk is a section, unregistering counts the generation up and waits for sections."""

from collections.abc import Callable

from tests.actors.laboratory import Ops, Page, boot, deliveries, quiet, shrinker, turn, walk

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import Srcu
from slabrace.actors.shrinker import ShrinkControl, Shrinker


class Meeting(Ops):
    """Something happens while it is counted."""

    def __init__(self, happens: Callable[[Cpu], None]) -> None:
        super().__init__(0)
        self.happens = happens

    async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
        self.happens(cpu)
        return await super().count_objects(cpu, sc)


def srcu() -> tuple[Kernel, Srcu, Memcg]:
    kernel = boot(Srcu)
    assert isinstance(kernel.version, Srcu)
    return kernel, kernel.version, kernel.boot_memcg("A")


async def marked(cpu: Cpu, memcg: Memcg, ops: Ops) -> Shrinker:
    """A shrinker whose bit is set in ``memcg``."""
    made = await shrinker(cpu, ops, memcg_aware=True)
    await cpu.kernel.version.set_shrinker_bit(cpu, memcg, 0, made.id)
    return made


def sections(told: list[str]) -> list[str]:
    return [each.partition(": ")[2] for each in told if each.startswith("shrinker_srcu: ")]


def test_a_memcg_walk_is_one_section() -> None:
    kernel, _, memcg = srcu()
    first, second = Ops(0), Ops(0)

    async def program(cpu: Cpu) -> None:
        for ops in (first, second):
            await marked(cpu, memcg, ops)
        await walk(cpu, memcg)

    told = sections(deliveries(kernel, program))
    assert told.count("srcu_read_lock()") == 3  # set_shrinker_bit() has sections of its own
    assert (len(first.nids), len(second.nids)) == (1, 1)


def test_a_new_generation_ends_the_section_and_the_walk_goes_on_at_the_next_id_in_another() -> None:
    kernel, version, memcg = srcu()

    def go(cpu: Cpu) -> None:
        cpu.atomic_add_return(version.generation, "counter", 1)

    first, second = Meeting(go), Ops(0)

    async def program(cpu: Cpu) -> None:
        for ops in (first, second):
            await marked(cpu, memcg, ops)
        await walk(cpu, memcg)

    assert sections(deliveries(kernel, program)).count("srcu_read_lock()") == 4
    assert (len(first.nids), len(second.nids)) == (1, 1)


def test_a_new_generation_ends_the_global_walk_with_one_object_freed() -> None:
    kernel, version, _ = srcu()

    def go(cpu: Cpu) -> None:
        cpu.atomic_add_return(version.generation, "counter", 1)

    first, second = Meeting(go), Ops(0)
    freed: list[int] = []

    async def program(cpu: Cpu) -> None:
        for ops in (first, second):
            await shrinker(cpu, ops)
        freed.append(await walk(cpu, kernel.root_mem_cgroup))

    quiet(kernel, program)
    assert freed == [1]
    assert (len(first.nids), len(second.nids)) == (1, 0)


def test_unregistering_waits_for_the_sections_that_are_under_way() -> None:
    kernel, version, _ = srcu()
    order: list[str] = []

    async def reader(cpu: Cpu) -> None:
        section = await cpu.srcu_read_lock(version.shrinker_srcu)
        await cpu.sleep(1_000_000)
        order.append("left")
        await cpu.srcu_read_unlock(version.shrinker_srcu, section)

    async def goer(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0))
        await cpu.kernel.version.shrinker_free(cpu, made)
        order.append("gone")
        cpu.kfree(made)  # which is embedded in its owner

    quiet(kernel, reader, goer)
    assert order == ["left", "gone"]
    assert version.generation.counter == 1


def test_an_id_that_the_map_does_not_have_is_warned_of_and_not_marked() -> None:
    kernel, version, memcg = srcu()
    warned: list[str] = []
    kernel.world.watch("warn_on_once", lambda event: warned.append(event.fields["what"]))

    async def program(cpu: Cpu) -> None:
        await version.set_shrinker_bit(cpu, memcg, 0, 5)

    quiet(kernel, program)
    assert warned == ["id 5 beyond map_nr_max of A.info0.1"]


def test_a_dereference_outside_the_domain_is_reported() -> None:
    kernel, version, _ = srcu()
    it = Page()
    it.publish_in(kernel.world, "page")

    async def program(cpu: Cpu) -> None:
        await cpu.srcu_dereference(it, "value", version.shrinker_srcu)

    outcome = turn(kernel, program)
    assert [violation.law for violation in outcome.violations] == ["rcu_usage"]
