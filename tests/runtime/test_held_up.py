"""Messages that are held up under virtual time arrive later by what was drawn, and in order."""

from __future__ import annotations

import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.errors import UsageError
from slabrace.runtime.held_up import in_time
from slabrace.runtime.message import Envelope, Message
from slabrace.runtime.timed import Timed
from slabrace.runtime.world import World

SERVICE = 10


class Note(Message, frozen=True, gc=False):
    number: int = 0


class Book(Actor):
    def __init__(self) -> None:
        self.entries: list[tuple[int, str, int]] = []

    @handles(Note)
    def note_down(self, message: Note) -> None:
        self.entries.append((self.world.clock.now, self.sender.name, message.number))


class Writer(Actor):
    def __init__(self, book: Book) -> None:
        self.book = book

    async def run(self) -> None:
        for number in range(3):
            await self.ask(self.book, Note(number))


class Flat:
    """Every service takes as long, and no message takes any time on its way."""

    slow: frozenset[type] = frozenset()

    def serve(self, envelope: Envelope, answer: object, time: int) -> int:
        return time + SERVICE

    def wake(self, envelope: Envelope, time: int) -> int:
        return time

    def delay(self, envelope: Envelope) -> int:
        raise AssertionError(envelope)


def entries(*delays: str, seed: int = 0) -> list[tuple[int, str, int]]:
    world = World()
    book = world.add(Book())
    world.spawn(Writer(book), Writer(book))
    Timed(world, Flat(), delays=in_time(delays, seed) if delays else None).run()
    return book.entries


def times(name: str, found: list[tuple[int, str, int]]) -> list[int]:
    return [time for time, who, _ in found if who == name]


def test_what_is_held_up_arrives_later_by_that_much() -> None:
    assert times("writer0", entries()) == [0, 10, 20]
    assert times("writer0", entries("from=writer0 for=1us")) == [1_000, 2_010, 3_020]


def test_who_is_not_meant_is_not_held_up() -> None:
    held = entries("from=writer0 for=1us")
    assert times("writer1", held) == times("writer1", entries())


def test_a_lane_stays_in_order() -> None:
    found = entries("from=writer0 for=0..1ms")
    assert [number for _, who, number in found if who == "writer0"] == [0, 1, 2]


@pytest.mark.parametrize("span", ["1us..5us", "exp:3us", "lognormal:3us/0.7"])
def test_what_is_drawn_is_drawn_again_with_the_same_seed(span: str) -> None:
    delay = f"message=Note for={span}"
    assert entries(delay, seed=3) == entries(delay, seed=3) != entries(delay, seed=4)


def test_a_number_of_picks_is_no_time() -> None:
    with pytest.raises(UsageError, match="say a time, as in for=5us"):
        in_time(["for=20"])
