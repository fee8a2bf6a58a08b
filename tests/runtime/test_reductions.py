"""Each reduction takes one kind of thing away, the most of it first."""

from hypothesis import given
from hypothesis import strategies as st

from slabrace.runtime.course import Block, Course
from slabrace.runtime.reductions import (
    REDUCTIONS,
    elsewhere,
    parts,
    plainer_values,
    shorter_turns,
    side_by_side,
    without_an_owner,
    without_blocks,
    without_switches,
)

A, B, C = Block("a", "", 2), Block("b", "", None), Block("c", "x", 1)
PLACE = ("a", "", "dice")


def blocks(courses: list[Course]) -> list[tuple[Block, ...]]:
    return [course.blocks for course in courses]  # type: ignore[misc]  # without pauses


def test_an_actor_is_left_out_with_all_its_turns() -> None:
    assert blocks(list(without_an_owner(Course((A, B, A, C))))) == [
        (B, C), (Block("a", "", 4), C), (A, B, A),
    ]  # fmt: skip


def test_turns_that_are_cut_short_go_on_all_together_and_one_by_one() -> None:
    long, single = A._replace(length=None), C._replace(length=None)
    assert blocks(list(without_switches(Course((A, B, C))))) == [
        (long, B, single), (long, B, C), (A, B, single),
    ]  # fmt: skip


def test_turns_are_left_out_halves_first() -> None:
    assert blocks(list(without_blocks(Course((A, B, C))))) == [(), (B, C), (A, C), (A, B)]


def test_two_turns_of_a_lane_come_together_at_either_s_place() -> None:
    assert blocks(list(side_by_side(Course((A, B, A))))) == [
        (Block("a", "", 4), B), (B, Block("a", "", 4)),
    ]  # fmt: skip


def test_a_turn_comes_at_every_other_place() -> None:
    found = blocks(list(elsewhere(Course((A, B, C)))))
    assert set(found) == {(B, A, C), (B, C, A), (A, C, B), (C, A, B)}


def test_a_turn_is_cut_shorter() -> None:
    long = Block("a", "", 3)
    assert blocks(list(shorter_turns(Course((long, B))))) == [
        (Block("a", "", 1), B), (Block("a", "", 2), B),
    ]  # fmt: skip


def test_values_become_0_or_less() -> None:
    told = [course.values for course in plainer_values(Course((), ((PLACE, (0, 4)),)))]
    assert told == [(), (), (), ((PLACE, (0, 2)),), ((PLACE, (0, 3)),)]


@given(st.lists(st.sampled_from([A, B, C]), max_size=6))
def test_what_there_is_nothing_of_is_not_taken_away(turns: list[Block]) -> None:
    course = Course(()).with_blocks(turns)
    for reduction in REDUCTIONS:
        for reduced in reduction(course):
            assert {block[:2] for block in reduced.blocks} <= {block[:2] for block in turns}


@given(st.integers(0, 40))
def test_the_parts_are_the_whole_the_halves_and_so_on_down_to_each(length: int) -> None:
    found = list(parts(length))
    assert [each for each in found if each.stop - each.start == 1][-length:] == [
        slice(place, place + 1) for place in range(length)
    ]
    assert all(0 <= each.start < each.stop <= length for each in found)
