"""Observer: what a delivery was, read off the world; by numbers that are the same in every run."""

from collections.abc import Callable, Hashable, Sequence

import pytest
from tests.quality.programs import Cell, Number, Read, Thread, Write, threads

from slabrace.runtime.causality import START, Happening
from slabrace.runtime.engine import Engine
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.observer import Observer
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.strategies.wrapper import Wrapper
from slabrace.runtime.world import World


class Log(Wrapper):
    """Keeps all that an observer says of a run."""

    def __init__(self, observer: Observer) -> None:
        super().__init__(RoundRobin())
        self.observer = observer

    def begin(self, world: World) -> bool:
        self.events: list[Happening] = []
        self.early: list[int] = []
        self.observer.begin(world)
        return super().begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        self.settle()
        index = super().pick(ready)
        self.observer.deliver(ready[index])
        return index

    def settle(self) -> None:
        self.events.append(self.observer.settle(()))
        self.early.append(len(self.observer.early))


@pytest.fixture
def observer() -> Observer:
    return Observer()


def observed(observer: Observer, populate: Callable[[World], None]) -> Log:
    world = World()
    populate(world)
    log = Log(observer)
    log.begin(world)
    Engine(world, log).run()
    log.settle()
    return log


def grown(observer: Observer, event: Happening) -> list[Hashable]:
    """The lanes that grew, by name."""
    names = {number: name for name, number in observer.lanes.items()}
    return sorted((names[number] for number in event.grown), key=str)


def test_the_lanes_that_grew_each_as_often_as_it_did(observer: Observer) -> None:
    def populate(world: World) -> None:
        x, y = world.add(Cell(), "x"), world.add(Cell(), "y")

        async def send(self: Thread) -> None:
            await self.ask(y, Read())
            self.send(x, Write(1))
            self.send(x, Write(2))
            await self.ask(y, Read())

        threads(world, send)

    log = observed(observer, populate)
    assert [event.lane == START for event in log.events] == [True] + [False] * 4
    assert [grown(observer, event) for event in log.events] == [
        [("t0", "y")], [("t0", "x"), ("t0", "x"), ("t0", "y")], [], [], [],
    ]  # fmt: skip


def test_an_actor_that_is_touched_counts_as_one_that_was_sent_a_message(observer: Observer) -> None:
    def populate(world: World) -> None:
        x, y = world.add(Cell(), "x"), world.add(Cell(), "y")

        async def touch(self: Thread) -> None:
            await self.ask(x, Read())
            world.touch(y)
            world.touch("tally", write=False)
            await self.ask(y, Write(1))

        threads(world, touch)

    _, first, second = observed(observer, populate).events
    x, y = observer.actors["x"], observer.actors["y"]
    assert first.footprint == ((x, None, False), (y, None, True), ("tally", None, False))
    assert second.footprint == ((y, None, True),)
    assert observer.beside == {first.lane: {y, "tally"}}


def test_who_begins_to_listen_and_what_waits_for_the_deaf(observer: Observer) -> None:
    def populate(world: World) -> None:
        x = world.add(Cell(), "x")

        async def hear(self: Thread) -> None:
            await self.ask(x, Read())
            await self.receive()

        async def tell(self: Thread) -> None:
            self.send(hearer, Number(1))
            self.send(hearer, Number(2))

        hearer = Thread(hear)
        world.spawn(hearer, name="hearer")
        world.spawn(Thread(tell), name="teller")

    log = observed(observer, populate)
    hearer = observer.actors["hearer"]
    assert [list(event.opened) for event in log.events] == [[], [hearer], []]
    assert [len(lane) for lane in observer.waiting()] == [1]
    assert [event.footprint[0] for event in log.events[1:]] == [
        (observer.actors["x"], None, False),
        (hearer, None, True),
    ]


def test_what_is_asked_and_not_awaited_at_once_is_early(observer: Observer) -> None:
    def populate(world: World) -> None:
        x, y = world.add(Cell(), "x"), world.add(Cell(), "y")

        async def ask(self: Thread) -> None:
            early = self.ask(x, Read())
            await self.ask(y, Read())
            await early

        threads(world, ask)

    assert observed(observer, populate).early == [1, 0, 0]


def test_numbers_are_the_same_whatever_came_first(observer: Observer) -> None:
    def program(*order: str) -> Callable[[World], None]:
        def populate(world: World) -> None:
            cells = {name: world.add(Cell(), name) for name in "xy"}

            async def write(self: Thread) -> None:
                for name in order:
                    await self.ask(cells[name], Write(1))

            threads(world, write)

        return populate

    one = observed(observer, program("x", "y")).events
    other = observed(observer, program("y", "x")).events
    assert [event.lane for event in one] == [each.lane for each in (other[0], other[2], other[1])]
    assert one[1].footprint == other[2].footprint
