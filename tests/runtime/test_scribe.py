"""The scribe: what caused what, what came before what, and what was answered late."""

from typing import Any

import msgspec
import pytest

from slabrace.runtime import scribe, wording
from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Violation
from slabrace.runtime.message import DEFERRED, Envelope, Message
from slabrace.runtime.scribe import Scribe
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.vector_clock import Moment, tell
from slabrace.runtime.world import World


class Get(Message, frozen=True):
    writes = False


class Set(Message, frozen=True):
    value: int


class Wait(Message, frozen=True):
    pass


class Break(Message, frozen=True):
    pass


class Box(Actor):
    kind = "box"
    value = 0

    def __init__(self) -> None:
        self.waiting: list[Envelope] = []

    @handles(Get)
    def get(self, message: Get) -> int:
        self.note("looked", at=self.value)
        return self.value

    @handles(Set)
    def set(self, message: Set) -> None:
        self.value = message.value
        for envelope in self.waiting:
            self.answer(envelope, message.value)
        self.waiting = []

    @handles(Wait)
    def wait(self, message: Wait) -> Any:
        self.waiting.append(self.defer())
        return DEFERRED

    @handles(Break)
    def broken(self, message: Break) -> None:
        self.note("cracked")
        raise Violation("whole", "it broke", [self.name])


class Teller(Actor):
    """Sends what it is given, one after the other."""

    def __init__(self, *words: tuple[Actor, Message]) -> None:
        self.words = words

    async def run(self) -> None:
        for to, message in self.words:
            await self.ask(to, message)


def written(world: World, *tellers: Actor, state: bool = False) -> list[dict[str, Any]]:
    """The records of one run, everybody in turn."""
    lines: list[str] = []
    writer = Scribe(world, "r", lines.extend, state=state)
    world.spawn(*tellers)
    strategy = RoundRobin()
    strategy.begin(world)
    writer.end(Engine(world, strategy, tell=writer.delivered).run())
    return [msgspec.json.decode(line) for line in lines]


def boxes() -> tuple[World, Box, Box]:
    world = World()
    return world, world.add(Box(), "x"), world.add(Box(), "y")


def of(records: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [record for record in records if record["event"] == event]


def test_who_somebody_is_comes_before_what_they_do() -> None:
    world, x, _ = boxes()
    records = written(world, Teller((x, Set(1))))
    assert [(r["event"], r["actor"]) for r in records[:3]] == [
        ("actor", "teller0"),
        ("actor", "x"),
        ("deliver", "teller0"),
    ]
    assert [(r["kind"], r["active"]) for r in of(records, "actor")] == [
        ("teller", True),
        ("box", False),
    ]


def test_a_delivery_says_what_was_said_and_answered() -> None:
    world, x, _ = boxes()
    (first, second) = of(written(world, Teller((x, Set(7)), (x, Get()))), "deliver")
    assert (first["to"], first["message"], first["type"], first["writes"]) == (
        "x", "Set(7)", "Set", True,
    )  # fmt: skip
    assert (second["answer"], second["writes"]) == (7, False)


def test_the_cause_is_the_delivery_after_which_it_was_sent() -> None:
    world, x, y = boxes()
    records = written(world, Teller((x, Get()), (x, Get())), Teller((y, Get()), (y, Get())))
    assert [(r["step"], r["actor"], r["cause"]) for r in of(records, "deliver")] == [
        (1, "teller0", 0),
        (2, "teller1", 0),
        (3, "teller0", 1),
        (4, "teller1", 2),
    ]


def test_deliveries_to_different_actors_are_not_ordered() -> None:
    world, x, y = boxes()
    records = written(world, Teller((x, Set(1))), Teller((y, Set(1))))
    assert [r["clock"] for r in of(records, "deliver")] == [{"teller0": 1}, {"teller1": 2}]


def test_two_reads_are_not_ordered() -> None:
    world, x, _ = boxes()
    records = written(world, Teller((x, Get())), Teller((x, Get())))
    assert [r["clock"] for r in of(records, "deliver")] == [{"teller0": 1}, {"teller1": 2}]


def test_a_read_comes_after_the_write_before_it() -> None:
    world, x, _ = boxes()
    records = written(world, Teller((x, Set(1))), Teller((x, Get())))
    assert of(records, "deliver")[1]["clock"] == {"teller0": 1, "teller1": 2}


def test_a_write_comes_after_the_reads_before_it() -> None:
    world, x, _ = boxes()
    records = written(world, Teller((x, Get())), Teller((x, Get())), Teller((x, Set(1))))
    assert of(records, "deliver")[2]["clock"] == {"teller0": 1, "teller1": 2, "teller2": 3}


def test_what_was_known_is_handed_on() -> None:
    world, x, y = boxes()
    records = written(
        world, Teller((x, Set(1))), Teller((x, Get()), (y, Set(1))), Teller((x, Get()), (y, Get()))
    )
    assert of(records, "deliver")[-1]["clock"] == {"teller0": 1, "teller1": 4, "teller2": 5}


def test_a_late_answer_is_an_event_of_its_own_and_a_cause() -> None:
    world, x, y = boxes()
    records = written(world, Teller((x, Wait()), (y, Get())), Teller((x, Set(3))))
    waited, _, last = of(records, "deliver")
    assert waited["deferred"] is True
    assert "answer" not in waited
    (answer,) = of(records, "answer")
    assert (answer["step"], answer["of"], answer["to"], answer["answer"]) == (2, 1, "teller0", 3)
    assert (last["cause"], last["clock"]) == (2, {"teller0": 3, "teller1": 2})


def test_what_is_noted_in_a_delivery_follows_it() -> None:
    world, x, _ = boxes()
    records = written(world, Teller((x, Get())))
    assert [r["event"] for r in records[2:]] == ["deliver", "looked", "end"]


def test_the_delivery_that_broke_off_is_written() -> None:
    world, x, _ = boxes()
    records = written(world, Teller((x, Break())))
    assert [r["event"] for r in records[2:]] == ["deliver", "cracked", "violation", "end"]
    assert records[2]["broken"] is True
    assert "deferred" not in records[2]


def test_what_an_actor_holds_is_written_if_asked_for() -> None:
    world, x, _ = boxes()
    records = written(world, Teller((x, Get()), (x, Set(3)), (x, Set(3))), state=True)
    (box,) = (r for r in of(records, "actor") if r["actor"] == "x")
    assert box["state"] == {"waiting": []}
    assert [r.get("changes") for r in of(records, "deliver")] == [None, {"value": 3}, None]


def test_ctrl_c_while_lines_are_made_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def pressed(now: Moment, *others: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        tell(now, *others)

    monkeypatch.setattr(scribe, "TOGETHER", 8)
    monkeypatch.setattr(wording, "tell", pressed)
    world, x, _ = boxes()
    records = written(world, Teller(*[(x, Set(n)) for n in range(20)]))
    steps = [record["step"] for record in of(records, "deliver")]
    assert steps == list(range(1, len(steps) + 1))
    (end,) = of(records, "end")
    assert (end["how"], end["deliveries"]) == ("interrupted", len(steps))
