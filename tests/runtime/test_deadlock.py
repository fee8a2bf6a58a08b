"""A deadlock says who waits for what."""

import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.message import DEFERRED, Envelope, Message
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.world import World


class Acquire(Message, frozen=True, gc=False):
    pass


class Lock(Actor):
    owner: Actor | None = None

    @handles(Acquire)
    def acquire(self, message: Acquire) -> object:
        if self.owner is None:
            self.owner = self.sender
            return None
        self.defer()
        return DEFERRED


class NamedLock(Lock):
    def explain_wait(self, envelope: Envelope) -> str:
        return f"{self.name}, held by {self.owner.name if self.owner else 'nobody'}"


class Both(Actor):
    def __init__(self, *locks: Lock) -> None:
        self.locks = locks

    async def run(self) -> None:
        for lock in self.locks:
            await self.ask(lock, Acquire())


class Listener(Actor):
    async def run(self) -> None:
        await self.receive()


class Patient(Listener):
    daemon = True


def run(world: World) -> Outcome:
    return Engine(world, RoundRobin()).run()


@pytest.mark.parametrize(
    ("kind", "wait"),
    [(Lock, "{} to answer Acquire()"), (NamedLock, "{}, held by {}")],
    ids=["plain", "explained"],
)
def test_it_names_every_actor_and_what_it_waits_for(kind: type[Lock], wait: str) -> None:
    world = World()
    a, b = world.add(kind(), "a"), world.add(kind(), "b")
    world.spawn(Both(a, b), name="x")
    world.spawn(Both(b, a), name="y")
    outcome = run(world)
    assert outcome.end is End.VIOLATION
    (violation,) = outcome.violations
    assert violation.message == (
        f"nobody can move; x waits for {wait.format('b', 'y')}; y waits for {wait.format('a', 'x')}"
    )
    assert violation.signature == "deadlock:x:y"


def test_an_actor_that_listens_in_vain_waits_for_a_message() -> None:
    world = World()
    world.spawn(Listener())
    (violation,) = run(world).violations
    assert str(violation) == "deadlock: nobody can move; listener0 waits for a message"


def test_a_daemon_may_listen_for_ever() -> None:
    world = World()
    world.spawn(Patient())
    assert run(world).end is End.QUIET


def test_an_actor_asked_by_itself_never_answers() -> None:
    class Selfish(Actor):
        async def run(self) -> None:
            await self.ask(self, Acquire())

        @handles(Acquire)
        def acquire(self, message: Acquire) -> None:
            pass

    world = World()
    world.spawn(Selfish())
    (violation,) = run(world).violations
    assert "selfish0 waits for selfish0 to answer Acquire()" in violation.message


def test_those_that_are_done_are_not_named() -> None:
    world = World()
    lock = world.add(Lock(), "lock")
    world.spawn(Both(lock), Both(lock))
    (violation,) = run(world).violations
    assert violation.parties == ("both1",)


def test_a_sleeper_is_not_stuck() -> None:
    class Sleeper(Actor):
        async def run(self) -> None:
            await self.sleep(10**9)

    world = World()
    world.spawn(Sleeper())
    assert run(world).end is End.QUIET
