"""The stack of a search is frozen and thawed, and thawing does nothing else."""

import base64
import os
import pickle
import sys
import zlib
from collections import OrderedDict
from typing import Any

import pytest
from tests.runtime.toys import Add, Cell, Stepper, race, search

from slabrace.runtime.actor import Actor
from slabrace.runtime.errors import UsageError
from slabrace.runtime.search_stack import Stack
from slabrace.runtime.strategies.dpor import Dpor
from slabrace.runtime.world import World


def packed(thing: Any) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(thing))).decode()


@pytest.mark.parametrize("made", [0, 1, 7, 19])
def test_a_search_goes_on_where_it_was_frozen(made: int) -> None:
    whole = search(Dpor(), race(3, 3))
    first, second = Dpor(), Dpor()
    runs = search(first, race(3, 3), most=made)
    second.resume(first.state())
    assert runs + search(second, race(3, 3)) == whole
    assert second.finished


class Long(Actor):
    """Takes so many steps at its own cell and then one at another."""

    def __init__(self, own: Actor, steps: int, shared: Actor) -> None:
        self.own, self.steps, self.shared = own, steps, shared

    async def run(self) -> None:
        for _ in range(self.steps):
            await self.ask(self.own, Add(1))
        await self.ask(self.shared, Add(1))


def test_a_sequence_that_is_still_to_be_tried_may_be_as_long_as_a_run() -> None:
    def populate(world: World) -> None:
        shared = world.add(Cell())
        world.spawn(Stepper(shared, 1))
        world.spawn(Long(world.add(Cell()), 2 * sys.getrecursionlimit(), shared))

    first, second = Dpor(), Dpor()
    search(first, populate, most=1)
    second.resume(first.state())
    assert len(search(second, populate)) == 1
    assert second.finished


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.getpid, ()


@pytest.mark.parametrize(
    "thing", [Harmful(), OrderedDict(), os.system, zlib.compress], ids=["call", "class", "os", "c"]
)
def test_what_is_nothing_of_ours_is_refused(thing: Any) -> None:
    with pytest.raises(UsageError, match="expected objects of a search"):
        Stack().thaw(packed(thing))


@pytest.mark.parametrize(
    "name", ["defaultdict", "Causality.grow", "NONE"], ids=["imported", "reached", "no class"]
)
def test_nothing_but_its_classes_is_taken_from_a_module_of_ours(name: str) -> None:
    text = b"\x80\x04\x8c\x1aslabrace.runtime.causality\x8c" + bytes([len(name)]) + name.encode()
    with pytest.raises(UsageError, match="expected objects of a search"):
        Stack().thaw(base64.b64encode(zlib.compress(text + b"\x93.")).decode())


@pytest.mark.parametrize("text", ["", "AAAA", packed(1), packed(())], ids=str)
def test_damage_is_told_of(text: str) -> None:
    with pytest.raises(UsageError, match="this is not where a search stood"):
        Stack().thaw(text)
