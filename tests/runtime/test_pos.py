"""POS: the highest priority goes, and what races with it draws again."""

from collections import Counter

import pytest
from tests.runtime.toys import Cell, Chooser, Look, Stepper, make, race, turn

from slabrace.runtime.engine import Engine
from slabrace.runtime.strategies.pos import POS
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.trust import Trust
from slabrace.runtime.world import World


class Reader(Stepper):
    async def run(self) -> None:
        for _ in range(self.steps):
            await self.ask(self.cell, Look())


def reading(world: World) -> None:
    cell = world.add(Cell())
    world.spawn(*(Reader(cell, 1) for _ in range(3)))


def priorities(world: World) -> tuple[list[int], list[int], int]:
    """The priorities before and after the first delivery, and the lane that went."""
    strategy = POS(4)
    strategy.begin(world)
    Engine(world, strategy, max_steps=1).run()
    before = list(strategy.priorities)
    strategy.pick(world.ready)
    return before, strategy.priorities, world.picks[0]


def test_the_highest_priority_goes() -> None:
    before, _, went = priorities(make(race(1, 1, 1)))
    assert before[went] == max(before)


@pytest.mark.parametrize(
    ("apart", "again"), [(False, True), (True, False)], ids=["one cell", "a cell each"]
)
def test_only_what_conflicts_draws_again(apart: bool, again: bool) -> None:
    before, after, went = priorities(make(race(1, 1, 1, apart=apart)))
    others = [number for number in range(3) if number != went]
    assert all((before[each] != after[each]) == again for each in others)


def test_readers_do_not_conflict() -> None:
    before, after, _ = priorities(make(reading))
    assert before == after


def test_one_step_against_many_independent_ones_is_not_crowded_out() -> None:
    """b's write comes last in one run of 9 of a random walk's last-place lottery, here in 1 of 2.

    a takes 6 steps at a cell of its own and then one at b's; b takes one.
    """

    class Long(Stepper):
        async def run(self) -> None:
            own = Stepper(self.own, self.steps)
            own.world, own.label = self.world, "own"
            self.cell, shared = self.own, self.cell
            await super().run()
            self.cell, self.steps = shared, 1
            await super().run()

        own: Cell

    def populate(world: World) -> None:
        shared = world.add(Cell())
        long = Long(shared, 6)
        long.own = world.add(Cell())
        world.spawn(long, name="a")
        world.spawn(Stepper(shared, 1), name="b")
        world.report = lambda: {"log": shared.log}

    def last(strategy: POS | RandomWalk) -> Counter[str]:
        found: Counter[str] = Counter()
        for _ in range(800):
            world = make(populate)
            strategy.begin(world)
            Engine(world, strategy).run()
            found[world.report()["log"][-1]] += 1
        return found

    assert last(POS(1))["b0"] > 3 * last(RandomWalk(1))["b0"]


def test_a_choice_before_any_delivery_is_drawn() -> None:
    def populate(world: World) -> None:
        world.spawn(Chooser(2, 2))
        race(1, 1)(world)

    strategy = POS(2)
    runs = {tuple(outcome.picks) for _ in range(99) if (outcome := turn(strategy, populate))}
    assert len(runs) == 8


def test_it_draws_every_schedule() -> None:
    strategy = POS(2)
    runs = {tuple(outcome.picks) for _ in range(200) if (outcome := turn(strategy, race(2, 2)))}
    assert len(runs) == 6
    assert strategy.trust() == Trust("sampled", "200 runs")


def test_a_run_can_be_made_alone() -> None:
    strategy = POS(5)
    runs = [turn(strategy, race(4, 4, 4)) for _ in range(9)]
    assert turn(POS(5, first=8), race(4, 4, 4)) == runs[8]
    assert strategy.describe() == "pos --seed 5"
