"""Leaks, idle refcounts, lost bits: each law broken by a small program, and a look-alike."""

from tests.actors.laboratory import (
    Ops,
    Page,
    boot,
    laws,
    quiet,
    shrinker,
    turn,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, object_of
from slabrace.actors.messages import ClearBit, Kfree
from slabrace.actors.shrink_slab import RefcountRcu, RwsemFlat
from slabrace.actors.shrinker_info import ShrinkerInfo
from slabrace.runtime.outcome import Outcome


def only(outcome: Outcome, law: str) -> str:
    assert laws(outcome) == [law]
    return outcome.violations[0].message


# -- I3: leaks -------------------------------------------------------------------------


def test_i3_what_is_allocated_and_forgotten_is_a_leak() -> None:
    async def program(cpu: Cpu) -> None:
        cpu.kzalloc(Page, "page")
        cpu.kzalloc(Page, "page")

    message = only(turn(boot(), program), "leak")
    assert message.startswith("unreferenced page ")
    assert message.endswith("allocated at pick 0, and 1 more")


def test_i3_what_is_freed_is_no_leak() -> None:
    async def program(cpu: Cpu) -> None:
        cpu.kfree(cpu.kzalloc(Page, "page"))

    quiet(boot(), program)


def test_i3_what_a_callback_frees_later_is_no_leak() -> None:
    async def program(cpu: Cpu) -> None:
        it = cpu.kzalloc(Page, "page")
        assert it is not None
        cpu.call_rcu(it, Kfree())

    quiet(boot(), program)


def test_i3_what_can_be_reached_is_no_leak() -> None:
    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, Ops(0), memcg_aware=True)  # with a unit in every memcg

    quiet(boot(), program)


def test_i3_a_shrinker_without_an_id_that_is_never_registered_is_a_leak() -> None:
    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, Ops(0), register=False)

    assert only(turn(boot(), program), "leak").startswith("unreferenced shrinker test")


# -- I4: references, at rest -----------------------------------------------------------


def test_i4_a_reference_that_is_never_put_shows_at_rest() -> None:
    kernel = boot()

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0))
        assert isinstance(kernel.version, RefcountRcu)
        assert await kernel.version.shrinker_try_get(cpu, made)

    assert only(turn(kernel, program), "refcount") == "test is idle and its refcount is 2, not 1"


def test_i4_before_v67_there_is_no_refcount_to_judge() -> None:
    kernel = boot(RwsemFlat)

    async def program(cpu: Cpu) -> None:
        assert (await shrinker(cpu, Ops(0))).refcount == 0

    quiet(kernel, program)


# -- I5: lost bits ---------------------------------------------------------------------


def with_an_object_without_a_bit(memcg_name: str) -> Outcome:
    kernel = boot(unit_bits=2)
    memcg = kernel.root_mem_cgroup if memcg_name == "root" else kernel.boot_memcg("A")
    sb = mounted(kernel, "S")
    object_of(kernel, sb, memcg)

    async def program(cpu: Cpu) -> None:
        info = memcg.nodeinfo[0].shrinker_info
        assert isinstance(info, ShrinkerInfo)
        await cpu.ask(info.unit[0], ClearBit(0))  # type: ignore[arg-type]

    return turn(kernel, program)


def test_i5_an_object_without_a_bit_is_lost() -> None:
    assert only(with_an_object_without_a_bit("A"), "lost_bit") == (
        "S.s_inode_lru[A:0] holds 1 objects and bit 0 of A is clear: they will never be reclaimed"
    )


def test_i5_the_root_has_no_bits() -> None:
    assert laws(with_an_object_without_a_bit("root")) == []


def test_i5_an_object_whose_shrinker_is_gone_needs_no_bit() -> None:
    kernel = boot(unit_bits=2)
    memcg = kernel.boot_memcg("A")
    sb = mounted(kernel, "S")
    object_of(kernel, sb, memcg)
    assert sb.s_shrink is not None
    sb.s_shrink.registered = False
    info = memcg.nodeinfo[0].shrinker_info
    assert isinstance(info, ShrinkerInfo)
    assert info.unit[0] is not None
    info.unit[0].map = 0
    quiet(kernel)
