"""A booted machine has the shrinkers that were counted on the recorded ones."""

import pytest
from tests.actors.laboratory import boot, quiet, value_of

from slabrace.actors.boot import Boot
from slabrace.actors.cpu import Cpu
from slabrace.actors.reclaim import drop_slab
from slabrace.actors.shrink_slab import VERSIONS
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.version import Version

MACHINES = pytest.mark.parametrize(
    ("version", "shrinkers", "superblocks"),
    [
        (version, *((27, 21) if version.embedded_shrinker else (30, 23)))
        for version in VERSIONS.values()
    ],
    ids=VERSIONS,
)


@MACHINES
def test_it_has_as_many_shrinkers_and_superblocks(
    version: type[Version], shrinkers: int, superblocks: int
) -> None:
    kernel = boot(version)
    quiet(kernel, Boot(shrinkers, superblocks))
    listed = []
    node = kernel.shrinker_list.next
    while isinstance(node, Shrinker):
        listed.append(node)
        assert node.next is not None
        node = node.next
    assert len(listed) == shrinkers
    assert len(kernel.superblocks) == superblocks
    assert len(kernel.shrinker_idr.entries) == superblocks + 2  # shadow nodes and deferred_split


def test_the_cgroup_file_system_caches_a_dentry_per_mkdir_beside_two() -> None:
    kernel = boot()
    machine = Boot(30, 23)

    async def program(cpu: Cpu) -> None:
        await machine(cpu)
        for name in ("a", "b", "c"):
            await machine.mkdir(cpu, kernel.root_mem_cgroup, name)

    quiet(kernel, program)
    assert machine.cgroupfs is not None
    assert machine.cgroupfs.inode_lru.node[0].root.nr_items == 5


def test_a_drop_caches_right_after_the_boot_frees_the_batches_and_the_dentries() -> None:
    kernel = boot()
    machine = Boot(30, 23)

    async def program(cpu: Cpu) -> int:
        await machine(cpu)
        return await drop_slab(cpu)

    assert value_of(kernel, program) == 29 + 2
    assert [loop["do_shrink_slab"] for loop in kernel.loops] == [30] * len(kernel.loops)
