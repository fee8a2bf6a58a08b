"""Plain: values of a run as JSON knows them, the same in every process.

An actor is its name, a set a sorted list, and what JSON cannot hold a text without addresses.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

import msgspec

from slabrace.runtime.actor import Actor, Address
from slabrace.runtime.message import Message, shown

__all__ = ["SIMPLE", "encoded", "of_kind", "plain", "words"]

ENCODE: Final = msgspec.json.Encoder().encode

SIMPLE: Final = frozenset({int, str, bool, float, type(None)})
"""Types of values that are plain as they are."""


def encoded(value: Any) -> str:
    """``value``, which is plain, as JSON."""
    return ENCODE(value).decode()


def of_kind(value: Any, column: str) -> Any:
    """``value`` as it stands in ``column``: an actor may say what it is in a column of its kind."""
    if isinstance(value, Address):
        own = getattr(value, column, None)
        return value.name if own is None or type(own) not in SIMPLE else own
    return value


def words(actor: Actor) -> Iterator[tuple[str, Any]]:
    """What ``actor`` holds, by name, as plain values that do not change later."""
    kind = type(actor)
    left_out = {name for base in kind.__mro__ for name in vars(base).get("uncounted", ())}
    names = [name for base in kind.__mro__ for name in vars(base).get("__slots__", ())]
    for name in dict.fromkeys([*names, *getattr(actor, "__dict__", ())]):
        if name[0] != "_" and name not in left_out and hasattr(actor, name):
            yield name, plain(getattr(actor, name))


def plain(value: Any) -> Any:
    """``value`` as JSON knows it; an actor by its name, and nothing that differs between runs."""
    if type(value) in SIMPLE:
        return value
    if isinstance(value, Address):
        return value.name
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value.value, str) else value.name
    if isinstance(value, Message):
        return str(value)
    if isinstance(value, Mapping):
        return {str(plain(name)): plain(item) for name, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, list | tuple | deque):
        return [plain(item) for item in value]
    if isinstance(value, type):
        return value.__name__
    return shown(value)
