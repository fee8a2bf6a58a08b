"""shrinker_free() waits for whoever runs the shrinker, and nobody begins to run one that goes."""

import pytest
from tests.actors.laboratory import Ops, boot, laws, pause, quiet, shrinker, turn, value_of

from slabrace.actors.cpu import Cpu
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed, Rwsem
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.version import Version

LIFE = pytest.mark.parametrize(
    "version", [Rwsem, RefcountRcu, RefcountRcuFixed], ids=lambda version: version.name
)


@LIFE
def test_shrinker_free_waits_for_whoever_runs_it(version: type[Version]) -> None:
    kernel = boot(version)
    assert isinstance(kernel.version, RefcountRcu)
    life = kernel.version
    log: list[str] = []
    made: list[Shrinker] = []

    async def owner(cpu: Cpu) -> None:
        made.append(await shrinker(cpu, Ops(0)))
        await pause(cpu, 2)
        await life.shrinker_free(cpu, made[0])
        log.append("gone")

    async def user(cpu: Cpu) -> None:
        await pause(cpu)
        assert await life.shrinker_try_get(cpu, made[0])
        await pause(cpu, 5)
        log.append("put")
        cpu.rcu_read_lock()
        await life.shrinker_put(cpu, made[0])
        cpu.rcu_read_unlock()

    quiet(kernel, owner, user)
    assert log == ["put", "gone"]


def test_nobody_gets_a_shrinker_that_goes() -> None:
    kernel = boot()
    assert isinstance(kernel.version, RefcountRcu)
    life = kernel.version

    async def program(cpu: Cpu) -> bool:
        made = await shrinker(cpu, Ops(0))
        cpu.rcu_read_lock()
        await life.shrinker_put(cpu, made)
        taken = await life.shrinker_try_get(cpu, made)
        cpu.rcu_read_unlock()
        made.refcount = 1
        return taken

    assert value_of(kernel, program) is False


def test_a_reference_that_is_never_put_hangs_shrinker_free() -> None:
    kernel = boot()
    assert isinstance(kernel.version, RefcountRcu)
    life = kernel.version

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0))
        await life.shrinker_try_get(cpu, made)
        await life.shrinker_free(cpu, made)

    outcome = turn(kernel, program)
    assert laws(outcome) == ["deadlock"]
    assert outcome.violations[0].message == (
        "nobody can move; script0 waits for test.done, with refcount 1"
    )
