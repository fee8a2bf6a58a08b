"""DFS makes every run within its bounds once, and says what they cut."""

from collections.abc import Sequence
from itertools import count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.toys import Add, Cell, Chooser, Stepper, race, search, turn

from slabrace.runtime.errors import MachineError
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.outcome import End
from slabrace.runtime.strategies.dfs import DFS, rotation
from slabrace.runtime.strategies.path import Path
from slabrace.runtime.strategies.wrapper import Wrapper
from slabrace.runtime.trust import Trust
from slabrace.runtime.world import World


class Costs(Wrapper):
    """Counts the preemptions and delays of each run, by the book."""

    def begin(self, world: World) -> bool:
        self.last = -1
        self.preemptions = self.delays = 0
        return super().begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        index = super().pick(ready)
        numbers = [lane.number for lane in ready]
        chosen = numbers[index]
        self.preemptions += self.last in numbers and chosen != self.last
        at = self.last
        while at not in numbers:
            at = (at + 1) % 100
        while at != chosen:  # pass over it, and go on to the next there is
            self.delays += 1
            at = next(n % 100 for n in range(at + 1, at + 101) if n % 100 in numbers)
        self.last = chosen
        return index


def costs(*steps: int) -> list[tuple[int, int]]:
    found = []
    strategy = Costs(DFS())
    while turn(strategy, race(*steps)) is not None:
        found.append((strategy.preemptions, strategy.delays))
    return found


@pytest.mark.parametrize(
    ("steps", "schedules"),
    [([2, 2], 6), ([1, 1, 1], 6), ([3], 1), ([3, 3], 20), ([2, 2, 2], 90), ([4, 4], 70)],
    ids=str,
)
def test_all_schedules_once(steps: list[int], schedules: int) -> None:
    strategy = DFS()
    runs = search(strategy, race(*steps))
    assert len(runs) == len(set(runs)) == schedules
    assert strategy.trust() == Trust("exhaustive", f"{schedules} runs")
    assert strategy.estimate() == schedules


def test_all_values_of_a_choice() -> None:
    def populate(world: World) -> None:
        world.spawn(Chooser(3, 2))

    runs = search(DFS(), populate)
    assert runs == [(-1, -1), (-1, -2), (-2, -1), (-2, -2), (-3, -1), (-3, -2)]


@pytest.mark.parametrize("steps", [(2, 2), (3, 2), (2, 2, 2), (1, 2, 1, 1)], ids=str)
@pytest.mark.parametrize("bound", range(5))
def test_bounds_leave_what_costs_no_more(steps: tuple[int, ...], bound: int) -> None:
    every = costs(*steps)
    few = DFS(preemptions=bound)
    assert len(set(search(few, race(*steps)))) == sum(each <= bound for each, _ in every)
    late = DFS(delays=bound)
    assert len(set(search(late, race(*steps)))) == sum(each <= bound for _, each in every)
    both = DFS(preemptions=1, delays=bound)
    wanted = sum(each <= 1 and delays <= bound for each, delays in every)
    assert len(set(search(both, race(*steps)))) == wanted


def test_two_actors_of_two_steps_by_preemptions() -> None:
    counts = [len(search(DFS(preemptions=bound), race(2, 2))) for bound in range(4)]
    assert counts == [2, 4, 6, 6]


def test_a_bound_that_cut_nothing_is_no_bound() -> None:
    enough = DFS(preemptions=2)
    search(enough, race(2, 2))
    assert enough.trust() == Trust("exhaustive", "6 runs")
    short = DFS(preemptions=1, delays=3)
    search(short, race(2, 2))
    assert short.trust() == Trust("bounded", "preemptions <= 1")


def test_a_run_that_exceeds_its_steps_ends_as_bound() -> None:
    strategy = DFS(steps=3)
    ends = []
    while (outcome := turn(strategy, race(2, 2))) is not None:
        ends.append((outcome.end, outcome.deliveries))
    assert set(ends) == {(End.BOUND, 3)}
    assert len(ends) == 6
    assert strategy.trust() == Trust("bounded", "steps <= 3")


def test_as_many_steps_as_there_are_cut_nothing() -> None:
    strategy = DFS(steps=4)
    search(strategy, race(2, 2))
    assert strategy.trust() == Trust("exhaustive", "6 runs")


@pytest.mark.parametrize("steps", [None, 3, 5])
def test_a_bound_of_the_host_counts_too(steps: int | None) -> None:
    strategy = DFS(steps=steps)
    while turn(strategy, race(2, 2), max_steps=3) is not None:
        pass
    assert strategy.trust() == Trust("bounded", "picks <= 3")


def test_a_search_that_has_not_ended_concludes_nothing() -> None:
    strategy = DFS()
    search(strategy, race(3, 3), most=5)
    assert strategy.trust().how == "inconclusive"
    assert strategy.trust().why.startswith("5 runs of about ")


def test_the_estimate_is_exact_where_all_branches_are_alike() -> None:
    def populate(world: World) -> None:
        world.spawn(Chooser(3, 4, 5))

    strategy = DFS()
    turn(strategy, populate)
    assert strategy.estimate() == pytest.approx(60)


@given(st.lists(st.integers(1, 4), max_size=5))
def test_the_estimate_ends_as_the_number(options: list[int]) -> None:
    """A lopsided tree: after the first value of a choice, no other is asked."""
    path = Path()
    leaves = 0
    while path.start():
        for each in options:
            if path.branch(each) == 0:
                break
        path.leaf()
        leaves += 1
    assert path.estimate() == leaves
    assert path.seen == pytest.approx(1)


@pytest.mark.parametrize("bounds", [{}, {"preemptions": 1}, {"delays": 2, "steps": 4}], ids=str)
def test_it_goes_on_where_it_stood(bounds: dict[str, int]) -> None:
    whole = DFS(**bounds)
    runs = search(whole, race(2, 2, 1))
    first = DFS(**bounds)
    begun = search(first, race(2, 2, 1), most=7)
    second = DFS(**bounds)
    second.resume(msgspec.json.decode(msgspec.json.encode(first.state())))
    assert begun + search(second, race(2, 2, 1)) == runs
    assert second.trust() == whole.trust()
    assert search(second, race(2, 2, 1)) == []


def test_it_goes_on_from_nobody_elses_state() -> None:
    with pytest.raises(MachineError, match="cannot go on from that of 'dfs --delays 1'"):
        DFS().resume(DFS(delays=1).state())
    with pytest.raises(MachineError, match="no point of a path"):
        DFS().resume({**DFS().state(), "path": [[2, 2]]})


def test_what_is_not_the_machines_is_noticed() -> None:
    fresh = count()

    class Moody(Stepper):
        async def run(self) -> None:
            for number in range(1 + next(fresh) % 2):
                await self.ask(self.cell, Add(number))

    def populate(world: World) -> None:
        cell = world.add(Cell())
        world.spawn(Moody(cell, 0), Stepper(cell, 2), Stepper(cell, 2))

    with pytest.raises(MachineError, match="Does an actor or the scenario draw"):
        search(DFS(), populate)


def test_a_timer_may_run_out_at_any_time() -> None:
    class Sleeper(Stepper):
        async def run(self) -> None:
            await self.sleep(self.steps)

    def populate(world: World) -> None:
        world.spawn(Sleeper(world.clock, 10), Sleeper(world.clock, 10**9))

    assert len(set(search(DFS(), populate))) == 2


def test_an_interrupted_run_is_made_again() -> None:
    strategy = DFS()
    outcome = turn(strategy, race(2, 2))
    assert outcome is not None
    before = strategy.state()
    strategy.begin(World())
    outcome.end = End.INTERRUPTED
    strategy.end(outcome)
    assert strategy.state() == before


def test_the_order_underneath_is_to_stay_and_then_go_on() -> None:
    world = World()
    lanes = [world.lane(world.clock, str(number)) for number in range(4)]
    assert rotation([lanes[3], lanes[0], lanes[2]], 2) == [2, 0, 1]
    assert rotation([lanes[3], lanes[0], lanes[1]], 2) == [0, 1, 2]
    assert rotation(lanes, -1) == [0, 1, 2, 3]


def test_it_describes_itself_as_typed() -> None:
    assert DFS().describe() == "dfs"
    assert DFS(2, 3, 4).describe() == "dfs --preemptions 2 --delays 3 --steps 4"
