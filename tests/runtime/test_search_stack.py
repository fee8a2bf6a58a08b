"""The stack of a search is frozen and thawed, and thawing does nothing else."""

import base64
import os
import pickle
import zlib
from collections import OrderedDict
from typing import Any

import pytest
from tests.runtime.toys import race, search

from slabrace.runtime.errors import UsageError
from slabrace.runtime.search_stack import Stack
from slabrace.runtime.strategies.dpor import Dpor


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
