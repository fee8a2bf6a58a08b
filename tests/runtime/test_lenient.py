"""Every course is a run, always the same; what was taken leads there again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.failing import lost_update, seen_halfway, unlucky
from tests.runtime.test_liveness import hopeless

from slabrace.runtime.course import Block, Course, Pause
from slabrace.runtime.engine import Engine
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.strategies.lenient import Lenient
from slabrace.runtime.world import World

OWNERS = ("w0", "w1", "b0", "nobody")
blocks = st.builds(Block, st.sampled_from(OWNERS), st.just(""), st.none() | st.integers(1, 3))
pauses = st.builds(Pause, st.integers(1, 5000))


def follow(course: Course, world: World, limit: tuple[int, int] | None = None) -> Outcome:
    outcome, _ = account(course, world, limit)
    return outcome


def account(
    course: Course, world: World, limit: tuple[int, int] | None = None
) -> tuple[Outcome, Lenient]:
    strategy = Lenient(course, limit)
    strategy.begin(world)
    outcome = Engine(world, strategy).run()
    strategy.end(outcome)
    return outcome, strategy


def owners(world: World) -> str:
    return " ".join(world.lanes[each].owner.label for each in world.picks if each >= 0)


@given(st.lists(blocks | pauses, max_size=12))
def test_what_was_taken_is_a_course_that_gives_the_same_run(turns: list[Block | Pause]) -> None:
    build = lost_update(bystanders=1)
    outcome, first = account(Course(tuple(turns)), build())
    again, second = account(first.taken(), build())
    assert again.picks == outcome.picks
    assert second.taken() == first.taken()
    assert (second.preemptions, second.switches) == (first.preemptions, first.switches)


def test_a_turn_lasts_as_long_as_it_says_or_until_the_lane_has_to_wait() -> None:
    world = lost_update()()
    follow(Course((Block("w1", "", 1), Block("w0", "", None), Block("w1", "", None))), world)
    assert owners(world) == "w1 w0 w0 w1"


def test_who_has_nothing_to_deliver_is_passed_over() -> None:
    world = lost_update()()
    follow(Course((Block("nobody", "", 3), Block("w1", "", 9), Block("w1", "", 1))), world)
    assert owners(world) == "w1 w1 w0 w0"


def test_after_the_last_turn_nobody_is_interrupted() -> None:
    _, strategy = account(Course((Block("w1", "", 1),)), lost_update(3)())
    assert strategy.preemptions == 0
    assert strategy.switches == 2


def test_preemptions_are_turns_that_end_though_the_lane_could_go_on() -> None:
    course = Course((Block("w0", "", 1), Block("w1", "", None), Block("w0", "", None)))
    _, strategy = account(course, lost_update()())
    assert (strategy.preemptions, strategy.switches) == (1, 2)


def test_values_are_chosen_where_they_are_listed_and_0_elsewhere() -> None:
    course = Course((), ((("", "", "dice"), (0, 5, 9)), (("gambler", "", "coin"), (1,))))
    outcome, strategy = account(course, unlucky())
    assert outcome.violations[0].law == "luck"
    assert strategy.chosen == 6  # a nine is none of a dice's


def test_a_run_that_has_become_too_bad_is_stopped() -> None:
    course = Course((Block("publisher", "", 1), Block("reader", "", None)))
    assert follow(course, seen_halfway()(), (1, 10)).end is End.VIOLATION
    assert follow(course, seen_halfway()(), (0, 10)).end is End.BOUND
    assert follow(course, seen_halfway()(), (1, 2)).end is End.BOUND


ROUND_AND_ROUND = {
    "calmly": Course(()),
    "in a turn without an end": Course(
        (Block("writer0", "cell", None), Block("waiter0", "cell", None))
    ),
    "after a pause": Course(
        (Block("waiter0", "cell", 2), Pause(5), Block("waiter0", "cell", 2), Pause(5))
    ),
}


@pytest.mark.parametrize("course", ROUND_AND_ROUND.values(), ids=list(ROUND_AND_ROUND))
def test_a_lane_that_goes_round_is_cut_off_where_nothing_will_end_its_turn(course: Course) -> None:
    outcome = follow(course, world := hopeless())
    assert outcome.end is End.BOUND
    assert world.deliveries < 12


def test_a_lane_that_goes_round_goes_on_while_its_turn_has_an_end() -> None:
    outcome = follow(
        Course((Block("waiter0", "cell", 30), Block("writer0", "cell", 1))), hopeless()
    )
    assert outcome.deliveries > 31
