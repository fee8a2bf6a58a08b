"""Coverage: pairs of conflicting deliveries, and whether both orders were seen."""

from tests.runtime.toys import Add, Cell, Look, Stepper, race, search

from slabrace.runtime.actor import handles
from slabrace.runtime.message import Message
from slabrace.runtime.strategies.coverage import Coverage
from slabrace.runtime.strategies.dfs import DFS
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.world import World


class Reader(Stepper):
    async def run(self) -> None:
        for _ in range(self.steps):
            await self.ask(self.cell, Look())


class Part(Add, frozen=True, gc=False):
    def part(self) -> int:
        return self.number


class Parted(Cell):
    @handles(Part)
    def change(self, message: Part) -> None:
        self.add(message)


def asking(*messages: Message) -> type[Stepper]:
    class Asker(Stepper):
        async def run(self) -> None:
            for message in messages:
                await self.ask(self.cell, message)

    return Asker


def test_a_race_of_two_is_one_pair_seen_in_both_orders() -> None:
    coverage = Coverage(DFS())
    search(coverage, race(1, 1), most=1)
    assert (coverage.pairs, coverage.both) == (1, 0)
    assert coverage.missing() == [("a/cell0 -> cell0 Add", "b/cell0 -> cell0 Add")]
    search(coverage, race(1, 1))
    assert (coverage.pairs, coverage.both) == (1, 1)
    assert coverage.missing() == []
    assert coverage.curve == [(1, 1, 0), (2, 1, 1)]


def test_the_curve_tells_when_it_flattened() -> None:
    coverage = Coverage(RandomWalk(1))
    search(coverage, race(2, 2, 2), most=200)
    assert (coverage.pairs, coverage.both) == (3, 3)
    assert 1 < coverage.flat_since < 20
    assert coverage.curve[-1] == (coverage.flat_since, 3, 3)
    assert str(coverage) == (
        "3 of 3 pairs of conflicting deliveries in both orders, nothing new since run "
        f"{coverage.flat_since} of 200"
    )


def test_one_schedule_shows_one_order() -> None:
    coverage = Coverage(RoundRobin())
    search(coverage, race(1, 1, 1), most=5)
    assert (coverage.pairs, coverage.both, coverage.flat_since) == (2, 0, 1)


def test_only_the_last_conflicting_delivery_of_another_lane_counts() -> None:
    """In a, b, c there are the pairs ab and bc, and not ac."""
    coverage = Coverage(RoundRobin())
    search(coverage, race(1, 1, 1), most=1)
    assert [(one[0], other[0]) for one, other in coverage.missing()] == [("a", "b"), ("b", "c")]


def test_what_does_not_conflict_is_no_pair() -> None:
    def populate(world: World) -> None:
        cell = world.add(Cell())
        world.spawn(Reader(cell, 2), Reader(cell, 2))

    for program in (populate, race(2, 2, apart=True)):
        coverage = Coverage(DFS())
        search(coverage, program)
        assert (coverage.runs, coverage.pairs) == (6, 0)


def test_a_write_is_found_behind_the_readers_in_between() -> None:
    def populate(world: World) -> None:
        cell = world.add(Cell())
        world.spawn(Stepper(cell, 1), name="a")
        for name in "bcde":
            world.spawn(Reader(cell, 1), name=name)

    coverage = Coverage(RoundRobin())
    search(coverage, populate, most=1)
    assert [other[0] for _, other in coverage.missing()] == ["b", "c", "d", "e"]


def test_parts_are_told_apart() -> None:
    def populate(world: World) -> None:
        cell = world.add(Parted())
        world.spawn(asking(Part(1), Part(2))(cell, 0), name="a")
        world.spawn(asking(Part(2), Part(3))(cell, 0), name="b")

    coverage = Coverage(RoundRobin())
    search(coverage, populate, most=1)  # a1 b2 a2 b3
    assert [(one[0], other[0]) for one, other in coverage.missing()] == [("b", "a")]


def test_it_changes_no_run() -> None:
    coverage = Coverage(RandomWalk(4))
    runs = search(coverage, race(30, 30, 30), most=3)
    assert runs == search(RandomWalk(4), race(30, 30, 30), most=3)
    assert coverage.describe() == "random --seed 4"
