"""Virtual time: a pick takes a tick, and at rest time jumps to the next timer."""

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.clock import TICK
from slabrace.runtime.engine import Engine
from slabrace.runtime.message import Message
from slabrace.runtime.outcome import End
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.world import World


class Ping(Message, frozen=True, gc=False):
    pass


class Thing(Actor):
    @handles(Ping)
    def ping(self, message: Ping) -> None:
        pass


class Sleeper(Actor):
    def __init__(self, *naps: int) -> None:
        self.naps = naps
        self.woke: list[int] = []

    async def run(self) -> None:
        for nap in self.naps:
            await self.sleep(nap)
            self.woke.append(self.world.clock.now)


class Busy(Actor):
    def __init__(self, thing: Actor, count: int) -> None:
        self.thing = thing
        self.count = count

    async def run(self) -> None:
        for _ in range(self.count):
            await self.ask(self.thing, Ping())


def test_a_pick_takes_one_tick() -> None:
    world = World()
    world.spawn(Busy(world.add(Thing()), 7))
    Engine(world, RoundRobin()).run()
    assert world.clock.now == 7 * TICK


def test_time_jumps_to_the_next_timer_when_nobody_can_move() -> None:
    world = World()
    sleeper = world.spawn(Sleeper(10**9, 10**12))
    assert Engine(world, RoundRobin()).run().end is End.QUIET
    assert sleeper.woke == [10**9 + TICK, 10**9 + 10**12 + 2 * TICK]


def test_a_timer_never_fires_early() -> None:
    for seed in range(50):
        world = World()
        thing = world.add(Thing())
        sleepers = [world.spawn(Sleeper(nap, nap)) for nap in (1, 999, 5_500, 20_000)]
        world.spawn(Busy(thing, 30))
        walk = RandomWalk(seed)
        walk.begin(world)
        Engine(world, walk).run()
        for sleeper in sleepers:
            first, second = sleeper.woke
            assert first >= sleeper.naps[0]
            assert second - first >= sleeper.naps[1]


def test_a_timer_may_fire_while_others_are_busy() -> None:
    world = World()
    thing = world.add(Thing())
    sleeper = world.spawn(Sleeper(5 * TICK))
    world.spawn(Busy(thing, 30))
    Engine(world, RoundRobin()).run()
    assert 5 * TICK <= sleeper.woke[0] < 10 * TICK


def test_timers_fire_in_the_order_of_their_times() -> None:
    world = World()
    order = []

    class Ordered(Sleeper):
        async def run(self) -> None:
            await super().run()
            order.append(self.naps[0])

    world.spawn(*(Ordered(nap * 10**6) for nap in (3, 1, 2)))
    Engine(world, RoundRobin()).run()
    assert order == [10**6, 2 * 10**6, 3 * 10**6]


def test_time_does_not_go_back() -> None:
    world = World()
    world.clock.jump(500)
    world.clock.jump(100)
    assert world.clock.now == 500


def test_a_skip_is_a_pick_and_fires_what_is_due() -> None:
    world = World()
    world.spawn(Sleeper(5_000))
    engine = Engine(world, RoundRobin())
    engine._serve_interrupts()
    world.clock.skip(4_000)
    assert world.picks == [-4_001]
    assert world.clock.now == 4_000 + TICK
    assert [envelope.message.nanoseconds for envelope in world.ready.heads()] == [5_000]
    assert world.deliveries == 0
    world.tasks[0].close()
