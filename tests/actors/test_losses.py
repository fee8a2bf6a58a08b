"""What is lost without a crash: each law broken by the smallest program, each with a look-alike."""

from tests.actors.laboratory import Ops, boot, laws, quiet, shrinker, turn, walk

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import lists_of, mounted, object_of, preallocated
from slabrace.actors.memcg_iter import css_put, css_tryget
from slabrace.actors.messages import IdrReplace
from slabrace.actors.shrink_slab import RwsemMap
from slabrace.runtime.outcome import Outcome


def only(outcome: Outcome, law: str) -> str:
    assert laws(outcome) == [law]
    return outcome.violations[0].message


# -- never_called ----------------------------------------------------------------------


def test_a_shrinker_whose_id_leads_to_another_is_never_called() -> None:
    kernel = boot()
    mounted(kernel, "S")

    async def program(cpu: Cpu) -> None:
        other = await shrinker(cpu, Ops(0), name="T")
        await cpu.ask(kernel.shrinker_idr, IdrReplace(0, other))

    assert only(turn(kernel, program), "never_called") == (
        "sb-S is registered and idr_find(0) finds T: no memcg walk will call it"
    )


def test_a_shrinker_that_is_not_memcg_aware_needs_no_id() -> None:
    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, Ops(0))

    quiet(boot(), program)


def test_a_shrinker_that_is_not_registered_yet_may_be_hidden() -> None:
    kernel = boot(RwsemMap)
    preallocated(kernel, "S")
    assert laws(turn(kernel)) == []


# -- zombie_memcg ----------------------------------------------------------------------


def removed(*, put: bool) -> Outcome:
    kernel = boot()
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        assert await css_tryget(cpu, memcg)
        await kernel.lives.cgroup_rmdir(cpu, memcg)
        if put:
            await css_put(cpu, memcg)

    return turn(kernel, program)


def test_a_removed_memcg_whose_reference_is_not_put_is_a_zombie() -> None:
    assert only(removed(put=False), "zombie_memcg") == (
        "A was removed and is never freed: its css refcnt is 1"
    )


def test_a_removed_memcg_whose_reference_is_put_is_none() -> None:
    assert laws(removed(put=True)) == []


def test_of_a_removed_family_the_one_that_is_held_is_the_zombie() -> None:
    """The parent stays because of the child, which is no fault of its own."""
    kernel = boot()
    parent = kernel.boot_memcg("A")
    child = kernel.boot_memcg("C", parent)

    async def program(cpu: Cpu) -> None:
        assert await css_tryget(cpu, child)
        await kernel.lives.cgroup_rmdir(cpu, child)
        await kernel.lives.cgroup_rmdir(cpu, parent)

    assert only(turn(kernel, program), "zombie_memcg").startswith("C was removed")


# -- stranded_object -------------------------------------------------------------------


def list_freed(*, empty: bool) -> Outcome:
    kernel = boot(unit_bits=2)
    memcg = kernel.boot_memcg("A")
    sb = mounted(kernel, "S")
    item = object_of(kernel, sb, memcg)
    lists = lists_of(kernel, sb, memcg)

    async def program(cpu: Cpu) -> None:
        if empty:
            await kernel.list_lrus.list_lru_del(cpu, sb.inode_lru, item)
        sb.inode_lru.xa.clear()
        cpu.kvfree_rcu(lists[0])

    return turn(kernel, program)


def test_a_list_is_not_freed_with_objects_on_it() -> None:
    assert only(list_freed(empty=False), "stranded_object") == (
        "S.s_inode_lru[A:0] is freed with 1 objects on it"
    )


def test_an_empty_list_may_be_freed() -> None:
    assert laws(list_freed(empty=True)) == []


# -- count_range -----------------------------------------------------------------------


def counted(count: int) -> Outcome:
    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, Ops(count), batch=2**63)
        await walk(cpu, cpu.kernel.root_mem_cgroup, priority=12)

    return turn(boot(), program)


def test_a_count_is_no_negative_number_in_disguise() -> None:
    assert only(counted(2**64 - 3), "count_range") == (
        "test counts 18446744073709551613 objects for script0, which is -3"
    )


def test_a_count_may_be_as_large_as_a_long() -> None:
    assert laws(counted(2**63 - 1)) == []
