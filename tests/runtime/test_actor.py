"""An actor acts when a message is delivered, and says what it cannot do."""

import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import MachineError
from slabrace.runtime.message import DEFERRED, Envelope, Message
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.world import World


class Add(Message, frozen=True, gc=False):
    amount: int


class Get(Message, frozen=True, gc=False):
    pass


class Counter(Actor):
    value = 0

    @handles(Add)
    def add(self, message: Add) -> int:
        self.value += message.amount
        return self.value

    @handles(Get)
    def get(self, message: Get) -> int:
        return self.value


class Doubling(Counter):
    def add(self, message: Add) -> int:  # no mark: the one of the base stays
        self.value += 2 * message.amount
        return self.value


class Asker(Actor):
    def __init__(self, to: Actor, *messages: Message) -> None:
        self.to = to
        self.messages = messages
        self.answers: list[object] = []

    async def run(self) -> None:
        for message in self.messages:
            self.answers.append(await self.ask(self.to, message))


def run(world: World) -> Outcome:
    return Engine(world, RoundRobin()).run()


def asked(to: Actor, *messages: Message) -> list[object]:
    world = World()
    world.add(to, "to")
    asker = world.spawn(Asker(to, *messages))
    assert run(world).end is End.QUIET
    return asker.answers


def test_what_a_handler_returns_is_the_answer() -> None:
    assert asked(Counter(), Add(2), Add(3), Get()) == [2, 5, 5]


def test_an_overridden_handler_keeps_its_mark() -> None:
    assert asked(Doubling(), Add(2), Get()) == [4, 4]


def test_a_message_without_a_handler_names_those_that_have_one() -> None:
    class Other(Message, frozen=True, gc=False):
        pass

    with pytest.raises(MachineError, match=r"Counter has no handler for Other; .*: Add, Get\."):
        asked(Counter(), Other())


def test_a_question_asked_early_is_answered_where_it_is_awaited() -> None:
    class Early(Asker):
        async def run(self) -> None:
            early = self.ask(self.to, Add(1))
            late = self.ask(self.to, Add(1))
            self.answers = [await late, await early]

    world = World()
    early = world.spawn(Early(world.add(Counter())))
    run(world)
    assert early.answers == [2, 1]


class Gate(Actor):
    """Answers nobody until it is opened."""

    def __init__(self) -> None:
        self.waiting: list[Envelope] = []

    @handles(Get)
    def wait(self, message: Get) -> object:
        self.waiting.append(self.defer())
        return DEFERRED

    @handles(Add)
    def open(self, message: Add) -> str:
        for envelope in self.waiting:
            self.answer(envelope, f"opened for {envelope.sender.name} by {self.sender.name}")
        return "open"


def test_a_deferred_answer_comes_when_it_is_given() -> None:
    world = World()
    gate = world.add(Gate())
    first = world.spawn(Asker(gate, Get()))
    second = world.spawn(Asker(gate, Add(1)))
    assert run(world).end is End.QUIET
    assert second.answers == ["open"]
    assert first.answers == ["opened for asker0 by asker1"]


def test_whoever_was_answered_late_goes_on_before_anything_else_is_delivered() -> None:
    order = []

    class Waiter(Actor):
        async def run(self) -> None:
            await self.ask(gate, Get())
            order.append(self.name)

    class Opener(Actor):
        async def run(self) -> None:
            self.send(gate, Add(1))
            await self.ask(gate, Add(2))
            order.append(self.name)

    world = World()
    gate = world.add(Gate())
    world.spawn(Waiter(), Opener())

    class Twice(Gate):
        def open(self, message: Add) -> str:
            order.append(f"open{message.amount}")
            waiting, self.waiting = self.waiting, []
            for envelope in waiting:
                self.answer(envelope)
            return "open"

    gate.__class__ = Twice
    run(world)
    assert order == ["open1", "waiter0", "open2", "opener0"]


def test_answering_twice_is_an_error() -> None:
    class Eager(Gate):
        def open(self, message: Add) -> str:
            return super().open(message) + super().open(message)

    world = World()
    gate = world.add(Eager())
    world.spawn(Asker(gate, Get()), Asker(gate, Add(1)))
    with pytest.raises(MachineError, match="asker0 -> eager0: Get\\(\\) was answered twice"):
        run(world)


class Listener(Actor):
    def __init__(self, count: int) -> None:
        self.count = count
        self.heard: list[Message] = []

    async def run(self) -> None:
        for _ in range(self.count):
            self.heard.append(await self.receive())


def test_receive_hears_what_has_no_handler() -> None:
    world = World()
    listener = world.spawn(Listener(2))
    world.spawn(Asker(listener, Add(1), Get()))
    assert run(world).end is End.QUIET
    assert listener.heard == [Add(1), Get()]


def test_receive_hears_what_a_handler_has_answered() -> None:
    class Polite(Listener):
        @handles(Add)
        def add(self, message: Add) -> str:
            return f"thanks for {message.amount}"

    world = World()
    polite = world.spawn(Polite(2))
    asker = world.spawn(Asker(polite, Add(1), Add(2)))
    run(world)
    assert asker.answers == ["thanks for 1", "thanks for 2"]
    assert polite.heard == [Add(1), Add(2)]


def test_an_actor_that_waits_for_an_answer_is_deaf() -> None:
    class Busy(Listener):
        async def run(self) -> None:
            await self.ask(gate, Get())
            assert self.heard == []
            await super().run()

    world = World()
    gate = world.add(Gate())
    busy = world.spawn(Busy(1))

    class Both(Actor):
        async def run(self) -> None:
            self.send(busy, Add(5))
            await self.ask(gate, Add(1))

    world.spawn(Both())
    assert run(world).end is End.QUIET
    assert busy.heard == [Add(5)]


def test_an_active_actor_that_listens_again_hears_all_that_was_parked() -> None:
    world = World()
    listener = world.spawn(Listener(6))
    world.spawn(*(Asker(listener, Add(1), Add(2)) for _ in range(3)))
    assert run(world).end is End.QUIET
    assert sorted(message.amount for message in listener.heard if isinstance(message, Add)) == [
        *[1] * 3,
        *[2] * 3,
    ]


def test_an_actor_prints_its_class_and_name() -> None:
    assert repr(World().add(Counter(), "c")) == "<Counter c>"
