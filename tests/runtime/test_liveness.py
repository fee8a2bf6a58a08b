"""What is due is overdue when a fair loop never brings it, and not before."""

from collections.abc import Sequence

import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Overdue
from slabrace.runtime.liveness import HotMonitor
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import Message
from slabrace.runtime.monitor import Event, watches
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.replaying import describe, replay
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies import watched
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World


class Read(Message, frozen=True):
    pass


class Write(Message, frozen=True):
    value: int


class Cell(Actor):
    value = 0

    @handles(Read)
    def read(self, message: Read) -> int:
        return self.value

    @handles(Write)
    def write(self, message: Write) -> None:
        self.value = message.value


class Waiter(Actor):
    """Asks until the cell is positive."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    async def run(self) -> None:
        self.note("began")
        while await self.ask(self.cell, Read()) <= 0:
            pass
        self.note("ended")


class Writer(Actor):
    """Writes ``values`` in turn, ``rounds`` times or for ever."""

    def __init__(self, cell: Cell, *values: int, rounds: int | None = None) -> None:
        self.cell = cell
        self.values = values
        self.rounds = rounds

    async def run(self) -> None:
        while self.rounds is None or self.rounds > 0:
            for value in self.values:
                await self.ask(self.cell, Write(value))
            if self.rounds is not None:
                self.rounds -= 1


class Counter(Actor):
    """Counts down for ever: no state comes back."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    async def run(self) -> None:
        value = 0
        while True:
            value -= 1
            await self.ask(self.cell, Write(value))


class Ends(HotMonitor):
    law = "ends"
    bound = 300

    @watches("began")
    def began(self, event: Event) -> None:
        self.must(event.actor, f"{event.actor.name} ends", event.actor)

    @watches("ended")
    def ended(self, event: Event) -> None:
        self.happened(event.actor)


class Starving:
    """Picks the lane with the lowest number, whoever waits."""

    def begin(self, world: World) -> bool:
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        return min(range(len(ready)), key=lambda index: ready[index].number)

    def choose(self, label: str, options: int, /) -> int:
        return 0

    def end(self, outcome: Outcome) -> None:
        pass

    def describe(self) -> str:
        return "starving"


def hopeless() -> World:
    """One waits for a positive number, the other writes 0 and -1 for ever."""
    world = World()
    world.judge(Ends())
    cell = world.spawn(Cell(), name="cell")
    world.spawn(Waiter(cell), Writer(cell, 0, -1))
    return world


def turn(world: World, strategy: Strategy | None = None, max_steps: int = 2_000) -> Outcome:
    strategy = strategy or RoundRobin()
    strategy.begin(world)
    return Engine(world, strategy, max_steps=max_steps).run()


def overdue(outcome: Outcome) -> Overdue:
    (violation,) = outcome.violations
    assert isinstance(violation, Overdue)
    return violation


def test_a_loop_that_starves_what_is_due_is_found_with_its_deliveries() -> None:
    outcome = turn(hopeless())
    violation = overdue(outcome)
    assert (violation.how, violation.signature) == ("lasso", "ends:waiter0")
    assert sorted(violation.loop) == [
        "waiter0 -> cell: Read()",
        "writer0 -> cell: Write(-1)",
        "writer0 -> cell: Write(0)",
    ]
    assert len(outcome.picks) < 12
    assert "the last 3 deliveries" in violation.message


@pytest.mark.parametrize("seed", range(5))
def test_the_loop_is_found_on_a_random_walk_under_the_same_signature(seed: int) -> None:
    violation = overdue(turn(hopeless(), RandomWalk(seed)))
    assert violation.signature == "ends:waiter0"
    assert {text.split()[0] for text in violation.loop} == {"waiter0", "writer0"}


def test_the_picks_of_a_lasso_lead_to_it_again() -> None:
    outcome = turn(hopeless(), RandomWalk(3))
    picks = describe(hopeless, outcome.picks)
    schedule = Schedule("hopeless", {}, picks, "random", max_steps=2_000, end=End.VIOLATION)
    again = overdue(replay(hopeless(), schedule))
    assert again.loop == overdue(outcome).loop


def test_a_run_that_makes_progress_is_not_flagged() -> None:
    world = World()
    world.judge(Ends())
    cell = world.spawn(Cell(), name="cell")
    world.spawn(Waiter(cell), Writer(cell, *([0, -1] * 20), 1, rounds=1))
    assert turn(world).end is End.QUIET


def test_a_state_that_only_looks_like_another_is_not_a_loop() -> None:
    """The writer's count of rounds is in no message, and tells two states apart."""
    world = World()
    world.judge(Ends())
    cell = world.spawn(Cell(), name="cell")
    world.spawn(Waiter(cell), Writer(cell, 0, rounds=40), Writer(cell, 0, rounds=40))
    monitor = world.monitors[0]
    assert isinstance(monitor, Ends)
    outcome = turn(world)
    assert overdue(outcome).how == "lasso"
    assert len(outcome.picks) > 80  # not before both have ended


def test_an_unfair_loop_says_nothing() -> None:
    """The waiter goes round for ever while the writer is left standing."""
    world = World()
    world.judge(Ends())
    cell = world.spawn(Cell(), name="cell")
    world.spawn(Waiter(cell), Writer(cell, 1, rounds=1))
    outcome = turn(world, Starving())
    assert (outcome.end, outcome.violations) == (End.BOUND, [])


def test_a_bound_says_that_it_is_none_and_no_proof() -> None:
    world = World()
    world.judge(Ends())
    cell = world.spawn(Cell(), name="cell")
    world.spawn(Waiter(cell), Counter(cell))
    outcome = turn(world)
    violation = overdue(outcome)
    assert (violation.how, violation.loop, violation.signature) == ("bound", (), "ends:waiter0")
    assert Ends.bound < len(outcome.picks) < Ends.bound + 10


def test_the_bound_counts_no_unfair_picks() -> None:
    """One is left standing for good: what the others fail to do is not held against them."""
    world = World()
    world.judge(Ends())
    cell = world.spawn(Cell(), name="cell")
    world.spawn(Counter(cell), Waiter(cell))
    world.spawn(Writer(cell, 1))

    class OneOut(Starving):
        def pick(self, ready: Sequence[Lane], /) -> int:
            fair = [lane for lane in ready if lane.owner.name != "writer0"]
            return ready.index(fair[len(world.picks) % len(fair)])

    outcome = turn(world, OneOut())
    assert (outcome.end, outcome.violations) == (End.BOUND, [])


def test_what_is_due_at_rest_never_comes() -> None:
    class Promise(Actor):
        async def run(self) -> None:
            self.note("began")

    world = World()
    world.judge(Ends())
    world.spawn(Promise(), name="promise")
    outcome = turn(world)
    (violation,) = outcome.violations
    assert (violation.signature, outcome.picks) == ("ends:promise", [])


def test_a_monitor_that_is_cold_costs_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(watched, "fingerprint", lambda world: looks.append(len(world.picks)))
    world = World()
    world.judge(Ends())
    cell = world.spawn(Cell(), name="cell")
    world.spawn(Writer(cell, 0, rounds=5))
    assert turn(world).end is End.QUIET
    assert looks == []


def test_a_world_without_hot_monitors_keeps_its_strategy() -> None:
    strategy = RoundRobin()
    assert Engine(World(), strategy).strategy is strategy


def test_hot_names_what_has_been_due_for_longest() -> None:
    monitor = Ends()
    monitor.attach(World())
    said = [monitor.hot]
    monitor.must("one", "one comes")
    monitor.must("two", "two comes")
    said.append(monitor.hot)
    monitor.happened("one")
    assert [*said, monitor.hot] == [None, "one comes", "two comes"]


def test_a_law_that_presupposes_something_ignores_loops_without_it() -> None:
    class IfWritten(Ends):
        law = "if_written"

        def presupposed(self, key: object, since: int) -> bool:
            return False

    world = World()
    world.judge(IfWritten())
    cell = world.spawn(Cell(), name="cell")
    world.spawn(Waiter(cell), Writer(cell, 0, -1))
    outcome = turn(world)
    assert (outcome.end, outcome.violations) == (End.BOUND, [])


def test_watching_changes_no_pick() -> None:
    blind = hopeless()
    blind.monitors.clear()
    alone = turn(blind, RandomWalk(1), max_steps=5).picks
    assert turn(hopeless(), RandomWalk(1)).picks[:5] == alone
