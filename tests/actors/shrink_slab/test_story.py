"""The same story on all four versions: what comes of it does not depend on how it is locked."""

import pytest
from tests.actors.laboratory import boot, pause, quiet

from slabrace.actors.cpu import Cpu
from slabrace.actors.memcg import Memcg
from slabrace.actors.object import is_freed
from slabrace.actors.reclaim import drop_slab
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcu
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.superblock import SuperBlock, cache_object, mount, umount
from slabrace.actors.version import Version

VERSION = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)


class Told:
    """A memcg and a child; three mounts, of which one is used and one goes; a drop_caches."""

    def __init__(self, version: type[Version]) -> None:
        self.kernel = boot(version, unit_bits=2)
        self.memcgs: list[Memcg] = []
        self.mounts: list[SuperBlock] = []
        self.gone: list[Shrinker] = []
        self.freed = -1
        quiet(self.kernel, self.main)

    async def main(self, cpu: Cpu) -> None:
        kernel = self.kernel
        parent: Memcg | None = kernel.root_mem_cgroup
        for name in ("A", "B"):
            assert parent is not None
            parent = await kernel.lives.cgroup_mkdir(cpu, parent, name)
            assert parent is not None
            self.memcgs.append(parent)
        for name in ("S", "T", "U"):
            sb = await mount(cpu, name)
            assert sb is not None
            self.mounts.append(sb)
        for memcg in (kernel.root_mem_cgroup, *self.memcgs):
            for _ in range(2):
                await cache_object(cpu, self.mounts[0], memcg)
        assert self.mounts[1].s_shrink is not None
        self.gone.append(self.mounts[1].s_shrink)
        await umount(cpu, self.mounts[1])
        await kernel.lives.cgroup_rmdir(cpu, self.memcgs[1])
        await pause(cpu, 20)
        self.freed = await drop_slab(cpu)


@pytest.fixture(scope="module", params=VERSIONS.values(), ids=list(VERSIONS))
def told(request: pytest.FixtureRequest) -> Told:
    return Told(request.param)


def test_all_objects_are_freed_those_of_the_dead_child_too(told: Told) -> None:
    assert told.freed == told.kernel.stats["objects_freed"] == 6
    lru = told.mounts[0].inode_lru
    lists = [lru.node[0].root, *(one for each in lru.xa.values() for one in each)]
    assert [one.nr_items for one in lists] == [0, 0]  # the root's and A's; B's is gone


def test_what_went_is_freed(told: Told) -> None:
    assert is_freed(told.mounts[1])
    assert is_freed(told.gone[0])
    assert is_freed(told.memcgs[1])


def test_what_stayed_is_idle(told: Told) -> None:
    for sb in (told.mounts[0], told.mounts[2]):
        assert sb.s_shrink is not None
        assert sb.s_shrink.registered
        counted = isinstance(told.kernel.version, RefcountRcu)
        assert sb.s_shrink.refcount == (1 if counted else 0)
    assert told.memcgs[0].refcnt == 1
    assert told.kernel.root_mem_cgroup.refcnt == 2


def test_ids_that_are_taken_and_room_for_them(told: Told) -> None:
    assert list(told.kernel.shrinker_idr.entries) == [0, 2]
    assert told.kernel.globals.shrinker_nr_max == 4
    assert told.kernel.stats["expansions"] == 2


def test_no_lock_is_left_held(told: Told) -> None:
    kernel = told.kernel
    assert kernel.shrinker_mutex.owner is kernel.cgroup_mutex.owner is None
    assert kernel.shrinker_rwsem.writer is None
    assert kernel.shrinker_rwsem.readers == []


@VERSION
def test_a_second_drop_caches_finds_the_bits_cleared(version: type[Version]) -> None:
    kernel = boot(version)
    memcg = kernel.boot_memcg("A")
    visits: list[int] = []

    async def program(cpu: Cpu) -> None:
        sb = await mount(cpu, "S")
        assert sb is not None
        await cache_object(cpu, sb, memcg)
        for _ in range(3):
            before = kernel.calls["do_shrink_slab"]
            await drop_slab(cpu)
            visits.append(kernel.calls["do_shrink_slab"] - before)

    quiet(kernel, program)
    # root and A; root, A, and A again after its bit is cleared; root alone
    assert visits == [2, 3, 1]
