"""Small worlds whose log is kept in memory, and records written by hand, for tests of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.log_reader import Header, Record
from slabrace.runtime.message import Message
from slabrace.runtime.scribe import Scribe
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.world import World

__all__ = ["HEADER", "Act", "deliver", "event", "lines", "recorded"]

HEADER: dict[str, Any] = {"schema": "slabrace.log/2", "scenario": "s", "parameters": {"n": 1}}


def event(step: int, what: str, actor: str = "a", /, **fields: Any) -> dict[str, Any]:
    record = {"run": "r", "step": step, "vt": step * 1000, "event": what, "actor": actor}
    return {**record, **fields}


def deliver(
    step: int, actor: str, to: str, message: str, answer: Any = None, **fields: Any
) -> dict[str, Any]:
    record = event(step, "deliver", actor, to=to, message=message, type=message.partition("(")[0])
    record |= {"answer": answer, "writes": True, "cause": 0, "clock": {actor: step}}
    return {**record, **fields}


def lines(*records: dict[str, Any]) -> list[Header | Record]:
    head: list[Header | Record] = [Header(1, HEADER)]
    return head + [Record(number, each) for number, each in enumerate(records, 2)]


class Read(Message, frozen=True, gc=False):
    word: str
    writes = False

    def part(self) -> str:
        return self.word


class Write(Message, frozen=True, gc=False):
    word: str

    def part(self) -> str:
        return self.word


class Wipe(Message, frozen=True, gc=False):
    """Touches all there is."""


class Tell(Message, frozen=True, gc=False):
    """Is passed on to another, whose delivery it then causes."""

    to: int
    word: str

    def part(self) -> str:
        return "told"


class Cell(Actor):
    def __init__(self, cells: list[Cell]) -> None:
        self.words: dict[str, int] = {}
        self.cells = cells

    @handles(Read)
    def read(self, message: Read) -> int:
        return self.words.get(message.word, 0)

    @handles(Write)
    def write(self, message: Write) -> None:
        self.words[message.word] = self.words.get(message.word, 0) + 1

    @handles(Wipe)
    def wipe(self, message: Wipe) -> None:
        self.words.clear()

    @handles(Tell)
    def tell(self, message: Tell) -> None:
        self.send(self.cells[message.to], Write(message.word))


class Act(NamedTuple):
    """What a driver does to a cell; it goes on when it is answered, unless it is ``early``."""

    kind: str
    cell: int
    word: str
    other: int = 0
    early: bool = False


class Driver(Actor):
    def __init__(self, cells: Sequence[Cell], acts: Sequence[Act]) -> None:
        self.cells = cells
        self.acts = acts

    async def run(self) -> None:
        for act in self.acts:
            message: Message
            if act.kind == "tell":
                message = Tell(act.other, act.word)
            elif act.kind == "wipe":
                message = Wipe()
            else:
                message = Read(act.word) if act.kind == "read" else Write(act.word)
            envelope = self.ask(self.cells[act.cell], message)
            if not act.early:
                await envelope


def recorded(programs: Sequence[Sequence[Act]], seed: int, cells: int = 2) -> list[dict[str, Any]]:
    """The log of one random run."""
    world = World()
    records: list[dict[str, Any]] = []
    scribe = Scribe(world, "r", lambda some: records.extend(map(msgspec.json.decode, some)))
    objects: list[Cell] = []
    objects += [world.add(Cell(objects), f"cell{number}") for number in range(cells)]
    for number, program in enumerate(programs):
        world.spawn(Driver(objects, program), name=f"driver{number}")
    strategy = RandomWalk(seed=seed)
    assert strategy.begin(world)
    outcome = Engine(world, strategy, tell=scribe.delivered).run()
    strategy.end(outcome)
    scribe.end(outcome)
    return records
