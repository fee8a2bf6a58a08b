"""The number does not depend on the order of what commutes, and depends on everything else."""

from collections.abc import Hashable

from tests.runtime.failing import Build, Get, Program, Put, Var, lost_update

from slabrace.runtime.course import Block, Course
from slabrace.runtime.engine import Engine
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.strategies.lenient import Lenient
from slabrace.runtime.strategies.wrapper import Wrapper
from slabrace.runtime.trace_number import TraceNumber
from slabrace.runtime.world import World


class Numbered(Wrapper):
    def begin(self, world: World) -> bool:
        self.number = TraceNumber(world)
        self.world = world
        return super().begin(world)

    def pick(self, ready, /) -> int:  # type: ignore[no-untyped-def]  # as in Wrapper
        index = super().pick(ready)
        self.number.deliver(ready[index])
        return index

    def choose(self, label: str, options: int, /) -> int:
        value = super().choose(label, options)
        self.number.choose(value)
        return value


def number(build: Build, *turns: str, values: tuple[int, ...] = ()) -> Hashable:
    """Of the whole run in which these have their turns, one delivery each."""
    world = build()
    chosen = ((("", "", "dice"), values),) if values else ()
    strategy = Numbered(Lenient(Course(tuple(Block(name, "", 1) for name in turns), chosen)))
    strategy.begin(world)
    Engine(world, strategy).run()
    return strategy.number.now()


class Looker(Program):
    async def run(self) -> None:
        (x,) = self.variables
        await self.do(x, Get())


class Setter(Program):
    async def run(self) -> None:
        (x,) = self.variables
        await self.do(x, Put(1))


class Thrower(Program):
    async def run(self) -> None:
        self.choose("dice", 6)


def two(first: type[Program], second: type[Program], *, apart: bool = False) -> Build:
    def build() -> World:
        world = World()
        x, y = (world.add(Var(), name) for name in "xy")
        world.spawn(first(x), name="a")
        world.spawn(second(y if apart else x), name="b")
        return world

    return build


def test_two_reads_commute_and_two_writes_do_not() -> None:
    reads, writes = two(Looker, Looker), two(Setter, Setter)
    assert number(reads, "a", "b") == number(reads, "b", "a")
    assert number(writes, "a", "b") != number(writes, "b", "a")


def test_a_read_and_a_write_commute_only_at_different_places() -> None:
    same, apart = two(Looker, Setter), two(Looker, Setter, apart=True)
    assert number(same, "a", "b") != number(same, "b", "a")
    assert number(apart, "a", "b") == number(apart, "b", "a")


def test_what_was_chosen_before_the_first_delivery_counts() -> None:
    build = two(Thrower, Looker)
    assert number(build, values=(1,)) != number(build, values=(2,))
    assert number(build, values=(1,)) == number(build, values=(1,))


def test_it_is_the_same_for_the_same_run() -> None:
    build = lost_update()
    assert number(build, "w0", "w1") == number(build, "w0", "w1") != number(build, "w0", "w0")


def test_while_there_are_timers_every_order_counts() -> None:
    def build() -> World:
        world = two(Looker, Looker)()
        world.clock.timer(world.add(Var(), "sleeper"), 10**9)
        return world

    def begun(*turns: str) -> Hashable:
        world = build()
        strategy = Numbered(Lenient(Course(tuple(Block(name, "", 1) for name in turns))))
        strategy.begin(world)
        outcome: Outcome = Engine(world, strategy, max_steps=2).run()
        assert outcome.deliveries == 2
        return strategy.number.now()

    assert begun("a", "b") != begun("b", "a")


def test_what_was_told_to_be_touched_counts() -> None:
    class Toucher(Looker):
        async def run(self) -> None:
            await super().run()
            self.world.touch("shared")

    build = two(Toucher, Toucher, apart=True)
    assert number(build, "a", "b") != number(build, "b", "a")
