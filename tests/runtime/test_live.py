"""The live host: real tasks and real time, and the rules of the engine."""

import signal

import anyio
import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.errors import MachineError, Violation
from slabrace.runtime.live import Backend, Live, run_live
from slabrace.runtime.message import DEFERRED, Message
from slabrace.runtime.monitor import Monitor
from slabrace.runtime.outcome import End
from slabrace.runtime.pick import Choice
from slabrace.runtime.replaying import replay
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.world import World

pytestmark = pytest.mark.parametrize("backend", ["trio", "asyncio"])


class Add(Message, frozen=True, gc=False):
    amount: int


class Counter(Actor):
    value = 0

    @handles(Add)
    def add(self, message: Add) -> int:
        self.value += message.amount
        return self.value


class User(Actor):
    def __init__(self, counter: Actor, rounds: int) -> None:
        self.counter = counter
        self.rounds = rounds
        self.answers: list[int] = []
        self.cleaned = False

    async def run(self) -> None:
        try:
            for _ in range(self.rounds):
                self.answers.append(await self.ask(self.counter, Add(1)))
        finally:
            self.cleaned = True


def world_of(counter: Counter, users: int = 2, rounds: int = 50) -> World:
    world = World()
    world.add(counter, "counter")
    world.spawn(*(User(counter, rounds) for _ in range(users)))
    return world


def closed(world: World) -> bool:
    return all(task.coroutine.cr_frame is None for task in world.tasks)  # type: ignore[attr-defined]


def test_turns_a_world_until_it_is_at_rest(backend: Backend) -> None:
    counter = Counter()
    world = world_of(counter)
    outcome = run_live(world, backend=backend)
    assert (outcome.end, outcome.deliveries, counter.value) == (End.QUIET, 100, 100)


def test_runs_inside_an_event_loop_that_is_there(backend: Backend) -> None:
    counter = Counter()
    world = world_of(counter)
    assert anyio.run(Live(world).run, backend=backend).end is End.QUIET
    assert counter.value == 100


def test_nothing_to_do_is_quiet(backend: Backend) -> None:
    assert run_live(World(), backend=backend).end is End.QUIET


def test_a_run_that_does_not_end_is_cut_and_is_no_success(backend: Backend) -> None:
    world = world_of(Counter())
    outcome = run_live(world, backend=backend, max_steps=30)
    assert (outcome.end, len(outcome.picks), len(outcome.described)) == (End.BOUND, 30, 30)
    assert closed(world)


def test_a_violation_ends_the_run_and_recurs_in_the_replay(backend: Backend) -> None:
    class Strict(Counter):
        def add(self, message: Add) -> int:
            if self.value == 9:
                raise Violation("nine", "no more", [self.name])
            return super().add(message)

    world = world_of(Strict())
    outcome = run_live(world, backend=backend)
    assert (outcome.end, len(outcome.picks)) == (End.VIOLATION, 10)
    assert closed(world)
    schedule = Schedule("s", {}, outcome.described, "live", host=backend, end=outcome.end)
    again = replay(world_of(Strict()), schedule)
    assert again.picks == outcome.picks
    assert [each.signature for each in again.violations] == ["nine:counter"]


def test_laws_about_the_end_are_judged(backend: Backend) -> None:
    class Odd(Monitor):
        law = "odd"

        def at_quiescence(self) -> None:
            self.violated("it is even")

    world = world_of(Counter())
    world.judge(Odd())
    assert [each.law for each in run_live(world, backend=backend).violations] == ["odd"]


def test_a_deadlock_is_told_as_on_the_engine(backend: Backend) -> None:
    class Silent(Counter):
        def add(self, message: Add) -> int:
            self.defer()
            return DEFERRED  # type: ignore[return-value]

    world = world_of(Silent())
    outcome = run_live(world, backend=backend)
    assert outcome.end is End.VIOLATION
    assert str(outcome.violations[0]) == (
        "deadlock: nobody can move; user0 waits for counter to answer Add(1); "
        "user1 waits for counter to answer Add(1)"
    )
    assert closed(world)


@pytest.mark.parametrize("where", ["handler", "coroutine", "outside"])
def test_an_error_comes_out_as_it_is(backend: Backend, where: str) -> None:
    class Broken(Counter):
        def add(self, message: Add) -> int:
            if where == "handler":
                raise ZeroDivisionError
            return super().add(message)

    class Breaker(Actor):
        async def run(self) -> None:
            await self.ask(counter, Add(1))
            if where == "coroutine":
                raise ZeroDivisionError
            await self.outside(self.fetch)

        async def fetch(self) -> object:
            await anyio.sleep(0)  # noqa: ASYNC115  # any foreign await
            return object()

    counter = Broken()
    world = world_of(counter, rounds=10**9)
    world.spawn(Breaker())
    expected = MachineError if where == "outside" else ZeroDivisionError
    with pytest.raises(expected, match=r"fetch|^$"):
        run_live(world, backend=backend)
    assert closed(world)


def test_data_choices_come_from_the_seed(backend: Backend) -> None:
    class Chooser(Actor):
        async def run(self) -> None:
            self.values = [self.choose("size", 10) for _ in range(5)]

    def values(seed: int) -> list[int]:
        world = World()
        chooser = world.spawn(Chooser())
        outcome = run_live(world, backend=backend, seed=seed)
        assert outcome.described == [Choice("size", value) for value in chooser.values]
        return chooser.values

    assert values(1) == values(1)
    assert values(1) != values(2)


def test_timers_fire_by_real_time_and_move_the_virtual_clock(backend: Backend) -> None:
    class Sleeper(Actor):
        async def run(self) -> None:
            for _ in range(3):
                await self.sleep(10**12)

    world = World()
    world.spawn(Sleeper(), Sleeper())
    assert run_live(world, backend=backend, speed=1e9).end is End.QUIET
    assert world.clock.now >= 3 * 10**12


def test_ctrl_c_ends_the_run_with_what_there_is(backend: Backend) -> None:
    class Pressed(Counter):
        def add(self, message: Add) -> int:
            if self.value == 20:
                signal.raise_signal(signal.SIGINT)
            return super().add(message)

    world = world_of(Pressed(), rounds=10**9)
    outcome = run_live(world, backend=backend)
    assert outcome.end is End.INTERRUPTED
    assert len(outcome.picks) == len(outcome.described) >= 20
    assert closed(world)
    assert all(task.actor.cleaned for task in world.tasks if isinstance(task.actor, User))
    schedule = Schedule("s", {}, outcome.described, "live", host=backend, end=outcome.end)
    again = replay(world_of(Counter(), rounds=10**9), schedule)
    assert (again.end, again.picks) == (End.INTERRUPTED, outcome.picks)


def test_a_coroutine_that_cleans_up_with_the_machine_is_closed_too(backend: Backend) -> None:
    class Careful(User):
        async def run(self) -> None:
            try:
                await super().run()
            finally:
                await self.ask(self.counter, Add(-1))

    world = World()
    counter = world.add(Counter())
    world.spawn(Careful(counter, 10**9))
    assert run_live(world, backend=backend, max_steps=9).end is End.BOUND
    assert closed(world)


def test_thousands_of_passive_actors_cost_nothing_until_they_are_used(backend: Backend) -> None:
    world = World()
    counters = [world.add(Counter()) for _ in range(5_000)]
    world.spawn(User(counters[77], 10))
    assert run_live(world, backend=backend).deliveries == 10
