"""Wild pointers, names that are taken, bits without kmem accounting: each broken, with a twin."""

import pytest
from tests.actors.laboratory import Ops, boot, laws, quiet, shrinker, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.messages import IdaFree, SetBit
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.shrink_slab.with_debugfs import DebugRefcountRcu
from slabrace.actors.shrinker_debug import debugfs_of
from slabrace.actors.superblock import cache_object, mount
from slabrace.actors.version import Version
from slabrace.actors.wild import Wild
from slabrace.runtime.outcome import Outcome


def only(outcome: Outcome, law: str) -> str:
    assert laws(outcome) == [law]
    return outcome.violations[0].message


# -- wild_pointer ----------------------------------------------------------------------


def test_what_was_never_allocated_cannot_be_freed() -> None:
    kernel = boot()
    wild = Wild(kernel.world, "new.unit[0]")

    async def program(cpu: Cpu) -> None:
        cpu.kfree(wild)

    assert only(turn(kernel, program), "wild_pointer") == (
        "BUG: KASAN: invalid-free: script0 frees garbage in new.unit[0]"
    )


def test_what_was_never_allocated_cannot_be_used() -> None:
    kernel = boot()
    wild = Wild(kernel.world, "new.unit[0]")

    async def program(cpu: Cpu) -> None:
        cpu.ask(wild, SetBit(1))

    assert only(turn(kernel, program), "wild_pointer") == (
        "BUG: KASAN: wild-memory-access: script0: set_bit(1) of garbage in new.unit[0]"
    )


def test_a_wild_pointer_that_nobody_follows_is_no_harm() -> None:
    kernel = boot()
    Wild(kernel.world, "new.unit[0]")
    quiet(kernel)


# -- debugfs_name ----------------------------------------------------------------------


def two_of_a_name(*, given_back: bool) -> Outcome:
    """Two shrinkers of one name, the first one's number given back or not."""
    kernel = boot(DebugRefcountRcu)

    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, Ops(0), name="sb-tmpfs")
        if given_back:
            cpu.ask(debugfs_of(kernel).debugfs_ida, IdaFree(0))
        await shrinker(cpu, Ops(0), name="sb-tmpfs")

    return turn(kernel, program)


def test_a_directory_under_a_name_that_is_taken() -> None:
    assert only(two_of_a_name(given_back=True), "debugfs_name") == (
        "debugfs: Directory 'sb-tmpfs-0' with parent 'shrinker' already present! (script0)"
    )


def test_two_shrinkers_of_one_name_have_two_numbers() -> None:
    assert laws(two_of_a_name(given_back=False)) == []


# -- kmem_off_bit ----------------------------------------------------------------------


def object_is_cached(version: type[Version], *, kmem: bool) -> Outcome:
    kernel = boot(version, kmem=kmem)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        sb = await mount(cpu, "S")
        assert sb is not None
        await cache_object(cpu, sb, memcg)

    return turn(kernel, program)


def test_a_slab_shrinker_has_no_bits_without_kmem_accounting() -> None:
    assert only(object_is_cached(RefcountRcu, kmem=False), "kmem_off_bit") == (
        "kmem accounting is off and bit 0 of A is set for the slab shrinker sb-S"
    )


@pytest.mark.parametrize("version", [RefcountRcu, RefcountRcuFixed], ids=lambda each: each.name)
def test_with_kmem_accounting_it_has(version: type[Version]) -> None:
    assert laws(object_is_cached(version, kmem=True)) == []


def test_a_shrinker_of_something_else_may_have_bits_without_kmem_accounting() -> None:
    kernel = boot(RefcountRcuFixed, kmem=False)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(1), memcg_aware=True, nonslab=True)
        await kernel.version.set_shrinker_bit(cpu, memcg, 0, made.id)

    quiet(kernel, program)
    info = memcg.nodeinfo[0].shrinker_info
    assert info is not None
    assert info.bit(0)
