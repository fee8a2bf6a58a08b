"""A run as a partial order: what must come before what, and what only did."""

from collections.abc import Sequence

from tests.runtime.failing import Build, lost_update, seen_halfway
from tests.runtime.toys import Add, Cell, Relay, Stepper

from slabrace.runtime.cause import witnessed
from slabrace.runtime.course import Block, Course
from slabrace.runtime.history import Happened, History
from slabrace.runtime.strategies.lenient import Lenient
from slabrace.runtime.world import World


def happened(build: Build, *turns: str) -> Sequence[Happened]:
    blocks = tuple(Block(name, "", 1) for name in turns)
    return witnessed(build, Lenient(Course(blocks)), 1000)[0]


def names(history: History, order: Sequence[int]) -> str:
    ordered = [history.happened[each] for each in order]
    return " ".join(
        f"{each.lane.owner.label}:{type(each.envelope.message).__name__}" for each in ordered
    )


def test_pairs_are_those_that_conflict_and_need_not_come_in_that_order_the_last_first() -> None:
    history = History(happened(lost_update(), "w0", "w1", "w0", "w1"))
    assert list(history.pairs()) == [(2, 3), (0, 3), (1, 2)]  # two reads are none


def test_a_race_has_nothing_between() -> None:
    history = History(happened(lost_update(), "w0", "w1", "w0", "w1"))
    assert [history.race(*pair) for pair in ((2, 3), (0, 3), (1, 2))] == [True, False, True]


def test_what_happens_before_is_transitive() -> None:
    history = History(happened(seen_halfway(1), "publisher", "publisher", "reader", "reader"))
    assert history.past == [0, 0b1, 0b11, 0b111]
    assert history.needs == [0, 0b1, 0, 0b100]


def test_a_message_happens_after_the_delivery_during_which_it_was_sent() -> None:
    def build() -> World:
        world = World()
        relay = world.add(Relay(world.add(Cell(), "end")), "relay")
        world.spawn(Stepper(relay, 1), name="a")
        return world

    first, second = happened(build)
    assert (first.cause, second.cause) == (-1, 0)
    assert isinstance(second.envelope.message, Add)


def test_a_pair_is_turned_round_with_everything_else_in_its_order() -> None:
    history = History(happened(lost_update(), "w0", "w1", "w0", "w1"))
    assert names(history, history.flipped(1, 2)) == "w0:Get w0:Put w1:Get w1:Put"


def test_a_delivery_in_a_hurry_waits_only_for_what_it_needs() -> None:
    history = History(happened(seen_halfway(1), "publisher", "publisher", "reader", "reader"))
    assert names(history, history.hurried(3)) == (
        "reader:Get reader:Get publisher:Put publisher:Put"
    )


def test_what_is_told_to_be_touched_is_part_of_the_footprint() -> None:
    class Toucher(Stepper):
        async def run(self) -> None:
            await super().run()
            self.world.touch("shared")

    def build() -> World:
        world = World()
        for name in "ab":
            world.spawn(Toucher(world.add(Cell()), 1), name=name)
        return world

    history = History(happened(build, "a", "b"))
    assert [key for key, _, _ in history.happened[0].footprint][1:] == ["shared"]
    assert list(history.pairs()) == [(0, 1)]
