"""The laws of memory and context: each broken by the smallest program, each with a look-alike."""

import pytest
from tests.actors.laboratory import Ops, boot, laws, pause, quiet, shrinker, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg_iter import css_put, css_tryget
from slabrace.actors.sanitizers import LAWS
from slabrace.actors.shrink_slab import RefcountRcu
from slabrace.actors.shrinker import ShrinkControl, Shrinker
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.strategies.round_robin import RoundRobin


def only(outcome: Outcome, law: str) -> str:
    assert laws(outcome) == [law]
    return outcome.violations[0].message


def refcounted(kernel: Kernel) -> RefcountRcu:
    assert isinstance(kernel.version, RefcountRcu)
    return kernel.version


def test_there_are_twenty_three_laws_under_twenty_two_names() -> None:
    assert len(LAWS) == 23
    assert sorted({law.law for law in LAWS}) == [
        "callback_lifetime", "count_range", "debugfs_name", "deferred_conservation", "double_free",
        "grace_period", "info_covers_ids", "kmem_off_bit", "leak", "lock_order", "lost_bit",
        "never_called", "null_deref", "rcu_stall", "rcu_usage", "refcount", "sleep_in_atomic",
        "stranded_object", "unit_index", "use_after_free", "wild_pointer", "zombie_memcg",
    ]  # fmt: skip


def test_a_kernel_without_laws_is_not_judged() -> None:
    assert boot(laws=False).world.monitors == []


def test_a_walk_of_no_memcg_dereferences_null() -> None:
    """B8 in one call: with memcgs enabled nothing but a memcg may be walked."""

    async def program(cpu: Cpu) -> None:
        await cpu.kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, None, 0)

    assert only(turn(boot(), program), "null_deref") == (
        "BUG: kernel NULL pointer dereference: script0: memcg->nodeinfo in shrink_slab_memcg()"
    )


def test_without_memcgs_no_memcg_is_all_shrinkers() -> None:
    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, Ops(0))
        await cpu.kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, None, 0)

    quiet(boot(mem_cgroup_disabled=True), program)


# -- I1, I2: memory --------------------------------------------------------------------


def freed_under_a_reader(*, section: bool) -> Outcome:
    """A shrinker goes while another CPU looks at it twice, in a section or not."""
    kernel = boot()
    found: list[Shrinker] = []

    async def owner(cpu: Cpu) -> None:
        found.append(await shrinker(cpu, Ops(0)))
        await pause(cpu, 2)
        await kernel.version.shrinker_free(cpu, found[0])

    async def reader(cpu: Cpu) -> None:
        await pause(cpu)
        if section:
            cpu.rcu_read_lock()
        await cpu.read_once(found[0], "refcount")
        await pause(cpu, 5)
        await cpu.read_once(found[0], "refcount")
        if section:
            cpu.rcu_read_unlock()

    return turn(kernel, owner, reader)


def test_i1_a_freed_shrinker_is_not_touched() -> None:
    assert only(freed_under_a_reader(section=False), "use_after_free") == (
        "BUG: KASAN: slab-use-after-free: script1: READ_ONCE(refcount) of freed shrinker test"
    )


def test_i1_a_shrinker_that_goes_may_be_touched_in_a_section() -> None:
    assert laws(freed_under_a_reader(section=True)) == []


def test_i2_a_shrinker_is_not_freed_twice() -> None:
    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0), register=False)
        await cpu.kernel.version.shrinker_free(cpu, made)
        await cpu.kernel.version.shrinker_free(cpu, made)

    assert only(turn(boot(), program), "double_free") == (
        "BUG: KASAN: double-free of shrinker test by rcu"
    )


def test_i2_a_shrinker_that_was_never_registered_is_freed_once() -> None:
    async def program(cpu: Cpu) -> None:
        await cpu.kernel.version.shrinker_free(cpu, await shrinker(cpu, Ops(0), register=False))

    quiet(boot(), program)


# -- I4: references, while it runs -----------------------------------------------------


def test_i4_a_put_without_a_get_is_an_underflow() -> None:
    kernel = boot()

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0))
        await refcounted(kernel).shrinker_put(cpu, made)
        await refcounted(kernel).shrinker_put(cpu, made)

    assert only(turn(kernel, program), "refcount") == (
        "refcount_t: underflow; use-after-free: test, by script0"
    )


def test_i4_a_get_of_a_count_at_its_maximum_saturates() -> None:
    kernel = boot()

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0))
        made.refcount = 2**31 - 1
        await refcounted(kernel).shrinker_try_get(cpu, made)

    assert only(turn(kernel, program), "refcount") == (
        "refcount_t: saturated; leaking memory: test, by script0"
    )


def test_i4_a_get_and_its_put_are_silent() -> None:
    kernel = boot()

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0))
        assert await refcounted(kernel).shrinker_try_get(cpu, made)
        await refcounted(kernel).shrinker_put(cpu, made)

    quiet(kernel, program)


def test_i4_a_css_put_too_many_is_an_underflow() -> None:
    kernel = boot()
    memcg = kernel.boot_memcg("A")
    memcg.refcnt = 0

    async def program(cpu: Cpu) -> None:
        await css_put(cpu, memcg)

    assert only(turn(kernel, program), "refcount") == "css refcnt underflow: A, by script0"


def test_i4_a_css_tryget_and_its_put_are_silent() -> None:
    kernel = boot()
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        assert await css_tryget(cpu, memcg)
        await css_put(cpu, memcg)

    quiet(kernel, program)


# -- I7: the index of a unit -----------------------------------------------------------


@pytest.mark.parametrize(("id_", "broken"), [(1, []), (2, ["unit_index"])], ids=["last", "beyond"])
def test_i7_a_bit_beyond_map_nr_max_is_out_of_bounds(id_: int, broken: list[str]) -> None:
    kernel = boot(unit_bits=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        await shrinker(cpu, Ops(0), memcg_aware=True)  # id 0: there is one unit now
        await kernel.version.set_shrinker_bit(cpu, memcg, 0, id_)

    outcome = turn(kernel, program)
    assert laws(outcome) == broken
    if broken:
        assert outcome.violations[0].message == (
            "BUG: KASAN: slab-out-of-bounds: script0 reads unit[1] of A.info0.2, "
            "whose map_nr_max is 2"
        )


@pytest.mark.parametrize("verb", ["xchg", "add"])
def test_i7_a_deferred_count_beyond_map_nr_max_is_out_of_bounds(verb: str) -> None:
    kernel = boot(unit_bits=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        if verb == "xchg":
            await kernel.version.xchg_nr_deferred_memcg(cpu, memcg, 0, 0)
        else:
            await kernel.version.add_nr_deferred_memcg(cpu, 1, memcg, 0, 0)

    assert laws(turn(kernel, program)) == ["unit_index"]


# -- I11: when callbacks may run -------------------------------------------------------


async def run_it(cpu: Cpu, it: Shrinker) -> None:
    sc = ShrinkControl("GFP_KERNEL", 0, cpu.kernel.root_mem_cgroup)
    await cpu.kernel.version.do_shrink_slab(cpu, sc, it, 0)


def test_i11_callbacks_do_not_run_before_registration() -> None:
    async def program(cpu: Cpu) -> None:
        await run_it(cpu, await shrinker(cpu, Ops(0), register=False))

    assert only(turn(boot(), program), "callback_lifetime") == (
        "script0 runs the callbacks of test before it was registered"
    )


def long_grace_periods() -> Delayed:
    """The memory of what goes stays for another 10 ms."""
    return Delayed(RoundRobin(), [Delay.parse("message=GpEnd for=10ms")])


def test_i11_callbacks_do_not_run_after_shrinker_free() -> None:
    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0))
        await cpu.kernel.version.shrinker_free(cpu, made)
        await run_it(cpu, made)  # its memory is still there, its owner is not

    assert only(turn(boot(), program, strategy=long_grace_periods()), "callback_lifetime") == (
        "script0 runs the callbacks of test after shrinker_free() returned"
    )


def test_i11_a_scan_that_outlives_shrinker_free_is_caught_at_its_next_callback() -> None:
    class NoWait(RefcountRcu):
        async def wait_for_users(self, cpu: Cpu, shrinker: Shrinker) -> None:
            """Go on at once."""

    class Slow(Ops):
        async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
            await pause(cpu, 5)
            return 100

    kernel = boot(NoWait)
    found: list[Shrinker] = []

    async def owner(cpu: Cpu) -> None:
        found.append(await shrinker(cpu, Slow(100)))
        await pause(cpu, 2)
        await kernel.version.shrinker_free(cpu, found[0])

    async def reclaim(cpu: Cpu) -> None:
        await pause(cpu)
        await kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, kernel.root_mem_cgroup, 0)

    outcome = turn(kernel, owner, reclaim, strategy=long_grace_periods())
    assert only(outcome, "callback_lifetime").endswith("after shrinker_free() returned")


def test_i11_shrinker_free_waits_for_a_scan_that_runs() -> None:
    class Slow(Ops):
        async def count_objects(self, cpu: Cpu, sc: ShrinkControl) -> int:
            await pause(cpu, 5)
            log.append("counted")
            return 0

    log: list[str] = []
    kernel = boot()
    found: list[Shrinker] = []

    async def owner(cpu: Cpu) -> None:
        found.append(await shrinker(cpu, Slow(0)))
        await pause(cpu, 2)
        await kernel.version.shrinker_free(cpu, found[0])
        log.append("freed")

    async def reclaim(cpu: Cpu) -> None:
        await pause(cpu)
        await kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, kernel.root_mem_cgroup, 0)

    quiet(kernel, owner, reclaim)
    assert log == ["counted", "freed"]
