"""The determinism check catches what draws from outside of the machine, and names the pick."""

from collections.abc import Callable
from itertools import count

import pytest
from tests.runtime.toys import Add, Cell, Chooser, Look, Stepper, race, search, turn

from slabrace.runtime.errors import MachineError
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.strategies.determinism import Determinism
from slabrace.runtime.strategies.dfs import DFS
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World


def test_each_schedule_is_made_twice() -> None:
    check = Determinism(DFS())
    runs = search(check, race(2, 2))
    assert runs[::2] == runs[1::2]
    assert len(set(runs)) == check.checked == 6
    assert check.trust().why == "6 runs"


def test_every_third_schedule_is_made_twice() -> None:
    check = Determinism(DFS(), every=3)
    assert len(search(check, race(2, 2))) == 8
    assert check.checked == 2


class Drawer(Stepper):
    """Does something else in each run, from its second step on."""

    fresh = count()

    async def run(self) -> None:
        await self.ask(self.cell, Add(0))
        self.differ(next(self.fresh))
        await self.ask(self.cell, Add(2))

    def differ(self, drawn: int) -> None:
        self.send(self.cell, Look() if drawn % 2 else Add(1))


class Chatty(Drawer):
    def differ(self, drawn: int) -> None:
        if drawn % 2:
            self.send(self.cell, Add(1))


class Choosy(Drawer):
    def differ(self, drawn: int) -> None:
        self.choose("how many", 2 + drawn % 2)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (Drawer, "pick 1. First there was x -> cell0: Add in lane x/cell0; then there was .*Look"),
        (Chatty, "pick 2. First there was the end of the run; then there was x -> cell0: Add"),
        (Choosy, r"pick 1. First there was the choice how many of 0\.\.1; then .* of 0\.\.2"),
    ],
)
def test_an_actor_that_draws_from_a_global_counter_is_caught(
    kind: type[Drawer], complaint: str
) -> None:
    kind.fresh = count()

    def populate(world: World) -> None:
        world.spawn(kind(world.add(Cell()), 0), name="x")

    check = Determinism(RandomWalk(1))
    turn(check, populate)
    with pytest.raises(MachineError, match=f"run 0 does not follow.* at {complaint}"):
        turn(check, populate)


def test_a_run_that_ends_too_early_is_caught() -> None:
    lengths = iter([3, 2])
    check = Determinism(RandomWalk(1))

    def populate(world: World) -> None:
        world.spawn(Stepper(world.add(Cell()), next(lengths)), name="x")

    turn(check, populate)
    with pytest.raises(MachineError, match=r"at pick 2.*then there was the end of the run"):
        turn(check, populate)


@pytest.mark.parametrize(
    "inner",
    [
        lambda: DFS(steps=3),
        lambda: Delayed(RandomWalk(1), [Delay.parse("for=1us..9us p=0.5")], 1),
    ],
    ids=["stops", "skips"],
)
def test_what_is_deterministic_passes(inner: Callable[[], Strategy]) -> None:
    check = Determinism(inner())
    search(check, race(3, 3), most=16)
    assert check.checked == 8


def test_choices_are_made_again() -> None:
    def populate(world: World) -> None:
        world.spawn(Chooser(9, 9), Chooser(9))

    runs = search(Determinism(RandomWalk(3)), populate, most=8)
    assert runs[::2] == runs[1::2]
    assert len(set(runs)) > 1
