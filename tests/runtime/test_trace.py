"""A trace is everything that happened, as text that is the same in every process."""

import enum
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.clock import TICK
from slabrace.runtime.engine import Engine
from slabrace.runtime.message import DEFERRED, UNANSWERED, Envelope, Message
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.trace import Trace, canonical
from slabrace.runtime.world import World


class Put(Message, frozen=True, gc=False):
    item: Any


class Open(Message, frozen=True, gc=False):
    pass


class Shelf(Actor):
    def __init__(self) -> None:
        self.items: list[Any] = []
        self.waiting: list[Envelope] = []

    @handles(Put)
    def put(self, message: Put) -> list[Any]:
        self.items.append(message.item)
        self.note("put", count=len(self.items), dice=self.choose("dice", 6))
        return self.items

    @handles(Open)
    def open(self, message: Open) -> object:
        self.waiting.append(self.defer())
        return DEFERRED


class User(Actor):
    def __init__(self, shelf: Shelf, *items: Any) -> None:
        self.shelf = shelf
        self.items = items

    async def run(self) -> None:
        self.note("begins")
        for item in self.items:
            await self.ask(self.shelf, Put(item))


def traced(*items: Any) -> Trace:
    world = World()
    trace = Trace(world)
    world.spawn(User(world.add(Shelf(), "shelf"), *items), name="user")
    Engine(world, RoundRobin(), tell=trace.tell).run()
    return trace


def test_lines_tell_deliveries_choices_and_notes_in_order() -> None:
    assert traced("a", "b").lines() == [
        "-1 user begins",
        "0 user/shelf: user -> shelf Put('a') = ['a']",
        "1 chosen 0",
        "1 shelf put count=1 dice=0",
        "2 user/shelf: user -> shelf Put('b') = ['a', 'b']",
        "3 chosen 0",
        "3 shelf put count=2 dice=0",
    ]


def test_a_step_is_data_for_exporters() -> None:
    trace = traced("a", "b")
    step = trace.steps[1]
    assert (step.index, step.time, step.lane) == (2, 3 * TICK, "user/shelf")
    assert (step.sender, step.addressee, step.message) == ("user", "shelf", Put("b"))
    note = trace.notes[2]
    assert (note.index, note.actor, note.event) == (3, "shelf", "put")
    assert note.fields == {"count": 2, "dice": 0}


def test_an_answer_is_written_as_it_was_given() -> None:
    trace = traced("a", "b")
    assert trace.steps[0].answered == "['a']"
    assert trace.steps[0].answer == ["a", "b"]  # the same list, later


def test_a_deferred_answer_is_not_known_yet() -> None:
    class Knocker(User):
        async def run(self) -> None:
            await self.ask(self.shelf, Open())

    world = World()
    trace = Trace(world)
    world.spawn(Knocker(world.add(Shelf(), "shelf")), name="knocker")
    Engine(world, RoundRobin(), tell=trace.tell).run()
    assert trace.lines() == ["0 knocker/shelf: knocker -> shelf Open() = deferred"]
    assert trace.steps[0].answer is UNANSWERED


def test_the_digest_tells_runs_apart() -> None:
    assert traced("a").digest() == traced("a").digest()
    assert traced("a").digest() != traced("b").digest()
    assert len(traced("a").digest()) == 64


class Colour(enum.Enum):
    RED = 1


@dataclass
class Point:
    x: int
    where: object


class Odd:
    pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        ("x", "'x'"),
        (b"x", "b'x'"),
        (Colour.RED, "RED"),
        ((1, [2.5, True]), "(1, [2.5, True])"),
        ({"b", "a", "c"}, "{'a', 'b', 'c'}"),
        ({"k": {2, 1}}, "{'k': {1, 2}}"),
        (Put({"x"}), "Put({'x'})"),
        (Point(1, Odd), "Point(1, <class '"),
        (Odd(), "Odd object>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_written_without_addresses(value: object, text: str) -> None:
    assert text in canonical(value)
    assert "0x" not in canonical(value)


def test_actors_are_written_as_their_names() -> None:
    assert canonical([World().add(Shelf(), "s")]) == "[s]"


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[2])
from test_trace import Shelf, User
from slabrace.runtime.replaying import replay
from slabrace.runtime.engine import Engine
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.recorder import Recorder
from slabrace.runtime.trace import Trace
from slabrace.runtime.world import World

def build():
    world = World()
    shelf = world.add(Shelf())
    world.spawn(*(User(shelf, {"a", "b", "c"}, object(), frozenset("xyz")) for _ in range(3)))
    return world

if sys.argv[1]:
    world = build()
    trace = Trace(world)
    replay(world, Schedule.parse(sys.argv[1]), tell=trace.tell)
    print(trace.digest())
else:
    recorder = Recorder(RandomWalk(7))
    world = build()
    recorder.begin(world)
    Engine(world, recorder).run()
    print(Schedule("s", {}, recorder.picks, "m").token())
"""


def test_a_schedule_gives_the_same_trace_in_any_process() -> None:
    def run(hash_seed: str, token: str = "") -> str:
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, token, Path(__file__).parent],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    token = run("0")
    assert run("1") == token
    assert run("2", token) == run("3", token) == run("random", token)
