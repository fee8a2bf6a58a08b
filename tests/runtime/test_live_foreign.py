"""Foreign awaits on the live host: they work, they are really cancelled, and they are marked."""

import anyio
import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.errors import Divergence
from slabrace.runtime.live import Backend, run_live
from slabrace.runtime.message import DEFERRED, Message
from slabrace.runtime.outcome import End
from slabrace.runtime.pick import Departure
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


class Silent(Counter):
    def add(self, message: Add) -> int:
        self.defer()
        return DEFERRED  # type: ignore[return-value]


class Napper(Actor):
    def __init__(self, counter: Actor) -> None:
        self.counter = counter
        self.log: list[object] = []

    async def run(self) -> None:
        self.log.append(await self.ask(self.counter, Add(1)))
        await anyio.sleep(0.001)
        self.log.append(await self.ask(self.counter, Add(1)))


def nappers(count: int) -> World:
    world = World()
    counter = world.add(Counter(), "counter")
    world.spawn(*(Napper(counter) for _ in range(count)))
    return world


def test_a_foreign_await_works_and_is_waited_for(backend: Backend) -> None:
    world = nappers(3)
    outcome = run_live(world, backend=backend)
    assert (outcome.end, outcome.deliveries) == (End.QUIET, 6)
    marks = [pick.actor for pick in outcome.described if isinstance(pick, Departure)]
    assert set(marks) == {"napper0", "napper1", "napper2"}


def test_others_act_in_the_meantime(backend: Backend) -> None:
    order: list[str] = []

    over: list[anyio.Event] = []

    class Long(Napper):
        async def run(self) -> None:
            over.append(anyio.Event())
            await over[0].wait()
            order.append("long")

    class Short(Napper):
        async def run(self) -> None:
            for _ in range(20):
                await self.ask(self.counter, Add(1))
            order.append("short")
            over[0].set()

    world = World()
    counter = world.add(Counter())
    world.spawn(Long(counter), Short(counter))
    run_live(world, backend=backend)
    assert order == ["short", "long"]


def test_a_replay_says_who_left_the_machine_and_what_to_do(backend: Backend) -> None:
    outcome = run_live(nappers(1), backend=backend)
    schedule = Schedule("s", {}, outcome.described, "live", host=backend, end=outcome.end)
    with pytest.raises(Divergence) as caught:
        replay(nappers(1), Schedule.parse(schedule.token()))
    assert caught.value.pick == 1
    assert str(caught.value).startswith(
        "pick 1 cannot be replayed: actor napper0 left the machine there by a native await"
    )
    assert "await self.outside(function, ...)" in str(caught.value)


def test_a_cancel_scope_of_the_actor_ends_its_native_await(backend: Backend) -> None:
    class Hasty(Napper):
        async def run(self) -> None:
            with anyio.move_on_after(0.001) as scope:
                await anyio.sleep_forever()
            self.log.append(scope.cancelled_caught)
            self.log.append(await self.ask(self.counter, Add(1)))

    world = World()
    hasty = world.spawn(Hasty(world.add(Counter())))
    assert run_live(world, backend=backend).end is End.QUIET
    assert hasty.log == [True, 1]


def test_a_cancel_scope_of_the_actor_ends_its_wait_for_an_answer(backend: Backend) -> None:
    class Hasty(Napper):
        async def run(self) -> None:
            with anyio.move_on_after(0.001) as scope:
                await self.ask(silent, Add(1))
            self.log.append(scope.cancelled_caught)
            self.log.append(await self.ask(self.counter, Add(1)))

    world = World()
    silent = world.add(Silent())
    hasty = world.spawn(Hasty(world.add(Counter())))
    # A timer keeps the run from being at rest before the scope's time is over.
    world.spawn(Ticker())
    outcome = run_live(world, backend=backend)
    assert outcome.end is End.QUIET
    assert hasty.log == [True, 1]
    assert Departure("hasty0") in outcome.described


class Ticker(Actor):
    async def run(self) -> None:
        await self.sleep(50_000_000)


def test_a_cancel_scope_of_the_actor_ends_its_listening(backend: Backend) -> None:
    class Hasty(Napper):
        async def run(self) -> None:
            with anyio.move_on_after(0.001):
                await self.receive()
            self.log.append("gave up")
            self.log.append(await self.receive())

    class Late(Actor):
        async def run(self) -> None:
            await self.sleep(20_000_000)
            self.send(hasty, Add(5))

    world = World()
    hasty = world.spawn(Hasty(world.add(Counter())))
    world.spawn(Late())
    assert run_live(world, backend=backend).end is End.QUIET
    assert hasty.log == ["gave up", Add(5)]


def test_a_native_await_is_cancelled_when_the_run_is_over(backend: Backend) -> None:
    class Forever(Napper):
        daemon = True

        async def run(self) -> None:
            try:
                await anyio.sleep_forever()
            finally:
                self.log.append("cleaned up")

    world = nappers(1)
    forever = world.spawn(Forever(world.add(Counter())))
    assert run_live(world, backend=backend).end is End.QUIET
    assert forever.log == ["cleaned up"]


def test_a_daemon_abroad_is_not_waited_for(backend: Backend) -> None:
    class Watcher(Napper):
        daemon = True

        async def run(self) -> None:
            while True:
                await anyio.sleep(0.0005)
                self.log.append(await self.ask(self.counter, Add(1)))

    world = nappers(2)
    world.spawn(Watcher(world.add(Counter())))
    assert run_live(world, backend=backend).end is End.QUIET


def test_many_natives_and_many_askers_keep_the_machine_consistent(backend: Backend) -> None:
    class Mixed(Napper):
        async def run(self) -> None:
            for number in range(10):
                await self.ask(self.counter, Add(1))
                if self.choose("native", 2):
                    await anyio.sleep(0.0001 * (number % 3))

    for seed in range(10):
        world = World()
        counter = world.add(Counter())
        world.spawn(*(Mixed(counter) for _ in range(8)))
        outcome = run_live(world, backend=backend, seed=seed, max_delay=0.0001)
        assert outcome.end is End.QUIET
        assert counter.value == 80
