"""What must happen at last: each law is broken by something, and silent for its look-alike."""

import pytest
from tests.actors.laboratory import boot, laws, pause, start

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import lists_of, mounted, object_of, set_bit, stale_bit
from slabrace.actors.kernel import Kernel
from slabrace.actors.liveness import (
    FreeReturns,
    GracePeriodEnds,
    ObjectsScanned,
    SpuriousBits,
    UmountEnds,
)
from slabrace.actors.memcg import Memcg
from slabrace.actors.sanitizers import LAWS
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed
from slabrace.actors.shrinker_info import ShrinkerInfoUnit
from slabrace.actors.superblock import SuperBlock, umount
from slabrace.actors.version import Version
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Overdue
from slabrace.runtime.liveness import HotMonitor
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.strategies.random_walk import RandomWalk


def with_a_mount(version: type[Version] = RefcountRcuFixed) -> tuple[Kernel, Memcg, SuperBlock]:
    kernel = boot(version, unit_bits=2)
    return kernel, kernel.boot_memcg("A"), mounted(kernel, "S")


def turn(kernel: Kernel, *, seed: int = 0, max_steps: int = 3_000) -> Outcome:
    strategy = RandomWalk(seed)
    strategy.begin(kernel.world)
    return Engine(kernel.world, strategy, max_steps=max_steps).run()


async def walk(cpu: Cpu, memcg: Memcg) -> None:
    await cpu.kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, memcg, 0)


async def hold(cpu: Cpu, sb: SuperBlock) -> None:
    """Take the shrinker's only reference that is left and give it back, for ever."""
    version = cpu.kernel.version
    assert isinstance(version, RefcountRcu)
    assert sb.s_shrink is not None
    shrinker = sb.s_shrink
    await version.shrinker_try_get(cpu, shrinker)
    while True:
        await version.shrinker_try_get(cpu, shrinker)
        await version.shrinker_put(cpu, shrinker)


def test_they_are_asked_for_and_not_among_the_laws() -> None:
    asked_for = {FreeReturns, GracePeriodEnds, ObjectsScanned, SpuriousBits, UmountEnds}
    assert asked_for.isdisjoint(LAWS)
    assert [law for law in LAWS if issubclass(law, HotMonitor)] == []


# -- I12 -------------------------------------------------------------------------------


@pytest.mark.parametrize("law", [FreeReturns, UmountEnds])
def test_an_umount_under_a_shrinker_that_is_always_held_never_ends(law: type[HotMonitor]) -> None:
    kernel, _, sb = with_a_mount()
    kernel.world.judge(law(kernel))  # type: ignore[call-arg]  # these take the kernel
    start(kernel, lambda cpu: hold(cpu, sb), lambda cpu: umount(cpu, sb))
    (violation,) = turn(kernel).violations
    assert isinstance(violation, Overdue)
    assert (violation.signature, violation.how) == (f"{law.law}:script1", "lasso")
    assert {text.split(" -> ")[1].split(":")[0] for text in violation.loop} == {"sb-S"}


@pytest.mark.parametrize("seed", range(5))
def test_an_umount_that_ends_is_no_violation(seed: int) -> None:
    kernel, memcg, sb = with_a_mount()
    object_of(kernel, sb, memcg)
    kernel.world.judge(FreeReturns(kernel), UmountEnds(kernel), GracePeriodEnds(kernel))
    start(kernel, lambda cpu: umount(cpu, sb), lambda cpu: walk(cpu, memcg))
    outcome = turn(kernel, seed=seed)
    assert (outcome.end, outcome.violations) == (End.QUIET, [])


def test_a_grace_period_that_waits_for_a_reader_that_never_leaves_never_ends() -> None:
    kernel, _, sb = with_a_mount()
    kernel.world.judge(GracePeriodEnds(kernel))

    async def read_for_ever(cpu: Cpu) -> None:
        cpu.rcu_read_lock()
        while await cpu.rcu_dereference(sb, "sb_born"):
            pass

    async def wait(cpu: Cpu) -> None:
        await pause(cpu)  # the other has begun by then
        await cpu.synchronize_rcu()

    start(kernel, read_for_ever, wait)
    outcome = turn(kernel)
    (violation,) = outcome.violations
    assert isinstance(violation, Overdue)
    assert violation.signature == "grace_period_ends:rcu"


# -- I13 -------------------------------------------------------------------------------


def walked_for_ever(*, bit: bool) -> Outcome:
    """A has an object of S, with its bit or without, and is walked by one who frees nothing."""
    kernel, memcg, sb = with_a_mount()
    object_of(kernel, sb, memcg)
    if not bit:
        info = memcg.nodeinfo[0].shrinker_info
        assert info is not None
        info.unit[0].map = 0  # type: ignore[attr-defined]  # of this version
    kernel.world.judge(ObjectsScanned(kernel))

    async def walk_for_ever(cpu: Cpu) -> None:
        while True:
            await kernel.version.shrink_slab(cpu, "GFP_NOFS", 0, memcg, 12)

    start(kernel, walk_for_ever)
    return turn(kernel, max_steps=400)


def test_objects_whose_bit_is_lost_are_never_scanned() -> None:
    (violation,) = walked_for_ever(bit=False).violations
    assert isinstance(violation, Overdue)
    assert (violation.signature, violation.how) == ("objects_scanned:A:sb-S", "lasso")


def test_objects_that_a_walk_calls_for_in_vain_were_called_for() -> None:
    outcome = walked_for_ever(bit=True)
    assert (outcome.end, outcome.violations) == (End.BOUND, [])


def test_objects_of_a_memcg_that_nobody_walks_are_none_of_its_business() -> None:
    kernel, memcg, sb = with_a_mount()
    object_of(kernel, sb, memcg)
    kernel.world.judge(ObjectsScanned(kernel))
    other = kernel.boot_memcg("B")

    async def walk_another(cpu: Cpu) -> None:
        while True:
            await walk(cpu, other)

    start(kernel, walk_another)
    assert turn(kernel, max_steps=400).violations == []


# -- I6 --------------------------------------------------------------------------------


class NoForget(RefcountRcuFixed):
    """Keeps the bit of a shrinker that is gone."""

    async def forget(self, cpu: Cpu, unit: ShrinkerInfoUnit, offset: int) -> None:
        pass


@pytest.mark.parametrize(
    ("version", "walks", "found"),
    [(NoForget, 2, ["spurious_bits"]), (NoForget, 1, []), (RefcountRcuFixed, 2, [])],
)
def test_a_bit_of_nobody_is_cleared_within_two_walks(
    version: type[Version], walks: int, found: list[str]
) -> None:
    kernel = boot(version, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    stale_bit(kernel, memcg)
    kernel.world.judge(SpuriousBits(kernel))

    async def program(cpu: Cpu) -> None:
        for _ in range(walks):
            await walk(cpu, memcg)

    start(kernel, program)
    assert laws(turn(kernel)) == found


def test_a_bit_without_objects_is_cleared_and_one_that_is_set_anew_is_no_old_one() -> None:
    kernel, memcg, sb = with_a_mount(NoForget)
    lists_of(kernel, sb, memcg)
    set_bit(kernel, sb, memcg)
    kernel.world.judge(SpuriousBits(kernel))
    version = kernel.version

    async def program(cpu: Cpu) -> None:
        await walk(cpu, memcg)  # cleared: counted empty twice
        for _ in range(3):
            await version.set_shrinker_bit(cpu, memcg, 0, 1)  # of nobody
            await walk(cpu, memcg)

    start(kernel, program)
    assert laws(turn(kernel)) == []
    info = memcg.nodeinfo[0].shrinker_info
    assert info is not None
    assert [info.bit(0), info.bit(1)] == [False, True]
