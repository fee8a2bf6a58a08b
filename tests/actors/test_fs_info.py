"""A file system with data of its own: nobody follows the pointer before fill_super() set it."""

from tests.actors.laboratory import boot, laws, quiet, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.fs_info import FsInfoSuperBlock
from slabrace.actors.initial import preallocated
from slabrace.actors.shrinker import ShrinkControl
from slabrace.actors.superblock import mount, umount


def test_it_is_counted_when_it_is_filled_and_goes() -> None:
    counts: list[int] = []

    async def program(cpu: Cpu) -> None:
        sb = await mount(cpu, "T", kind=FsInfoSuperBlock)
        assert isinstance(sb, FsInfoSuperBlock)
        sc = ShrinkControl("GFP_KERNEL", 0, cpu.kernel.root_mem_cgroup)
        counts.append(await sb.nr_cached_objects(cpu))
        await sb.count_objects(cpu, sc)
        await umount(cpu, sb)

    quiet(boot(), program)
    assert counts == [0]


def test_while_it_is_not_born_a_count_does_not_follow_the_pointer() -> None:
    kernel = boot()
    sb, _ = preallocated(kernel, "T", FsInfoSuperBlock)

    async def program(cpu: Cpu) -> None:
        sc = ShrinkControl("GFP_KERNEL", 0, kernel.root_mem_cgroup)
        assert await sb.count_objects(cpu, sc) == 0

    quiet(kernel, program)


def test_following_the_pointer_too_early_is_a_null_dereference() -> None:
    kernel = boot()
    sb, _ = preallocated(kernel, "T", FsInfoSuperBlock)
    outcome = turn(kernel, sb.kill_sb)
    assert laws(outcome) == ["null_deref"]
    assert outcome.violations[0].message.endswith("script0: T->s_fs_info in kill_sb()")
