"""Memory has a lifetime; what is done to freed memory is reported."""

from typing import Any

import pytest
from tests.actors.laboratory import Ops, Page, Story, boot, laws, page, quiet, shrinker, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.messages import AddReturn, Load, Store
from slabrace.actors.object import is_freed, poison, reachable
from slabrace.actors.shrinker_info import ShrinkerInfoUnit
from slabrace.runtime.errors import MachineError
from slabrace.runtime.message import Message


class Unknown(Message, frozen=True, gc=False):
    """Nobody handles this."""


def test_a_word_is_loaded_stored_and_added_to() -> None:
    kernel = boot()
    it = page(kernel, value=5)
    seen: list[int] = []

    async def program(cpu: Cpu) -> None:
        seen.append(await cpu.read_once(it, "value"))
        cpu.write_once(it, "value", 7)
        seen.append(await cpu.read_once(it, "value"))
        seen.append(await cpu.atomic_add_return(it, "value", 3))

    quiet(kernel, program)
    assert seen == [5, 7, 10]


def test_a_message_that_an_object_does_not_know_names_the_ones_it_does() -> None:
    kernel = boot()
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        await cpu.ask(it, Unknown())

    with pytest.raises(MachineError, match="handles: AddReturn, ForwardedLoad, Kfree, Late, Load"):
        turn(kernel, program)


def test_allocated_memory_that_is_freed_is_forgotten() -> None:
    kernel = boot()
    story = Story(kernel.world, "kmalloc", "kfree")

    async def program(cpu: Cpu) -> None:
        cpu.kfree(cpu.kzalloc(Page, "page"))

    quiet(kernel, program)
    assert story.names() == ["kmalloc", "kfree"]
    assert story.all("kfree", "kind") == ["page"]


def test_kfree_of_null_does_nothing() -> None:
    kernel = boot()
    story = Story(kernel.world, "kfree")

    async def program(cpu: Cpu) -> None:
        cpu.kfree(None)

    quiet(kernel, program)
    assert story.events == []


@pytest.mark.parametrize(
    ("message", "written"),
    [
        (Load("value"), "READ_ONCE(value)"),
        (Store("value", 1), "WRITE_ONCE(value, 1)"),
        (AddReturn("value", 1), "atomic_long_add_return(value, 1)"),
    ],
    ids=["load", "store", "add"],
)
def test_any_access_after_the_free_is_a_use_after_free(message: Message, written: str) -> None:
    kernel = boot()
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.kfree(it)
        await cpu.ask(it, message)

    outcome = turn(kernel, program)
    assert laws(outcome) == ["use_after_free"]
    assert outcome.violations[0].message == (
        f"BUG: KASAN: slab-use-after-free: script0: {written} of freed page page"
    )
    assert outcome.violations[0].parties == ("page", "script0")


def test_a_second_kfree_is_a_double_free() -> None:
    kernel = boot()
    it = page(kernel)

    async def program(cpu: Cpu) -> None:
        cpu.kfree(it)
        cpu.kfree(it)

    outcome = turn(kernel, program)
    assert laws(outcome) == ["double_free"]
    assert outcome.violations[0].message == ("BUG: KASAN: double-free of page page by script0")


def test_without_laws_the_stale_contents_answer() -> None:
    kernel = boot(laws=False)
    it = page(kernel, value=42)
    seen: list[int] = []

    async def program(cpu: Cpu) -> None:
        cpu.kfree(it)
        seen.append(await cpu.read_once(it, "value"))
        cpu.kfree(it)

    quiet(kernel, program)
    assert seen == [42]


def test_a_report_tells_the_access_and_who_made_it() -> None:
    kernel = boot(laws=False)
    it = page(kernel)
    story = Story(kernel.world, "use_after_free", "double_free")

    async def program(cpu: Cpu) -> None:
        cpu.kfree(it)
        await cpu.read_once(it, "value")
        cpu.kfree(it)

    quiet(kernel, program)
    assert story.names() == ["use_after_free", "double_free"]
    assert story.all("use_after_free", "object", "by") == [["page", "script0"]]
    assert [str(e.fields["access"]) for e in story.events] == ["READ_ONCE(value)", "kfree()"]


def test_freed_memory_keeps_its_kind_and_name() -> None:
    it = page(boot(laws=False))
    poison(it)
    assert (it.kind, it.name, type(it).__name__) == ("page", "page", "FreedPage")


def test_poisoning_twice_changes_nothing() -> None:
    it = page(boot(laws=False))
    poison(it)
    dead = type(it)
    poison(it)
    assert type(it) is dead
    assert is_freed(it)


def test_freeing_one_object_leaves_its_class_alone() -> None:
    kernel = boot()
    one, other = page(kernel, "one"), page(kernel, "other", value=1)
    seen: list[int] = []

    async def program(cpu: Cpu) -> None:
        cpu.kfree(one)
        seen.append(await cpu.read_once(other, "value"))

    quiet(kernel, program)
    assert (is_freed(one), is_freed(other), seen) == (True, False, [1])


def test_parts_are_freed_with_their_owner() -> None:
    kernel = boot()
    sb = kernel.new_superblock("S")
    story = Story(kernel.world, "kfree")

    async def program(cpu: Cpu) -> None:
        cpu.kfree(sb)

    quiet(kernel, program)
    assert is_freed(sb)
    assert is_freed(sb.s_umount)
    assert is_freed(sb.inode_lru.node[0].lock)
    assert is_freed(sb.dentry_lru.node[0].root)
    # the superblock; s_umount; two list_lrus, each with a node, its lock and its list
    assert sorted(story.all("kfree", "kind")) == sorted(
        ["super_block", "rwsem", *["list_lru", "list_lru_node", "spinlock", "list_lru_one"] * 2]
    )


def test_a_lock_of_a_freed_owner_is_a_use_after_free() -> None:
    kernel = boot()
    sb = kernel.new_superblock("S")

    async def program(cpu: Cpu) -> None:
        cpu.kfree(sb)
        await cpu.down_read(sb.s_umount)

    outcome = turn(kernel, program)
    assert laws(outcome) == ["use_after_free"]
    assert outcome.violations[0].parties == ("S.s_umount", "script0")


def test_a_memcg_is_freed_with_its_nodes() -> None:
    kernel = boot(laws=False, nodes=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        cpu.kfree(memcg)

    quiet(kernel, program)
    assert [is_freed(pernode) for pernode in memcg.nodeinfo] == [True, True]


def test_the_roots_reach_a_shrinker_its_counts_a_memcg_and_its_units() -> None:
    kernel = boot(nodes=2)
    memcg = kernel.boot_memcg("A")
    made: list[Any] = []

    async def program(cpu: Cpu) -> None:
        made.append(await shrinker(cpu, Ops(0)))
        made.append(await shrinker(cpu, Ops(0), memcg_aware=True))

    quiet(kernel, program)
    found = reachable(kernel)
    assert {*made, made[0].nr_deferred, memcg, *memcg.nodeinfo} <= found
    assert sum(isinstance(thing, ShrinkerInfoUnit) for thing in found) == 4  # 2 memcgs, 2 nodes


def test_what_nobody_points_to_is_not_reached() -> None:
    kernel = boot()
    assert page(kernel) not in reachable(kernel)
