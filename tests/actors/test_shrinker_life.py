"""A shrinker comes and goes: the order that the lockless walk relies on."""

import pytest
from tests.actors.laboratory import (
    Ops,
    boot,
    deliveries,
    functions,
    quiet,
    seeds,
    shrinker,
    start,
    value_of,
)

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.object import is_freed
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcu, RefcountRcuFixed, Rwsem, RwsemFlat
from slabrace.actors.shrinker import ListHead, Shrinker
from slabrace.actors.version import Version

VERSION = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
COUNTED = [Rwsem, RefcountRcu, RefcountRcuFixed]
LIFE = pytest.mark.parametrize("version", COUNTED, ids=lambda version: version.name)


def listed(kernel: Kernel) -> list[str]:
    """shrinker_list, from its head, checked backwards too."""
    names: list[str] = []
    head = kernel.shrinker_list
    node: ListHead | Shrinker | None = head.next
    before: ListHead | Shrinker = head
    while isinstance(node, Shrinker):
        assert node.prev is before
        names.append(node.name)
        before, node = node, node.next
    assert node is head
    assert head.prev is before
    return names


# -- coming ----------------------------------------------------------------------------


@VERSION
def test_an_allocated_shrinker_has_an_id_and_is_not_on_the_list(version: type[Version]) -> None:
    kernel = boot(version)
    made = value_of(kernel, lambda cpu: shrinker(cpu, Ops(0), memcg_aware=True, register=False))
    assert made.id == 0
    assert kernel.shrinker_idr.entries == {0: made}
    assert (made.registered, made.refcount, listed(kernel)) == (False, 0, [])


@VERSION
def test_a_shrinker_that_is_not_memcg_aware_has_no_id(version: type[Version]) -> None:
    kernel = boot(version)
    made = value_of(kernel, lambda cpu: shrinker(cpu, Ops(0)))
    assert made.id == -1
    assert kernel.shrinker_idr.entries == {}


@LIFE
def test_a_registered_shrinker_is_on_the_list_with_refcount_1(version: type[Version]) -> None:
    kernel = boot(version)
    made = value_of(kernel, lambda cpu: shrinker(cpu, Ops(0)))
    assert (made.registered, made.refcount, listed(kernel)) == (True, 1, ["test"])


def test_before_v67_a_registered_shrinker_has_a_flag_instead() -> None:
    kernel = boot(RwsemFlat)
    made = value_of(kernel, lambda cpu: shrinker(cpu, Ops(0)))
    assert (made.registered, made.refcount, listed(kernel)) == (True, 0, ["test"])


@VERSION
def test_the_list_is_in_the_order_of_registration(version: type[Version]) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> None:
        for name in ("a", "b", "c"):
            await shrinker(cpu, Ops(0), name=name)

    quiet(kernel, program)
    assert listed(kernel) == ["a", "b", "c"]


@LIFE
def test_registering_links_first_and_opens_the_gate_last(version: type[Version]) -> None:
    kernel = boot(version)
    told = deliveries(kernel, lambda cpu: shrinker(cpu, Ops(0)))
    wanted = ("shrinker_list: WRITE_ONCE(next", "test: WRITE_ONCE(registered", "test: refcount_set")
    places = [next(i for i, line in enumerate(told) if line.startswith(w)) for w in wanted]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("version", "names"),
    [
        (RwsemFlat, ["prealloc_shrinker", "register_shrinker_prepared", "unregister_shrinker"]),
        (Rwsem, ["shrinker_alloc", "shrinker_register", "shrinker_free"]),
        (RefcountRcu, ["shrinker_alloc", "shrinker_register", "shrinker_free"]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_functions_have_the_names_of_their_version(
    version: type[Version], names: list[str]
) -> None:
    kernel = boot(version)
    called = functions(kernel.world, *names)

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0))
        await kernel.version.shrinker_free(cpu, made)
        if kernel.version.embedded_shrinker:
            cpu.kfree(made)

    quiet(kernel, program)
    assert called == names


@VERSION
def test_an_allocation_that_fails_leaves_nothing_behind(version: type[Version]) -> None:
    failed: set[int] = set()

    def build() -> Kernel:
        kernel = boot(version, faults=1)

        async def program(cpu: Cpu) -> None:
            for flags in ({"memcg_aware": True}, {"numa_aware": True}):
                made = await kernel.version.shrinker_alloc(cpu, "test", Ops(0), **flags)
                if made is not None:
                    await kernel.version.shrinker_register(cpu, made)

        start(kernel, program)
        return kernel

    for kernel, outcome in seeds(60, build):
        assert outcome.violations == []
        made = len(listed(kernel))
        assert made == 2 - kernel.stats["failed_allocations"]
        failed.add(kernel.stats["failed_allocations"])
    assert failed == {0, 1}


# -- going -----------------------------------------------------------------------------


@LIFE
def test_going_is_put_then_wait_then_unlink_then_id_then_grace_period(
    version: type[Version],
) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0), memcg_aware=True)
        await kernel.version.shrinker_free(cpu, made)

    told = deliveries(kernel, program)
    wanted = [
        "test: refcount_dec_and_test()",
        "test: complete()",
        "test: wait_for_completion()",
        "shrinker_list: WRITE_ONCE(next, shrinker_list)",  # list_del_rcu
        "test: WRITE_ONCE(registered, False)",
        "shrinker_idr: idr_remove(0)",
        "rcu: call_rcu",
        "rcu: rcu_gp_cleanup(rcu_sched)",
        "test: shrinker_free_rcu_cb()",
    ]
    places = [max(i for i, line in enumerate(told) if line.startswith(w)) for w in wanted]
    assert places == sorted(places)


@LIFE
def test_a_freed_shrinker_takes_its_counts_along(version: type[Version]) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> list[object]:
        made = await shrinker(cpu, Ops(0))
        await kernel.version.shrinker_free(cpu, made)
        return [made, made.nr_deferred]

    assert [is_freed(thing) for thing in value_of(kernel, program)] == [True, True]  # type: ignore[arg-type]
    assert kernel.calls["shrinker_free_rcu_cb"] == 1


def test_before_v67_only_the_counts_are_freed_and_the_owner_frees_the_rest() -> None:
    kernel = boot(RwsemFlat)

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0))
        await kernel.version.shrinker_free(cpu, made)
        await cpu.read_once(made, "registered")  # still there
        assert made.nr_deferred is not None
        assert is_freed(made.nr_deferred)
        cpu.kfree(made)

    quiet(kernel, program)


def test_before_v67_a_shrinker_that_was_never_registered_is_given_back() -> None:
    """mm/vmscan.c (v6.1): unregister_shrinker() returns at once, free_prealloced_shrinker()."""
    kernel = boot(RwsemFlat)

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0), memcg_aware=True, register=False)
        await kernel.version.shrinker_free(cpu, made)
        cpu.kfree(made)

    quiet(kernel, program)
    assert kernel.shrinker_idr.entries == {}


@VERSION
def test_a_shrinker_in_the_middle_leaves_a_whole_list_and_keeps_its_next(
    version: type[Version],
) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> None:
        made = [await shrinker(cpu, Ops(0), name=name) for name in ("a", "b", "c")]
        await kernel.version.shrinker_free(cpu, made[1])
        await cpu.read_once(kernel.shrinker_list, "next")  # all stores have arrived
        assert (made[1].next, made[1].prev) == (made[2], None)  # prev is poisoned
        if kernel.version.embedded_shrinker:
            cpu.kfree(made[1])

    quiet(kernel, program)
    assert listed(kernel) == ["a", "c"]


@VERSION
def test_the_id_of_a_shrinker_that_went_is_used_again(version: type[Version]) -> None:
    kernel = boot(version)

    async def program(cpu: Cpu) -> None:
        made = [await shrinker(cpu, Ops(0), memcg_aware=True) for _ in range(3)]
        await kernel.version.shrinker_free(cpu, made[1])
        if kernel.version.embedded_shrinker:
            cpu.kfree(made[1])
        await shrinker(cpu, Ops(0), name="again", memcg_aware=True)

    quiet(kernel, program)
    assert kernel.shrinker_idr.entries[1].name == "again"
