"""shrinker_info as one long map: expansion copies the counts and fills the old bits with ones."""

from tests.actors.laboratory import Ops, boot, quiet, seeds, shrinker, start, walk

from slabrace.actors.cpu import Cpu
from slabrace.actors.flat_info import FlatShrinkerInfo
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.object import is_freed
from slabrace.actors.shrink_slab import RwsemFlat
from slabrace.actors.shrinker import Shrinker


def info_of(memcg: Memcg, nid: int = 0) -> FlatShrinkerInfo:
    info = memcg.nodeinfo[nid].shrinker_info
    assert isinstance(info, FlatShrinkerInfo)
    return info


async def shrinkers(cpu: Cpu, count: int) -> list[Shrinker]:
    return [await shrinker(cpu, Ops(0), memcg_aware=True) for _ in range(count)]


def test_the_first_map_is_empty() -> None:
    kernel = boot(RwsemFlat)
    memcg = kernel.boot_memcg("A")
    quiet(kernel, lambda cpu: shrinkers(cpu, 1))
    assert (info_of(memcg).map_nr_max, info_of(memcg).map) == (64, 0)


def test_expansion_fills_the_old_bits_with_ones_and_the_new_with_zeros() -> None:
    kernel = boot(RwsemFlat)
    memcg = kernel.boot_memcg("A")
    quiet(kernel, lambda cpu: shrinkers(cpu, 65))
    assert (info_of(memcg).map_nr_max, info_of(memcg).map) == (128, 2**64 - 1)


def test_every_memcg_gets_a_copy_and_the_old_ones_go() -> None:
    kernel = boot(RwsemFlat, unit_bits=2, nodes=2)
    memcgs = [kernel.root_mem_cgroup, kernel.boot_memcg("A")]
    old = [info_of(memcg, nid) for memcg in memcgs for nid in (0, 1)]
    quiet(kernel, lambda cpu: shrinkers(cpu, 1))
    new = [info_of(memcg, nid) for memcg in memcgs for nid in (0, 1)]
    assert [is_freed(info) for info in old] == [True] * 4
    assert not set(new) & set(old)
    assert kernel.calls["kvfree_call_rcu"] == 4


def test_expansion_copies_the_deferred_counts() -> None:
    kernel = boot(RwsemFlat, unit_bits=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        await shrinkers(cpu, 2)
        info_of(memcg).nr_deferred = {0: 3, 1: 4}
        await shrinkers(cpu, 1)

    quiet(kernel, program)
    assert info_of(memcg).nr_deferred == {0: 3, 1: 4}


def test_the_ones_of_an_expansion_cost_a_walk_two_calls_each_once() -> None:
    kernel = boot(RwsemFlat, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    calls: list[int] = []

    async def program(cpu: Cpu) -> None:
        for made in await shrinkers(cpu, 3):
            made.ops = Ops(2**64 - 2)
        for _ in range(2):
            before = kernel.calls["do_shrink_slab"]
            await walk(cpu, memcg)
            calls.append(kernel.calls["do_shrink_slab"] - before)

    quiet(kernel, program)
    assert calls == [4, 0]
    assert info_of(memcg).map == 0


def test_a_shrinker_that_answers_0_keeps_its_bit_and_is_called_once_for_good() -> None:
    kernel = boot(RwsemFlat, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    calls: list[int] = []

    async def program(cpu: Cpu) -> None:
        await shrinkers(cpu, 3)
        for _ in range(2):
            before = kernel.calls["do_shrink_slab"]
            await walk(cpu, memcg)
            calls.append(kernel.calls["do_shrink_slab"] - before)

    quiet(kernel, program)
    assert calls == [2, 2]
    assert info_of(memcg).map == 3


def test_the_root_gets_no_bit() -> None:
    kernel = boot(RwsemFlat)

    async def program(cpu: Cpu) -> None:
        await shrinkers(cpu, 1)
        await kernel.version.set_shrinker_bit(cpu, kernel.root_mem_cgroup, 0, 0)

    quiet(kernel, program)
    assert info_of(kernel.root_mem_cgroup).map == 0


def test_a_memcg_that_goes_takes_its_infos_along() -> None:
    kernel = boot(RwsemFlat, nodes=2)
    memcg = kernel.boot_memcg("A")
    infos = [info_of(memcg, nid) for nid in (0, 1)]
    quiet(kernel, lambda cpu: kernel.lives.cgroup_rmdir(cpu, memcg))
    assert [is_freed(info) for info in infos] == [True, True]


def test_an_mkdir_that_fails_on_its_second_node_frees_the_first() -> None:
    ends: set[tuple[int, int]] = set()

    def build() -> Kernel:
        kernel = boot(RwsemFlat, nodes=2, faults=1, failing="shrinker_info")
        start(kernel, lambda cpu: kernel.lives.cgroup_mkdir(cpu, kernel.root_mem_cgroup, "A"))
        return kernel

    for kernel, outcome in seeds(20, build):
        assert outcome.violations == []
        ends.add((kernel.stats["failed_allocations"], len(kernel.root_mem_cgroup.children)))
    assert ends == {(0, 1), (1, 0)}
