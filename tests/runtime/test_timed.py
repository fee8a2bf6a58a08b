"""The timed host: who arrives first is served first, and everything takes its time."""

from typing import Any

import pytest
from tests.runtime.toys import Chooser

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.errors import MachineError, Violation
from slabrace.runtime.message import DEFERRED, Envelope, Message
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.timed import Timed, TimedClock
from slabrace.runtime.world import World


class Work(Message, frozen=True, gc=False):
    """Takes as long as it says."""

    nanoseconds: int


class Far(Work, frozen=True, gc=False):
    """Takes as long on its way, and then nothing."""


class Wait(Message, frozen=True, gc=False):
    pass


class Open(Message, frozen=True, gc=False):
    pass


WAKE = 1_000


class Tolls:
    """A tariff: an actor that serves is busy until it is done."""

    slow: frozenset[type] = frozenset({Far})

    def __init__(self) -> None:
        self.busy: dict[Actor, int] = {}

    def delay(self, envelope: Envelope) -> int:
        delay: int = envelope.message.nanoseconds
        return delay

    def serve(self, envelope: Envelope, answer: Any, time: int) -> int:
        if type(envelope.message) is not Work:
            return time
        start = max(time, self.busy.get(envelope.addressee, 0))
        end = self.busy[envelope.addressee] = start + envelope.message.nanoseconds
        return end

    def wake(self, envelope: Envelope, time: int) -> int:
        return time + WAKE


class Till(Actor):
    """Whom it serves, in order."""

    def __init__(self) -> None:
        self.served: list[str] = []
        self.waiting: list[Envelope] = []

    @handles(Work, Far)
    def work(self, message: Work) -> None:
        self.served.append(self.sender.name)

    @handles(Wait)
    def wait(self, message: Wait) -> Any:
        self.waiting.append(self.defer())
        return DEFERRED

    @handles(Open)
    def open(self, message: Open) -> None:
        for envelope in self.waiting:
            self.answer(envelope)
        self.waiting.clear()


class Customer(Actor):
    """Sends one message after the other; ``at`` is when it had its answers."""

    def __init__(self, till: Actor, *messages: Message, after: int = 0) -> None:
        self.till = till
        self.messages = messages
        self.after = after
        self.at: list[int] = []

    async def run(self) -> None:
        if self.after:
            await self.sleep(self.after)
        for message in self.messages:
            await self.ask(self.till, message)
            self.at.append(self.world.clock.now)


def turn(world: World, **options: Any) -> Outcome:
    return Timed(world, Tolls(), **options).run()


def customers(world: World, *found: Customer) -> None:
    for name, customer in zip("abcdef", found, strict=False):
        world.spawn(customer, name=name)


# -- who is served when ---------------------------------------------------------------------------


def test_a_service_takes_its_time() -> None:
    world = World()
    a = Customer(world.add(Till()), Work(30), Work(0), Work(12))
    customers(world, a)
    outcome = turn(world)
    assert (outcome.end, outcome.deliveries, a.at) == (End.QUIET, 3, [30, 30, 42])
    assert world.clock.now == 42


def test_who_comes_while_an_actor_is_busy_waits_in_line() -> None:
    world = World()
    till = world.add(Till())
    found = [Customer(till, Work(100)) for _ in range(3)]
    customers(world, *found)
    turn(world)
    assert till.served == ["a", "b", "c"]
    assert [each.at for each in found] == [[100], [200], [300]]


def test_nobody_waits_for_an_actor_that_serves_another_elsewhere() -> None:
    world = World()
    found = [Customer(world.add(Till()), Work(100)) for _ in range(3)]
    customers(world, *found)
    turn(world)
    assert [each.at for each in found] == [[100], [100], [100]]
    assert world.clock.now == 100


def test_whose_message_arrives_first_is_served_first() -> None:
    world = World()
    till = world.add(Till())

    class ThenThere(Customer):
        async def run(self) -> None:
            await super().run()
            await self.ask(till, Work(1))

    customers(world, *(ThenThere(world.add(Till()), Work(each)) for each in (50, 10, 30)))
    turn(world)
    assert till.served == ["b", "c", "a"]


def test_ties_are_served_in_the_order_of_sending() -> None:
    world = World()
    till = world.add(Till())
    customers(world, *(Customer(till, Work(0), Work(0)) for _ in range(3)))
    turn(world)
    assert till.served == ["a", "b", "c", "a", "b", "c"]


def test_what_is_long_on_its_way_arrives_late() -> None:
    world = World()
    till = world.add(Till())
    a, b = Customer(till, Far(70)), Customer(till, Work(20), Work(20))
    customers(world, a, b)
    turn(world)
    assert till.served == ["b", "b", "a"]
    assert (a.at, b.at) == ([70], [20, 40])


def test_a_message_that_nobody_awaits_does_not_hold_its_sender_up() -> None:
    class Sender(Customer):
        async def run(self) -> None:
            self.send(self.till, Work(100))
            self.at.append(self.world.clock.now)
            await self.ask(self.till, Work(5))
            self.at.append(self.world.clock.now)

    world = World()
    a = Sender(world.add(Till()))
    customers(world, a)
    turn(world)
    assert a.at == [0, 105]  # one lane: what was sent first is served first


# -- timers, and answers that come later ----------------------------------------------------------


def test_a_timer_fires_at_its_moment() -> None:
    world = World()
    till = world.add(Till())
    a, b = Customer(till, Work(1), after=55), Customer(till, *[Work(20)] * 4)
    customers(world, a, b)
    turn(world)
    assert a.at == [61]  # it came at 55, and the till was busy until 60
    assert b.at == [20, 40, 60, 81]
    assert till.served == ["b", "b", "b", "a", "b"]


def test_time_jumps_to_the_next_timer_when_nobody_can_move() -> None:
    world = World()
    a = Customer(world.add(Till()), Work(1), after=10**9)
    customers(world, a)
    assert turn(world).end is End.QUIET
    assert a.at == [10**9 + 1]


def test_a_timer_does_not_wait_for_somebody_who_is_ahead() -> None:
    world = World()
    a, b = Customer(world.add(Till()), Work(100)), Customer(world.add(Till()), Work(1), after=10)
    customers(world, a, b)
    turn(world)
    assert (a.at, b.at) == ([100], [11])
    assert world.clock.now == 100  # in the end it shows when everybody was done


def test_who_is_answered_later_has_to_be_woken() -> None:
    world = World()
    till = world.add(Till())
    a, b, c = Customer(till, Wait()), Customer(till, Wait()), Customer(till, Open(), after=500)
    customers(world, a, b, c)
    assert turn(world).end is End.QUIET
    assert (a.at, b.at) == ([500 + WAKE], [500 + WAKE])
    assert c.at == [500]  # the waker does not wait for whom it wakes


def test_nobody_moves_the_clock_but_the_host() -> None:
    world = World()
    host = Timed(world, Tolls())
    assert type(world.clock) is TimedClock
    with pytest.raises(MachineError, match="under virtual time"):
        world.clock.skip(5)
    assert host.run().end is End.QUIET


# -- active actors that listen --------------------------------------------------------------------


class Clerk(Actor):
    """Hears a message, then is busy at the till, and hears nothing meanwhile."""

    daemon = True

    def __init__(self, till: Actor) -> None:
        self.till = till
        self.heard: list[tuple[int, int]] = []

    async def run(self) -> None:
        while True:
            message: Any = await self.receive()
            self.heard.append((message.nanoseconds, self.world.clock.now))
            await self.ask(self.till, Work(100))


def test_a_deaf_actor_hears_what_came_meanwhile_in_the_order_of_its_coming() -> None:
    class Herald(Customer):
        async def run(self) -> None:
            if self.after:
                await self.sleep(self.after)
            self.send(self.till, self.messages[0])

    world = World()
    clerk = world.spawn(Clerk(world.add(Till())), name="clerk")
    heralds = [Herald(clerk, Far(number), after=after) for number, after in
               ((1, 20), (2, 10), (3, 350), (4, 0))]  # fmt: skip
    customers(world, *heralds)
    assert turn(world).end is End.QUIET
    assert clerk.heard == [(4, 4), (2, 104), (1, 204), (3, 353)]


# -- how it ends ----------------------------------------------------------------------------------


def test_a_law_that_is_broken_ends_the_run() -> None:
    class Strict(Till):
        @handles(Open)
        def open(self, message: Open) -> None:
            raise Violation("closed", "it is never opened")

    world = World()
    till = world.add(Strict())
    a, b = Customer(till, Work(10), Open(), Work(10)), Customer(till, *[Work(3)] * 9)
    customers(world, a, b)
    outcome = turn(world)
    assert outcome.end is End.VIOLATION
    assert [each.law for each in outcome.violations] == ["closed"]
    assert a.at == [10]
    assert len(b.at) < 9


def test_who_waits_for_ever_is_deadlocked() -> None:
    world = World()
    customers(world, Customer(world.add(Till()), Wait()))
    outcome = turn(world)
    assert (outcome.end, outcome.violations[0].law) == (End.VIOLATION, "deadlock")


def test_a_run_is_cut_off_at_its_bound() -> None:
    world = World()
    a = Customer(world.add(Till()), *[Work(1)] * 10)
    customers(world, a)
    outcome = turn(world, max_steps=4)
    assert (outcome.end, outcome.deliveries, a.at) == (End.BOUND, 4, [1, 2, 3, 4])


def test_a_run_that_is_done_at_its_bound_is_done() -> None:
    world = World()
    customers(world, Customer(world.add(Till()), *[Work(1)] * 4))
    assert turn(world, max_steps=4).end is End.QUIET


# -- the same every time --------------------------------------------------------------------------


def test_the_same_world_gives_the_same_run() -> None:
    def once() -> tuple[list[int], list[str]]:
        world = World()
        till = world.add(Till())
        found = [Customer(till, *[Work(3 + n)] * 5, after=7 * n) for n in range(4)]
        customers(world, *found)
        return turn(world).picks, till.served

    assert once() == once()


def test_data_choices_fall_as_the_strategy_says() -> None:
    def picks(seed: int) -> list[int]:
        world = World()
        world.spawn(Chooser(*[1000] * 5))
        return turn(world, strategy=RandomWalk(seed=seed)).picks

    assert picks(1) == picks(1) != picks(2)
    world = World()
    world.spawn(Chooser(3, 3))
    assert turn(world).picks == [-1, -1]  # unless it is told, the plain case


def test_what_is_delivered_is_told_with_its_answer() -> None:
    world = World()
    till = world.add(Till())
    customers(world, Customer(till, Work(1), Work(2)))
    told: list[str] = []
    turn(world, tell=lambda envelope: told.append(f"{envelope.message} = {envelope.answer}"))
    assert told == ["Work(1) = None", "Work(2) = None"]
