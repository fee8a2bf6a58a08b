"""Objects appear and vanish: the first one of a list sets the bit, and reparenting moves them."""

import pytest
from tests.actors.laboratory import boot, functions, pause, quiet, value_of

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.list_lru import Item
from slabrace.actors.memcg import Memcg
from slabrace.actors.object import is_freed
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcu, RefcountRcuFixed
from slabrace.actors.superblock import SuperBlock, cache_object
from slabrace.actors.version import Version

VERSION = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)


def with_a_mount(
    version: type[Version] = RefcountRcuFixed, *, nodes: int = 1, kmem: bool = True
) -> tuple[Kernel, Memcg, SuperBlock]:
    kernel = boot(version, nodes=nodes, kmem=kmem)
    memcg = kernel.boot_memcg("A")
    return kernel, memcg, mounted(kernel, "S")


def bit(memcg: Memcg, nid: int = 0) -> bool:
    info = memcg.nodeinfo[nid].shrinker_info
    assert info is not None
    return info.bit(0)


# -- add and delete --------------------------------------------------------------------


@VERSION
def test_the_first_object_sets_the_bit(version: type[Version]) -> None:
    kernel, memcg, sb = with_a_mount(version)
    quiet(kernel, lambda cpu: cache_object(cpu, sb, memcg))
    assert bit(memcg)
    assert kernel.calls["set_shrinker_bit"] == 1


def test_the_second_object_does_not_touch_the_bit() -> None:
    kernel, memcg, sb = with_a_mount()

    async def program(cpu: Cpu) -> None:
        for _ in range(3):
            await cache_object(cpu, sb, memcg)

    quiet(kernel, program)
    assert sb.inode_lru.xa[memcg.kmemcg_id][0].nr_items == 3
    assert kernel.calls["set_shrinker_bit"] == 1


def test_deleting_the_last_object_leaves_the_bit_and_the_next_first_sets_it_again() -> None:
    kernel, memcg, sb = with_a_mount()

    async def program(cpu: Cpu) -> list[bool]:
        item = await cache_object(cpu, sb, memcg)
        deleted = await kernel.list_lrus.list_lru_del(cpu, sb.inode_lru, item)
        left = bit(memcg)
        await cache_object(cpu, sb, memcg)
        return [deleted, left]

    assert value_of(kernel, program) == [True, True]
    assert kernel.calls["set_shrinker_bit"] == 2


def test_an_object_is_on_one_list_at_most() -> None:
    kernel, memcg, sb = with_a_mount()

    async def program(cpu: Cpu) -> list[bool]:
        item = await cache_object(cpu, sb, memcg)
        add, delete = kernel.list_lrus.list_lru_add, kernel.list_lrus.list_lru_del
        return [
            await add(cpu, sb.inode_lru, item),
            await delete(cpu, sb.inode_lru, item),
            await delete(cpu, sb.inode_lru, item),
        ]

    assert value_of(kernel, program) == [False, True, False]


def test_an_object_of_another_node_has_a_list_and_a_bit_of_its_own() -> None:
    kernel, memcg, sb = with_a_mount(nodes=2)
    quiet(kernel, lambda cpu: cache_object(cpu, sb, memcg, 1))
    assert [bit(memcg, nid) for nid in (0, 1)] == [False, True]
    assert [one.nr_items for one in sb.inode_lru.xa[memcg.kmemcg_id]] == [0, 1]


def test_an_object_of_the_root_is_on_the_nodes_own_list_and_sets_no_bit() -> None:
    kernel, _, sb = with_a_mount()
    quiet(kernel, lambda cpu: cache_object(cpu, sb, kernel.root_mem_cgroup))
    assert sb.inode_lru.node[0].root.nr_items == 1
    assert sb.inode_lru.xa == {}
    assert not bit(kernel.root_mem_cgroup)


def test_without_kmem_accounting_every_object_is_on_the_nodes_own_list() -> None:
    kernel, memcg, sb = with_a_mount(kmem=False)
    quiet(kernel, lambda cpu: cache_object(cpu, sb, memcg))
    assert sb.inode_lru.node[0].root.nr_items == 1
    assert sb.inode_lru.xa == {}


# -- count and walk --------------------------------------------------------------------


def test_counting_a_memcg_without_lists_is_0() -> None:
    kernel, memcg, sb = with_a_mount()
    count = kernel.list_lrus.list_lru_count_one
    assert value_of(kernel, lambda cpu: count(cpu, sb.inode_lru, memcg, 0)) == 0


@pytest.mark.parametrize(("nr_items", "count"), [(3, 3), (0, 0), (-2, 0)])
def test_a_count_is_never_negative(nr_items: int, count: int) -> None:
    kernel, memcg, sb = with_a_mount()
    object_of(kernel, sb, memcg)
    sb.inode_lru.xa[memcg.kmemcg_id][0].nr_items = nr_items
    of_one = kernel.list_lrus.list_lru_count_one
    assert value_of(kernel, lambda cpu: of_one(cpu, sb.inode_lru, memcg, 0)) == count


@pytest.mark.parametrize(("asked", "isolated"), [(0, 0), (2, 2), (3, 3), (9, 3)])
def test_a_walk_isolates_the_oldest_up_to_what_was_asked_for(asked: int, isolated: int) -> None:
    kernel, memcg, sb = with_a_mount()
    items = [object_of(kernel, sb, memcg) for _ in range(3)]
    walk_one = kernel.list_lrus.list_lru_walk_one
    assert value_of(kernel, lambda cpu: walk_one(cpu, sb.inode_lru, memcg, 0, asked)) == isolated
    assert [item.on is None for item in items] == [True] * isolated + [False] * (3 - isolated)
    assert sb.inode_lru.xa[memcg.kmemcg_id][0].nr_items == 3 - isolated


# -- lists come and go -----------------------------------------------------------------


def test_lists_are_made_for_the_memcg_and_its_ancestors_but_not_for_the_root() -> None:
    kernel, memcg, sb = with_a_mount(nodes=2)
    child = kernel.boot_memcg("B", memcg)
    alloc = kernel.list_lrus.memcg_list_lru_alloc
    quiet(kernel, lambda cpu: alloc(cpu, sb.inode_lru, child))
    assert list(sb.inode_lru.xa) == [memcg.kmemcg_id, child.kmemcg_id]  # top down
    assert [len(lists) for lists in sb.inode_lru.xa.values()] == [2, 2]


def test_lists_are_made_once() -> None:
    kernel, memcg, sb = with_a_mount()
    alloc = kernel.list_lrus.memcg_list_lru_alloc

    async def program(cpu: Cpu) -> bool:
        await alloc(cpu, sb.inode_lru, memcg)
        await cpu.read_once(sb.inode_lru, "xa")
        first = sb.inode_lru.xa[memcg.kmemcg_id]
        await alloc(cpu, sb.inode_lru, memcg)
        return sb.inode_lru.xa[memcg.kmemcg_id] is first

    assert value_of(kernel, program)


def test_a_dying_memcg_gets_no_lists() -> None:
    kernel, memcg, sb = with_a_mount()
    memcg.css_dying = True
    alloc = kernel.list_lrus.memcg_list_lru_alloc
    quiet(kernel, lambda cpu: alloc(cpu, sb.inode_lru, memcg))
    assert sb.inode_lru.xa == {}


def test_the_lists_go_with_their_owner() -> None:
    kernel, memcg, sb = with_a_mount()
    object_of(kernel, sb, memcg)
    one = sb.inode_lru.xa[memcg.kmemcg_id][0]
    quiet(kernel, lambda cpu: kernel.list_lrus.list_lru_destroy(cpu, sb.inode_lru))
    assert is_freed(one)
    assert sb.inode_lru not in kernel.list_lrus.lrus


# -- reparenting -----------------------------------------------------------------------


def family(version: type[Version] = RefcountRcuFixed) -> tuple[Kernel, Memcg, Memcg, SuperBlock]:
    kernel, parent, sb = with_a_mount(version)
    return kernel, parent, kernel.boot_memcg("B", parent), sb


@VERSION
def test_the_items_of_a_dying_memcg_go_to_its_parent_with_the_bit(version: type[Version]) -> None:
    kernel, parent, child, sb = family(version)
    items = [object_of(kernel, sb, child) for _ in range(2)]
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, child))
    above = sb.inode_lru.xa[parent.kmemcg_id][0]
    assert list(above.items) == items
    assert above.nr_items == 2
    assert bit(parent)


def test_items_are_appended_to_those_that_the_parent_has() -> None:
    kernel, parent, child, sb = family()
    items = [object_of(kernel, sb, memcg) for memcg in (parent, child)]
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, child))
    assert list(sb.inode_lru.xa[parent.kmemcg_id][0].items) == items


def test_the_parents_bit_is_set_although_it_had_items_before() -> None:
    kernel, parent, child, sb = family()
    object_of(kernel, sb, parent)
    object_of(kernel, sb, child)
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, child))
    assert kernel.calls["set_shrinker_bit"] == 1


def test_a_memcg_without_items_sets_no_bit_when_it_goes() -> None:
    kernel, parent, child, sb = family()
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, child))
    assert not bit(parent)
    assert sb.inode_lru.xa == {}


def test_items_of_a_child_of_the_root_go_to_the_nodes_own_list() -> None:
    kernel, memcg, sb = with_a_mount()
    object_of(kernel, sb, memcg)
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, memcg))
    assert sb.inode_lru.node[0].root.nr_items == 1
    assert memcg.kmemcg_id not in sb.inode_lru.xa


def test_the_childs_lists_are_freed_after_a_grace_period() -> None:
    kernel, _, child, sb = family()
    object_of(kernel, sb, child)
    one = sb.inode_lru.xa[child.kmemcg_id][0]
    called = functions(kernel.world, "memcg_reparent_list_lrus", "kvfree_call_rcu")
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, child))
    assert is_freed(one)
    assert called == ["memcg_reparent_list_lrus", "kvfree_call_rcu"]


def test_an_object_keeps_the_objcg_of_its_dead_memcg_until_it_is_freed() -> None:
    kernel, parent, child, sb = family()
    objcg = object_of(kernel, sb, child).objcg
    seen: list[object] = []

    async def program(cpu: Cpu) -> None:
        await kernel.lives.cgroup_rmdir(cpu, child)
        await pause(cpu, 20)
        seen.extend([is_freed(child), is_freed(objcg), objcg.memcg])
        await kernel.list_lrus.list_lru_walk_one(cpu, sb.inode_lru, parent, 0, 1)

    quiet(kernel, program)
    assert seen == [True, False, parent]
    assert is_freed(objcg)


def test_the_ids_of_everything_below_a_dying_memcg_become_its_parents() -> None:
    kernel, parent, child, _ = family()
    below = kernel.boot_memcg("C", child)
    quiet(kernel, lambda cpu: kernel.list_lrus.memcg_reparent_list_lrus(cpu, child))
    assert child.kmemcg_id == below.kmemcg_id == parent.kmemcg_id


@pytest.mark.parametrize(
    ("version", "bits"), [(RefcountRcu, [False, True]), (RefcountRcuFixed, [True, False])]
)  # fmt: skip
def test_an_add_that_finds_the_parents_list_sets_the_bit_of(
    version: type[Version], bits: list[bool]
) -> None:
    """A3: as merged that of the memcg it was told, fixed that of the list it found."""
    kernel, parent, child, sb = family(version)
    kernel.list_lrus.lrus.clear()  # so that the law of lost bits does not end the run
    item = Item(kernel.objcgs[child][0], 0)

    async def program(cpu: Cpu) -> None:
        await kernel.list_lrus.memcg_list_lru_alloc(cpu, sb.inode_lru, child)
        cpu.write_once(child, "kmemcg_id", parent.kmemcg_id)
        await kernel.list_lrus.list_lru_add(cpu, sb.inode_lru, item)

    quiet(kernel, program)
    assert item.on is sb.inode_lru.xa[parent.kmemcg_id][0]
    assert [bit(parent), bit(child)] == bits
