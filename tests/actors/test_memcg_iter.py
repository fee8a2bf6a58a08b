"""mem_cgroup_iter(): pre-order, with a reference on what it returns and on nothing else."""

from tests.actors.laboratory import boot, quiet, value_of

from slabrace.actors.cpu import Cpu
from slabrace.actors.kernel import Kernel
from slabrace.actors.memcg import Memcg
from slabrace.actors.memcg_iter import mem_cgroup_iter, mem_cgroup_iter_break
from slabrace.actors.messages import UnlinkChild


def tree() -> tuple[Kernel, dict[str, Memcg]]:
    """root -> A -> (A1 -> A11), A2; root -> B."""
    kernel = boot()
    memcgs = {"root": kernel.root_mem_cgroup}
    for name, parent in (("A", "root"), ("B", "root"), ("A1", "A"), ("A2", "A"), ("A11", "A1")):
        memcgs[name] = kernel.boot_memcg(name, memcgs[parent])
    return kernel, memcgs


def references(memcgs: dict[str, Memcg]) -> dict[str, int]:
    return {name: memcg.refcnt for name, memcg in memcgs.items()}


async def visited(cpu: Cpu, root: Memcg) -> list[str]:
    names = []
    memcg = await mem_cgroup_iter(cpu, root, None)
    while memcg is not None:
        names.append(memcg.name)
        memcg = await mem_cgroup_iter(cpu, root, memcg)
    return names


def test_the_walk_is_pre_order() -> None:
    kernel, memcgs = tree()
    names = value_of(kernel, lambda cpu: visited(cpu, memcgs["root"]))
    assert names == ["root", "A", "A1", "A11", "A2", "B"]


def test_the_walk_of_a_subtree_stays_in_it() -> None:
    kernel, memcgs = tree()
    assert value_of(kernel, lambda cpu: visited(cpu, memcgs["A"])) == ["A", "A1", "A11", "A2"]


def test_the_walk_of_a_leaf_is_the_leaf() -> None:
    kernel, memcgs = tree()
    assert value_of(kernel, lambda cpu: visited(cpu, memcgs["B"])) == ["B"]


def test_it_is_called_once_for_every_memcg_and_once_to_end() -> None:
    kernel, memcgs = tree()
    value_of(kernel, lambda cpu: visited(cpu, memcgs["root"]))
    assert kernel.calls["mem_cgroup_iter"] == 7


def test_the_references_of_a_whole_walk_balance() -> None:
    kernel, memcgs = tree()
    before = references(memcgs)
    value_of(kernel, lambda cpu: visited(cpu, memcgs["root"]))
    assert references(memcgs) == before


def test_each_step_holds_a_reference_on_the_memcg_it_returned() -> None:
    kernel, memcgs = tree()
    idle = references(memcgs)
    held: list[list[str]] = []

    async def program(cpu: Cpu) -> None:
        memcg = await mem_cgroup_iter(cpu, memcgs["A"], None)
        while memcg is not None:
            held.append([name for name in memcgs if memcgs[name].refcnt > idle[name]])
            memcg = await mem_cgroup_iter(cpu, memcgs["A"], memcg)

    quiet(kernel, program)
    assert held == [[], ["A1"], ["A11"], ["A2"]]  # the root of the walk is the caller's to hold


def test_iter_break_drops_the_reference() -> None:
    kernel, memcgs = tree()
    idle = references(memcgs)

    async def program(cpu: Cpu) -> None:
        root = memcgs["root"]
        memcg = await mem_cgroup_iter(cpu, root, await mem_cgroup_iter(cpu, root, None))
        assert memcg is memcgs["A"]
        assert memcg.refcnt == idle["A"] + 1
        await mem_cgroup_iter_break(cpu, root, memcg)

    quiet(kernel, program)
    assert references(memcgs) == idle


def test_iter_break_at_the_root_drops_nothing() -> None:
    kernel, memcgs = tree()
    idle = references(memcgs)

    async def program(cpu: Cpu) -> None:
        root = memcgs["root"]
        assert await mem_cgroup_iter(cpu, root, None) is root
        await mem_cgroup_iter_break(cpu, root, root)

    quiet(kernel, program)
    assert references(memcgs) == idle


def test_an_unlinked_child_is_skipped() -> None:
    kernel, memcgs = tree()

    async def program(cpu: Cpu) -> list[str]:
        await cpu.ask(memcgs["A"], UnlinkChild(memcgs["A1"]))
        return await visited(cpu, memcgs["root"])

    assert value_of(kernel, program) == ["root", "A", "A2", "B"]


def test_a_memcg_without_references_is_skipped_and_what_is_below_it_is_not() -> None:
    kernel, memcgs = tree()
    memcgs["A1"].refcnt = 0
    assert value_of(kernel, lambda cpu: visited(cpu, memcgs["A"])) == ["A", "A11", "A2"]


def test_a_memcg_that_is_not_online_is_visited() -> None:
    kernel, memcgs = tree()
    memcgs["A2"].css_online = False
    assert "A2" in value_of(kernel, lambda cpu: visited(cpu, memcgs["A"]))


def test_the_step_from_a_memcg_that_was_unlinked_meanwhile_finds_its_next_sibling() -> None:
    kernel, memcgs = tree()

    async def program(cpu: Cpu) -> list[str]:
        root, names = memcgs["A"], []
        memcg = await mem_cgroup_iter(cpu, root, None)
        while memcg is not None:
            names.append(memcg.name)
            if memcg is memcgs["A1"]:
                await cpu.ask(memcgs["A"], UnlinkChild(memcg))
            memcg = await mem_cgroup_iter(cpu, root, memcg)
        return names

    assert value_of(kernel, program) == ["A", "A1", "A11", "A2"]


def test_a_child_that_is_linked_behind_the_walk_is_visited_at_the_end() -> None:
    kernel, memcgs = tree()

    async def program(cpu: Cpu) -> list[str]:
        await kernel.lives.cgroup_mkdir(cpu, memcgs["root"], "C")
        return await visited(cpu, memcgs["root"])

    assert value_of(kernel, program)[-1] == "C"
