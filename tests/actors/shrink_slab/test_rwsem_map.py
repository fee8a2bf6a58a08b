"""What was different from v4.19 to v5.12: the sentinel in the idr, and one count for all memcgs."""

from tests.actors.laboratory import Ops, boot, quiet, shrinker, value_of, walk

from slabrace.actors.cpu import Cpu
from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.messages import IdrFind
from slabrace.actors.object import KernelObject
from slabrace.actors.shrink_slab import VERSIONS, RwsemMap
from slabrace.actors.shrinker import Shrinker
from slabrace.actors.superblock import mount, umount
from slabrace.runtime.strategies.round_robin import RoundRobin


async def found(cpu: Cpu, id_: int) -> KernelObject | None:
    pointer: KernelObject | None = await cpu.ask(cpu.kernel.shrinker_idr, IdrFind(id_))
    return pointer


def test_it_is_none_of_the_versions_that_are_verified() -> None:
    assert RwsemMap.name not in VERSIONS


def test_an_id_leads_to_the_sentinel_until_its_shrinker_is_registered() -> None:
    kernel = boot(RwsemMap)
    names: list[str] = []

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0), memcg_aware=True, register=False)
        for step in (kernel.version.shrinker_register, kernel.version.shrinker_free):
            it = await found(cpu, 0)
            names.append(it.name if it is not None else "none")
            await step(cpu, made)
        assert await found(cpu, 0) is None
        cpu.kfree(made)

    quiet(kernel, program)
    assert names == ["SHRINKER_REGISTERING", "test"]


def test_a_walk_keeps_the_bit_of_what_is_not_registered_and_does_not_run_it() -> None:
    kernel = boot(RwsemMap, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    ops = Ops(1)

    async def program(cpu: Cpu) -> bool:
        made = await shrinker(cpu, ops, memcg_aware=True, register=False)
        await kernel.version.set_shrinker_bit(cpu, memcg, 0, made.id)
        await walk(cpu, memcg)
        info = memcg.nodeinfo[0].shrinker_info
        kept = info is not None and info.bit(made.id)
        await kernel.version.shrinker_free(cpu, made)
        cpu.kfree(made)
        return kept

    assert value_of(kernel, program)
    assert ops.nids == []


def family() -> tuple[Kernel, Shrinker]:
    """A and B with an object of S each."""
    kernel = boot(RwsemMap, unit_bits=2)
    sb = mounted(kernel, "S")
    for name in "AB":
        object_of(kernel, sb, kernel.boot_memcg(name))
    assert sb.s_shrink is not None
    return kernel, sb.s_shrink


def test_memcgs_share_the_count_of_the_shrinker_and_it_winds_up() -> None:
    kernel, it = family()

    async def program(cpu: Cpu) -> None:
        for memcg in kernel.root_mem_cgroup.children.values():
            for _ in range(2):
                await kernel.version.shrink_slab(cpu, "GFP_NOFS", 0, memcg, 0)

    quiet(kernel, program)
    assert it.own_nr_deferred.counts == [8]  # four times twice the cache, of which v5.13 keeps one


def test_a_mount_and_an_umount_leave_nothing_behind() -> None:
    async def program(cpu: Cpu) -> None:
        sb = await mount(cpu, "S")
        assert sb is not None
        await umount(cpu, sb)

    quiet(boot(RwsemMap), program)


class AllFail(RoundRobin):
    """Every allocation that may fail does."""

    def choose(self, label: str, options: int, /) -> int:
        return 1


def test_a_shrinker_without_memory_for_its_counts_gives_its_id_back() -> None:
    kernel = boot(RwsemMap, faults=1, failing="nr_deferred")

    async def program(cpu: Cpu) -> None:
        version = kernel.version
        assert await version.shrinker_alloc(cpu, "test", Ops(0), memcg_aware=True) is None
        assert await found(cpu, 0) is None

    quiet(kernel, program, strategy=AllFail())
