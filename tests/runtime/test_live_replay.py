"""Live finds, engine explains: every live run replays exactly, on both backends.

Two runs are equal if their traces are: the same deliveries, answers, choices and notes in the same
order. Virtual time is part of the record, so it is the same too; real time is not.
"""

import anyio
import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.live import Backend, run_live
from slabrace.runtime.message import DEFERRED, Envelope, Message
from slabrace.runtime.outcome import End
from slabrace.runtime.outside import OutsideError
from slabrace.runtime.pick import Arrival
from slabrace.runtime.replaying import replay
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.trace import Trace
from slabrace.runtime.world import World

both = pytest.mark.parametrize("backend", ["trio", "asyncio"])


class Add(Message, frozen=True, gc=False):
    amount: int


class Acquire(Message, frozen=True, gc=False):
    pass


class Release(Message, frozen=True, gc=False):
    pass


class Counter(Actor):
    value = 0

    @handles(Add)
    def add(self, message: Add) -> int:
        self.value += message.amount
        return self.value


class Lock(Actor):
    """Answers late."""

    def __init__(self) -> None:
        self.owner: Actor | None = None
        self.queue: list[Envelope] = []

    @handles(Acquire)
    def acquire(self, message: Acquire) -> object:
        if self.owner is None:
            self.owner = self.sender
            return None
        self.queue.append(self.defer())
        return DEFERRED

    @handles(Release)
    def release(self, message: Release) -> None:
        self.owner = None
        if self.queue:
            first = self.queue.pop(0)
            self.owner = first.sender
            self.answer(first)


class Listener(Actor):
    """Is deaf while it asks."""

    daemon = True

    def __init__(self, counter: Actor) -> None:
        self.counter = counter

    async def run(self) -> None:
        while True:
            message = await self.receive()
            self.note("heard", message=message, value=await self.ask(self.counter, Add(1)))


class User(Actor):
    """Asks early and late, locks, chooses, sends, spawns."""

    def __init__(self, counter: Actor, lock: Actor, listener: Actor, rounds: int = 3) -> None:
        self.counter = counter
        self.lock = lock
        self.listener = listener
        self.rounds = rounds

    async def run(self) -> None:
        for number in range(self.rounds):
            await self.ask(self.lock, Acquire())
            self.send(self.listener, Add(number))
            early = self.ask(self.counter, Add(self.choose("amount", 3)))
            late = self.ask(self.counter, Add(10))
            self.note("added", late=await late, early=await early)
            await self.between(number)
            await self.ask(self.lock, Release())
        if self.rounds == 3:
            self.world.spawn(type(self)(self.counter, self.lock, self.listener, 1))

    async def between(self, number: int) -> None:
        pass


class Sleeper(User):
    async def between(self, number: int) -> None:
        if self.choose("nap", 2):
            await self.sleep(self.choose("length", 4) * 3_000)
        two = self.sleep(9_000), self.sleep(4_000)
        await two[0]
        await two[1]
        self.note("slept", now=self.world.clock.now)


async def work(number: int) -> object:
    await anyio.sleep(0.00002 * (number + 1))
    if number == 2:
        raise KeyError("boom")
    return (number, {"list": [number]})


class Caller(Sleeper):
    async def between(self, number: int) -> None:
        if self.choose("which", 2):
            await super().between(number)
        try:
            self.note("worked", result=await self.outside(work, number))
        except OutsideError as error:
            self.note("failed", kind=error.kind, text=error.text)


KINDS: dict[str, list[type[User]]] = {
    "plain": [User] * 4,
    "timers": [Sleeper] * 3,
    "outside": [Caller, Caller, User],
}
WAYS: dict[str, tuple[float, list[str]]] = {
    "checkpoints": (0.0, []),
    "delays": (0.00005, []),
    "policies": (0.00002, ["from=*r1 for=1..30 p=0.3", "to=lock for=exp:30us"]),
}


def build(kinds: list[type[User]]) -> World:
    world = World()
    counter, lock = world.add(Counter(), "counter"), world.add(Lock(), "lock")
    listener = world.spawn(Listener(counter), name="listener")
    world.spawn(*(kind(counter, lock, listener) for kind in kinds))
    return world


@both
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_live_run_replays_exactly(backend: Backend, kind: str, way: str) -> None:
    max_delay, policies = WAYS[way]
    ways = set()
    for seed in range(25):
        world = build(KINDS[kind])
        trace = Trace(world)
        outcome = run_live(
            world,
            backend=backend,
            seed=seed,
            max_delay=max_delay,
            delays=[Delay.parse(policy) for policy in policies],
            tell=trace.tell,
        )
        assert outcome.end is End.QUIET
        written = Schedule("s", {}, outcome.described, "live", host=backend, end=outcome.end)
        again = build(KINDS[kind])
        replayed = Trace(again)
        followed = replay(again, Schedule.parse(written.token()), tell=replayed.tell)
        assert replayed.lines() == trace.lines()
        assert followed.picks == outcome.picks
        assert [step.time for step in replayed.steps] == [step.time for step in trace.steps]
        ways.add(trace.digest())
    assert len(ways) > 12  # and the seeds are not one run


@both
def test_what_came_from_outside_is_recorded_with_the_pick(backend: Backend) -> None:
    class Once(Actor):
        async def run(self) -> None:
            self.note("got", value=await self.outside(work, 1))

    world = World()
    world.spawn(Once(), name="once")
    outcome = run_live(world, backend=backend)
    assert outcome.described == [Arrival("once", 0, [1, {"list": [1]}])]


@both
def test_a_replay_does_not_call_outside(backend: Backend) -> None:
    calls = []

    async def call() -> int:
        await anyio.lowlevel.checkpoint()
        calls.append(1)
        return len(calls)

    class Once(Actor):
        async def run(self) -> None:
            self.got = await self.outside(call)

    def one() -> tuple[World, Once]:
        world = World()
        return world, world.spawn(Once(), name="once")

    world, _ = one()
    outcome = run_live(world, backend=backend)
    world, once = one()
    replay(world, Schedule("s", {}, outcome.described, "live", host=backend, end=outcome.end))
    assert (calls, once.got) == ([1], 1)
