"""Debugfs: names are taken once, users are waited for, numbers are handed out lowest first."""

from tests.actors.laboratory import Ops, boot, pause, quiet, shrinker, turn, value_of

from slabrace.actors.cpu import Cpu
from slabrace.actors.debugfs import DebugfsDir, debugfs_remove_recursive
from slabrace.actors.kernel import Kernel
from slabrace.actors.messages import (
    DebugfsCreateDir,
    DebugfsFileGet,
    DebugfsFilePut,
    DebugfsRemoveDir,
    IdaAlloc,
    IdaFree,
)
from slabrace.actors.shrink_slab.with_debugfs import DebugRefcountRcu
from slabrace.actors.shrinker_debug import ShrinkerDebug, debugfs_of, entry_of
from slabrace.runtime.outcome import End


def with_debugfs() -> tuple[Kernel, ShrinkerDebug]:
    kernel = boot(DebugRefcountRcu)
    return kernel, debugfs_of(kernel)


def test_ida_hands_out_the_lowest_free_number() -> None:
    kernel, debug = with_debugfs()

    async def program(cpu: Cpu) -> list[int]:
        taken = [await cpu.ask(debug.debugfs_ida, IdaAlloc()) for _ in range(3)]
        for id_ in (2, 0):
            cpu.ask(debug.debugfs_ida, IdaFree(id_))
        return taken + [await cpu.ask(debug.debugfs_ida, IdaAlloc()) for _ in range(3)]

    assert value_of(kernel, program) == [0, 1, 2, 0, 2, 3]


def test_a_name_is_free_again_when_its_directory_is_gone() -> None:
    kernel, debug = with_debugfs()

    async def program(cpu: Cpu) -> list[bool]:
        create = DebugfsCreateDir("a-0")
        made = [await cpu.ask(debug.debugfs_root, create)]
        cpu.ask(debug.debugfs_root, DebugfsRemoveDir("a-0"))
        return [*made, await cpu.ask(debug.debugfs_root, create)]

    assert value_of(kernel, program) == [True, True]


def test_entries_of_different_names_are_different_parts_of_the_root() -> None:
    assert DebugfsCreateDir("a-0").part() != DebugfsCreateDir("a-1").part()
    assert DebugfsCreateDir("a-0").part() == DebugfsRemoveDir("a-0").part()


async def opened(cpu: Cpu) -> DebugfsDir:
    return entry_of(await shrinker(cpu, Ops(0)))


def test_removal_waits_until_the_last_user_is_out() -> None:
    kernel, debug = with_debugfs()
    story: list[str] = []
    entries: list[DebugfsDir] = []

    async def remover(cpu: Cpu) -> None:
        entries.append(await opened(cpu))
        await pause(cpu, 2)
        story.append("remove")
        await debugfs_remove_recursive(cpu, debug.debugfs_root, entries[0])
        story.append("removed")

    def user(turns: int) -> object:
        async def inside(cpu: Cpu) -> None:
            await pause(cpu)
            assert await cpu.ask(entries[0].count, DebugfsFileGet())
            await pause(cpu, turns)
            story.append("put")
            await cpu.ask(entries[0].count, DebugfsFilePut())

        return inside

    kernel_programs = (remover, user(3), user(5))
    quiet(kernel, *kernel_programs)  # type: ignore[arg-type]  # programs, made by a function
    assert story == ["remove", "put", "put", "removed"]
    assert debug.debugfs_root.entries == {}


def test_a_removed_file_lets_nobody_in() -> None:
    kernel, debug = with_debugfs()

    async def program(cpu: Cpu) -> list[object]:
        entry = await opened(cpu)
        await debugfs_remove_recursive(cpu, debug.debugfs_root, entry)
        return [await debug.read_count(cpu, entry), await debug.write_scan(cpu, entry, "0 0 1")]

    assert value_of(kernel, program) == [None, False]


def test_who_never_leaves_a_file_is_named_in_the_deadlock() -> None:
    kernel, debug = with_debugfs()

    async def program(cpu: Cpu) -> None:
        entry = await opened(cpu)
        await cpu.ask(entry.count, DebugfsFileGet())
        await debugfs_remove_recursive(cpu, debug.debugfs_root, entry)

    outcome = turn(kernel, program)
    assert outcome.end is not End.QUIET
    assert [each.law for each in outcome.violations] == ["deadlock"]
    assert "test/count, in use by script0" in outcome.violations[0].message
