"""The tariff of the kernel: service, stall and sleep, and the function that each belongs to."""

import pytest
from tests.actors.laboratory import page
from tests.actors.timing import boot, line, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.locks import Mutex, RwSem
from slabrace.actors.shrink_slab import VERSIONS


def test_a_stall_is_told_apart_from_service() -> None:
    kernel = boot()
    rwsem = RwSem("sem")
    rwsem.publish_in(kernel.world, "sem")

    async def trylock(cpu: Cpu) -> None:
        if await cpu.down_read_trylock(rwsem):
            cpu.up_read(rwsem)

    profile = turn(kernel, trylock, trylock, trylock)
    found = line(profile, "down_read_trylock")
    assert found.stall > 0
    assert found.own > found.stall
    first = line(profile, "down_read_trylock", "script0")
    assert (first.own, first.stall) == (20 + 5, 0)  # a line from memory; nobody before it
    second = line(profile, "down_read_trylock", "script1")
    assert (second.own - second.stall, second.stall) == (100 + 5, 25)


def test_who_reads_alone_never_stalls() -> None:
    kernel = boot()
    x = page(kernel)

    async def read(cpu: Cpu) -> None:
        for _ in range(10):
            await cpu.read_once(x, "value")

    profile = turn(kernel, read, read)
    assert profile.total("script0") == profile.total("script1") == 20 + 9
    assert all(each.stall == 0 for each in profile.lines())


def test_sleep_is_no_work_of_a_cpu() -> None:
    kernel = boot()
    mutex = Mutex("mutex")
    mutex.publish_in(kernel.world, "mutex")
    x = page(kernel)

    async def hold(cpu: Cpu) -> None:
        await cpu.mutex_lock(mutex)
        for _ in range(1_000):
            await cpu.read_once(x, "value")
        cpu.mutex_unlock(mutex)

    profile = turn(kernel, hold, hold)
    found = line(profile, "mutex_lock", "script1")
    assert found.sleep >= 1_000 + 3_000  # the other's section, and being woken
    assert found.own < 500
    assert line(profile, "schedule", "script1").own == 400
    assert line(profile, "schedule", "script0").own == 0
    assert line(profile, "mutex_lock", "script0").sleep == 0


def test_a_store_is_cheap_for_the_cpu_and_takes_the_line_away_from_others() -> None:
    kernel = boot()
    x = page(kernel)
    at: list[int] = []

    async def read(cpu: Cpu) -> None:
        await cpu.read_once(x, "value")
        await cpu.sleep(1_000)
        before = kernel.world.clock.now
        await cpu.read_once(x, "value")
        at.append(kernel.world.clock.now - before)

    async def write(cpu: Cpu) -> None:
        await cpu.sleep(500)
        cpu.write_once(x, "value", 1)
        await cpu.smp_mb()

    profile = turn(kernel, read, write)
    assert at == [100]
    assert profile.total("script1") < 30  # its timer is a line too


@pytest.mark.parametrize("version", VERSIONS)
def test_where_nothing_is_mounted_a_map_has_no_word_to_look_at(version: str) -> None:
    kernel = boot(VERSIONS[version])
    memcg = kernel.boot_memcg("A")

    async def walk(cpu: Cpu) -> None:
        await kernel.version.shrink_slab(cpu, "GFP_KERNEL", 0, memcg, 0)

    profile = turn(kernel, walk)
    assert line(profile, "shrink_slab").own > 0
    assert line(profile, "_find_next_bit").own == 0
