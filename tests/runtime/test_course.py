"""A course says whose turn it is; equal ones are equal."""

from slabrace.runtime.course import Block, Course, Pause, course_of
from slabrace.runtime.pick import Choice, Delivery, Pick, Skip


def delivery(owner: str) -> Delivery:
    return Delivery(owner, "", owner, "x", "Put")


PICKS: list[Pick] = [
    Choice("start", 2), delivery("a"), Choice("dice", 1), delivery("a"), Skip(7), delivery("a"),
    Choice("dice", 0), delivery("b"), Choice("dice", 3),
]  # fmt: skip


def test_deliveries_of_one_lane_are_one_turn_until_somebody_else_s_or_time_passes() -> None:
    assert course_of(PICKS).blocks == (
        Block("a", "", 2), Pause(7), Block("a", "", 1), Block("b", "", 1),
    )  # fmt: skip


def test_what_is_chosen_goes_by_the_lane_that_has_its_turn() -> None:
    assert course_of(PICKS).values == (
        (("", "", "start"), (2,)), (("a", "", "dice"), (1,)), (("b", "", "dice"), (3,)),
    )  # fmt: skip


def test_turns_that_come_to_stand_side_by_side_are_one() -> None:
    a, b, rest = Block("a", "", 2), Block("a", "", 3), Block("a", "", None)
    assert Course(()).with_blocks([a, b]).blocks == (Block("a", "", 5),)
    assert Course(()).with_blocks([a, rest]).blocks == (rest,)


def test_zeros_at_the_end_say_nothing() -> None:
    place = ("a", "", "dice")
    assert Course(()).with_values({place: (0, 0)}) == Course(())
    assert Course(()).with_values({place: (0, 1, 0)}) == Course((), ((place, (0, 1)),))
