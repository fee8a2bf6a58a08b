"""Deferred counts are conserved and infos cover the ids: each law broken by one verb."""

from tests.actors.laboratory import Ops, boot, laws, quiet, shrinker, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.flat_info import FlatShrinkerInfo
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.shrink_slab import RefcountRcu, RefcountRcuFixed, RwsemFlat
from slabrace.actors.shrinker_info import ShrinkerInfo, ShrinkerInfoUnit
from slabrace.runtime.outcome import Outcome


def only(outcome: Outcome, law: str) -> str:
    assert laws(outcome) == [law]
    return outcome.violations[0].message


# -- I10: deferred counts --------------------------------------------------------------


class LosesCounts(RwsemFlat):
    """Expansion copies the map and forgets the counts."""

    async def copy_info(self, cpu: Cpu, new: FlatShrinkerInfo, old: FlatShrinkerInfo) -> None:
        await super().copy_info(cpu, new, old)
        new.nr_deferred = None


class CountsTwice(RefcountRcuFixed):
    """Reparenting reads every count twice."""

    async def reparent_shrinker_deferred(self, cpu: Cpu, memcg: Memcg) -> None:
        await super().reparent_shrinker_deferred(cpu, memcg)
        for unit in units(memcg.parent or memcg):
            unit.nr_deferred = {0: 2 * (unit.nr_deferred or {}).get(0, 0)}


def units(memcg: Memcg) -> list[ShrinkerInfoUnit]:
    info = memcg.nodeinfo[0].shrinker_info
    assert isinstance(info, ShrinkerInfo)
    return [unit for unit in info.unit if unit is not None]


def deferred_and_expanded(version: type[RwsemFlat]) -> Outcome:
    """A defers 40 of S's objects, then two mounts make every info expand."""
    kernel = boot(version, unit_bits=2)
    memcg = kernel.boot_memcg("A")

    async def program(cpu: Cpu) -> None:
        lock = kernel.shrinker_rwsem
        first = await shrinker(cpu, Ops(0), memcg_aware=True)
        await cpu.down_read(lock)
        kernel.version.note_deferred(cpu, "nr_deferred_add", memcg, 0, first.id, 40)
        await kernel.version.add_nr_deferred_memcg(cpu, 40, memcg, 0, first.id)
        cpu.up_read(lock)
        for _ in range(2):
            await shrinker(cpu, Ops(0), memcg_aware=True)

    return turn(kernel, program)


def test_i10_an_expansion_that_loses_a_count_is_caught() -> None:
    assert only(deferred_and_expanded(LosesCounts), "deferred_conservation") == (
        "A node 0 shrinker 0: 40 objects were deferred and not taken, 0 are there"
    )


def test_i10_an_expansion_that_copies_the_counts_is_silent() -> None:
    assert laws(deferred_and_expanded(RwsemFlat)) == []


def deferred_and_reparented(version: type[RefcountRcu]) -> tuple[Kernel, Memcg, Outcome]:
    """A/B defers 7, then goes."""
    kernel = boot(version, unit_bits=2)
    parent = kernel.boot_memcg("A")
    child = kernel.boot_memcg("B", parent)

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0), memcg_aware=True)
        kernel.version.note_deferred(cpu, "nr_deferred_add", child, 0, made.id, 7)
        await kernel.version.add_nr_deferred_memcg(cpu, 7, child, 0, made.id)
        await kernel.lives.cgroup_rmdir(cpu, child)

    return kernel, parent, turn(kernel, program)


def test_i10_reparenting_that_counts_twice_is_caught() -> None:
    outcome = deferred_and_reparented(CountsTwice)[2]
    assert only(outcome, "deferred_conservation") == (
        "A node 0 shrinker 0: 7 objects were deferred and not taken, 14 are there"
    )


def test_i10_reparenting_hands_the_count_to_the_parent() -> None:
    _, parent, outcome = deferred_and_reparented(RefcountRcuFixed)
    assert laws(outcome) == []
    assert units(parent)[0].nr_deferred == {0: 7}


# -- I14: the infos cover the ids ------------------------------------------------------


class SkipsNodes(RefcountRcu):
    """D7: return instead of continue, so only the first node is expanded."""

    async def expand_one_shrinker_info(self, cpu: Cpu, memcg: Memcg, new_nr_max: int) -> bool:
        nodes, memcg.nodeinfo = memcg.nodeinfo, memcg.nodeinfo[:1]
        expanded = await super().expand_one_shrinker_info(cpu, memcg, new_nr_max)
        memcg.nodeinfo = nodes
        return expanded


class Shrinks(RefcountRcu):
    """The new info is published with one unit, whatever the old one had."""

    async def expand_one_shrinker_info(self, cpu: Cpu, memcg: Memcg, new_nr_max: int) -> bool:
        expanded = await super().expand_one_shrinker_info(cpu, memcg, new_nr_max)
        await cpu.read_once(memcg.nodeinfo[0], "shrinker_info")  # it is published
        if new_nr_max > self.kernel.unit_bits:
            small = self.kvzalloc_info(cpu, memcg.nodeinfo[0], self.kernel.unit_bits)
            assert small is not None
            self.publish_info(cpu, memcg.nodeinfo[0], small)
        return expanded


async def three_ids(cpu: Cpu) -> None:
    for _ in range(3):
        await shrinker(cpu, Ops(0), memcg_aware=True)


def test_i14_a_node_that_an_expansion_missed_is_caught() -> None:
    message = only(turn(boot(SkipsNodes, nodes=2, unit_bits=2), three_ids), "info_covers_ids")
    assert message == "root.nodeinfo[1] covers 0 ids, shrinker_nr_max is 4"


def test_i14_every_node_of_every_memcg_covers_all_ids() -> None:
    kernel = boot(nodes=2, unit_bits=2)
    memcg = kernel.boot_memcg("A")
    quiet(kernel, three_ids)
    infos = [node.shrinker_info for node in (*kernel.root_mem_cgroup.nodeinfo, *memcg.nodeinfo)]
    assert [info.map_nr_max for info in infos if info is not None] == [4, 4, 4, 4]


def test_i14_map_nr_max_never_goes_down() -> None:
    message = only(turn(boot(Shrinks, unit_bits=2), three_ids), "info_covers_ids")
    assert message == "root.nodeinfo[0]: map_nr_max goes from 4 to 2"
