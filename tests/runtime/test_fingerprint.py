"""Two states are equal if one can be laid over the other, and what decides the rest counts."""

import subprocess
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import MachineError
from slabrace.runtime.fingerprint import fingerprint, state
from slabrace.runtime.message import Message
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.world import World


class Ping(Message, frozen=True):
    pass


class Thing(Actor):
    value: Any = 0

    @handles(Ping)
    def ping(self, message: Ping) -> None:
        pass


class Program(Actor):
    def __init__(self, steps: Callable[["Program", Thing], Coroutine[Any, Any, Any]]) -> None:
        self.steps = steps
        self.thing: Thing | None = None

    async def run(self) -> None:
        assert self.thing is not None
        await self.steps(self, self.thing)


def prints(steps: Callable[[Program, Thing], Coroutine[Any, Any, Any]]) -> list[bytes]:
    """The fingerprints before each delivery of one program."""
    world = World()
    program = Program(steps)
    program.thing = world.spawn(Thing(), name="thing")
    world.spawn(program, name="program")
    seen: list[bytes] = []

    class Looking(RoundRobin):
        def pick(self, ready: Any, /) -> int:
            seen.append(fingerprint(world))
            return super().pick(ready)

    strategy = Looking()
    strategy.begin(world)
    Engine(world, strategy).run()
    return seen


def test_a_loop_that_changes_nothing_comes_back_to_its_state() -> None:
    async def steps(program: Program, thing: Thing) -> None:
        while True:
            await program.ask(thing, Ping())
            await program.ask(thing, Ping())
            if len(program.world.picks) >= 6:
                return

    assert len(set(prints(steps))) == 2


def test_a_local_variable_counts() -> None:
    async def steps(program: Program, thing: Thing) -> None:
        for _ in range(4):
            await program.ask(thing, Ping())

    assert len(set(prints(steps))) == 4


def test_what_is_on_the_evaluation_stack_counts() -> None:
    """Neither the iterator nor the first half of the sum has a name."""

    async def ask(program: Program, thing: Thing) -> int:
        await program.ask(thing, Ping())
        return 1

    async def steps(program: Program, thing: Thing) -> None:
        for thing in (thing, thing, thing):  # noqa: B020, PLR1704  # the same each time
            await program.ask(thing, Ping())
        await program.ask(thing, Ping())

    async def total(program: Program, thing: Thing) -> None:
        assert len(program.world.picks) + await ask(program, thing) == 1
        assert len(program.world.picks) + await ask(program, thing) == 2

    assert len(set(prints(steps))) == 4
    assert len(set(prints(total))) == 2


def test_a_word_of_an_actor_counts_and_an_uncounted_one_does_not() -> None:
    async def change(program: Program, thing: Thing, word: str) -> None:
        while len(program.world.picks) < 3:
            await program.ask(thing, Ping())
            setattr(thing, word, getattr(thing, word, 0) + 1)

    class Quiet(Thing):
        uncounted = ("reports",)

    assert len(set(prints(partial(change, word="value")))) == 3
    world = World()
    thing = world.spawn(Quiet(), name="thing")
    before = state(world)
    vars(thing)["reports"] = 7
    assert state(world) == before


def test_counted_says_what_counts_instead() -> None:
    class Turning(Thing):
        uncounted = ("turns",)
        turns = 0

        def counted(self) -> int:
            return self.turns % 2

    world = World()
    program = Program(lambda me, thing: me.ask(thing, Ping()))  # type: ignore[arg-type, return-value]  # never turned
    program.thing = thing = world.spawn(Turning(), name="turning")
    world.spawn(program)
    states = []
    for turns in range(3):
        thing.turns = turns
        states.append(state(world))
    world.tasks[0].coroutine.close()
    assert states[0] == states[2] != states[1]


def test_names_and_addresses_do_not_count() -> None:
    def named(name: str) -> World:
        world = World()
        program = Program(forever)
        program.thing = world.spawn(Thing(), name=name)
        world.spawn(program, name=f"user of {name}")
        return world

    async def forever(program: Program, thing: Thing) -> None:
        await program.ask(thing, Ping())

    one, other = named("one"), named("other")
    assert fingerprint(one) == fingerprint(other)
    for world in (one, other):
        world.tasks[0].coroutine.close()


def test_who_holds_which_of_two_equal_things_counts() -> None:
    def state_of(first: Thing, second: Thing) -> tuple[Any, ...]:
        world = World()
        program = Program(lambda me, thing: me.ask(thing, Ping()))  # type: ignore[arg-type, return-value]  # never turned
        program.thing = first
        world.add(first, "first")
        if second is not first:
            world.add(second, "second")
        world.spawn(program)
        vars(program)["other"] = second
        seen = state(world)
        world.tasks[0].coroutine.close()
        return seen

    same = Thing()
    assert state_of(same, same) != state_of(Thing(), Thing())
    assert state_of(Thing(), Thing()) == state_of(Thing(), Thing())


PLAIN = [
    None, True, 1, 1 << 70, 0.5, 1j, "text", "text\udc80", b"text", range(3), range(4), slice(3),
    "range(0, 3)", (1, "text"), ("text", 1), ["text"], {"text": 1},
]  # fmt: skip
"""Values that a fingerprint tells apart."""


def test_plain_values_count_and_which_object_holds_them_does_not() -> None:
    def print_of(value: Any) -> bytes:
        world = World()
        thing = world.spawn(Thing(), name="thing")
        thing.value = (value, "a name")
        program = Program(lambda me, thing: me.ask(thing, Ping()))  # type: ignore[arg-type, return-value]  # never turned
        program.thing = thing
        world.spawn(program)
        seen = fingerprint(world)
        world.tasks[0].coroutine.close()
        return seen

    assert len({print_of(each) for each in PLAIN}) == len(PLAIN)
    words = ["a", "name"]
    assert print_of("a name") == print_of(" ".join(words))


def test_the_time_that_a_timer_has_left_counts() -> None:
    async def sleep(program: Program, thing: Thing) -> None:
        program.world.clock.timer(program, 10_000)
        for _ in range(3):
            await program.ask(thing, Ping())

    assert len(set(prints(sleep))) == 4


def test_what_cannot_be_compared_is_an_error_that_says_what_to_do() -> None:
    async def steps(program: Program, thing: Thing) -> None:
        thing.value = memoryview(b"")
        await program.ask(thing, Ping())

    with pytest.raises(MachineError, match="uncounted"):
        prints(steps)


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    code = (
        "from tests.runtime.test_liveness import hopeless\n"
        "from slabrace.runtime.fingerprint import fingerprint\n"
        "world = hopeless(); print(fingerprint(world).hex())\n"
        "[task.coroutine.close() for task in world.tasks]"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(seen) == 1
