"""Fingerprint: the state of a world as a value, so that a run can see that it was here before.

The state is what the rest of the run can depend on: where each coroutine stands (its code, the
instruction, its local values, those on its evaluation stack included, down to the innermost await),
what is in the lanes and on the timers, and all that can be reached from there. Objects are numbered
in the order in which they are reached, so names, addresses and the order of making do not count:
two states are equal if one can be laid over the other.

What must not be left out is the whole point, so everything counts unless its class says otherwise:

    uncounted = ("calls",)            words that nobody decides by: counters for reports, names

    def counted(self) -> object:      what counts in place of uncounted words

The machine's own bookkeeping (picks, mailbox order, monitors) is no part of it. An answered message
is its answer. A timer is the time that it has left.

Blind for: which of two local variables has no value yet, where both have none at first and get one
on different ways to the same instruction.
"""

from __future__ import annotations

import enum
import gc
import hashlib
import marshal
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache, partial
from operator import itemgetter
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CellType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
)
from typing import Any, Final

import msgspec

from slabrace.runtime.errors import MachineError
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import UNANSWERED, Envelope
from slabrace.runtime.task import Task
from slabrace.runtime.world import World

__all__ = ["fingerprint", "state"]

ATOMS: Final = frozenset({type(None), bool, int, float, complex, str, bytes})
UNSET: Final = object()
SUSPENDED: Final = (CoroutineType, GeneratorType, AsyncGeneratorType)
BY_VALUE: Final = 2
"""The version of marshal's format after which it tells whether two equal values are one object."""
DIGEST: Final = 16
"""Bytes: two of a million states are taken for one with a chance of 1 in 10**26."""


def fingerprint(world: World) -> bytes:
    """A digest of the state: equal states have equal ones, in every process."""
    told = marshal.dumps(state(world), BY_VALUE)
    return hashlib.blake2b(told, digest_size=DIGEST).digest()


def state(world: World) -> tuple[Any, ...]:
    """The state of ``world`` between two deliveries, as nested tuples of plain values."""
    return Reading().of(world)


class Reading:
    """One walk over all that can be reached."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.reached: list[Any] = []  # kept, so that no address is used twice meanwhile

    def of(self, world: World) -> tuple[Any, ...]:
        """Tasks, lanes and timers first, then whatever they lead to, each once."""
        now = world.clock.now
        roots = (
            [self.flat(task) for task in world.tasks],
            [
                (self.flat(lane), [self.flat(envelope) for envelope in lane])
                for lane in world.lanes
                if lane
            ],
            [
                (due - now, self.flat(lane), self.flat(envelope))
                for due, _, lane, envelope in sorted(world.clock.timers, key=itemgetter(0, 1))
            ],
            [self.flat(what) for what in world.interrupts],
        )
        contents: list[Any] = []
        while len(contents) < len(self.reached):
            contents.append(self.content(self.reached[len(contents)]))
        return (roots, contents)

    def flat(self, value: Any) -> Any:
        """``value`` itself if it is plain, or else the number of the object."""
        kind = type(value)
        if kind in ATOMS:
            return value
        if kind is tuple:
            return tuple([self.flat(each) for each in value])
        plain = plainly(kind)  # type: ignore[arg-type]  # a class is hashable
        if plain is not None:
            return plain(self, value)
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.reached)
            self.reached.append(value)
        return ("#", number)

    def content(self, thing: Any) -> Any:
        """What is in an object, one step deep."""
        read = reader(type(thing))  # type: ignore[arg-type]  # likewise
        if read is not None:
            return read(self, thing)
        if hasattr(thing, "__dict__") or hasattr(type(thing), "__slots__"):
            return self.words(thing)
        try:  # an iterator says what it iterates over and how far it is
            return (named(type(thing)), self.flat(thing.__reduce__()))
        except TypeError as error:
            raise MachineError(
                f"the state of this run holds a {named(type(thing))}, of which nobody can say "
                "whether it has changed. Keep it out of actors and coroutines, or name the "
                "attribute that holds it in `uncounted` of its class."
            ) from error

    def lane(self, thing: Lane) -> Any:
        return ("lane", self.flat(thing.owner), thing.key)

    # -- one kind each -----------------------------------------------------------------

    def words(self, thing: Any) -> Any:
        """The attributes that count, in the order of their names."""
        words = [(name, self.flat(value)) for name, value in attributes(thing)]
        counted: Callable[[], object] | None = getattr(thing, "counted", None)
        return (named(type(thing)), words, self.flat(counted()) if counted is not None else None)

    def sequence(self, thing: Any) -> Any:
        return (named(type(thing)), [self.flat(each) for each in thing])

    def mapping(self, thing: Any) -> Any:
        items = [(self.flat(key), self.flat(value)) for key, value in thing.items()]
        return (named(type(thing)), items)

    def collection(self, thing: Any) -> Any:
        """A set: by the names of what is in it, since it has no order of its own."""
        by_name = sorted(thing, key=lambda each: str(getattr(each, "label", None) or repr(each)))
        return ("set", [self.flat(each) for each in by_name])

    def suspended(self, thing: Any) -> Any:
        """Code, instruction, and every value that the frame holds: locals and stack."""
        prefix = next(p for p in ("cr", "gi", "ag") if hasattr(thing, f"{p}_frame"))
        code: CodeType = getattr(thing, f"{prefix}_code")
        frame: FrameType | None = getattr(thing, f"{prefix}_frame")
        held = [
            self.flat(each)
            for each in gc.get_referents(thing)
            if not isinstance(each, CodeType | FrameType)
            and not (isinstance(each, FunctionType) and each.__code__ is code)
        ]
        return (code.co_filename, code.co_qualname, frame.f_lasti if frame else None, held)

    def task(self, thing: Task) -> Any:
        if thing.done:
            return ("done", self.flat(thing.actor))
        return (self.flat(thing.actor), self.flat(thing.coroutine), self.flat(thing.awaiting))

    def envelope(self, thing: Envelope) -> Any:
        if thing.answer is not UNANSWERED:
            return ("answered", named(type(thing.message)), self.flat(thing.answer))
        parts = (thing.sender, thing.addressee, thing.message, thing.waiter)
        return tuple([self.flat(each) for each in parts])

    def struct(self, thing: msgspec.Struct) -> Any:
        fields = [self.flat(getattr(thing, name)) for name in thing.__struct_fields__]
        return (named(type(thing)), fields)

    def function(self, thing: FunctionType) -> Any:
        return (named(thing), self.flat(thing.__closure__), self.flat(thing.__defaults__))

    def method(self, thing: Any) -> Any:
        return (thing.__name__, self.flat(thing.__self__))

    def cell(self, thing: CellType) -> Any:
        try:
            return ("cell", self.flat(thing.cell_contents))
        except ValueError:
            return "empty cell"

    def partial(self, thing: partial[Any]) -> Any:
        return ("partial", self.flat(thing.func), self.flat(thing.args), self.flat(thing.keywords))


READERS: Final[tuple[tuple[Any, Callable[[Reading, Any], Any]], ...]] = (
    (Envelope, Reading.envelope),
    (Task, Reading.task),
    (msgspec.Struct, Reading.struct),
    (list | deque | tuple, Reading.sequence),
    (dict, Reading.mapping),
    (set | frozenset, Reading.collection),
    (SUSPENDED, Reading.suspended),
    (FunctionType, Reading.function),
    (MethodType | BuiltinFunctionType, Reading.method),
    (CellType, Reading.cell),
    (partial, Reading.partial),
)


PLAIN: Final[tuple[tuple[Any, Callable[[Reading, Any], Any]], ...]] = (
    (range | slice, lambda _, value: (named(type(value)), repr(value))),
    (enum.Enum, lambda _, value: (named(type(value)), value.name)),
    (type | ModuleType, lambda _, value: named(value)),
    (World, lambda *_: "world"),
    (Lane, Reading.lane),
)
"""What is told in place, and not as an object with a number."""


@cache
def plainly(kind: type) -> Callable[[Reading, Any], Any] | None:
    """How a value of type ``kind`` is told in place, if it is."""
    return next((tell for each, tell in PLAIN if issubclass(kind, each)), None)


@cache
def reader(kind: type) -> Callable[[Reading, Any], Any] | None:
    """How an object of type ``kind`` is read, if not by its attributes."""
    return next((read for each, read in READERS if issubclass(kind, each)), None)


def named(thing: Any) -> str:
    """A class, function or module by its full name."""
    module = getattr(thing, "__module__", "")
    return f"{module}.{getattr(thing, '__qualname__', getattr(thing, '__name__', ''))}"


def attributes(thing: Any) -> Iterator[tuple[str, Any]]:
    """Name and value of every attribute of ``thing`` that counts."""
    slots, uncounted = layout(type(thing))  # type: ignore[arg-type]  # a class is hashable
    for name in slots:
        value = getattr(thing, name, UNSET)
        if value is not UNSET:
            yield name, value
    for name, value in sorted(getattr(thing, "__dict__", {}).items()):
        if name not in uncounted:
            yield name, value


@cache
def layout(cls: type) -> tuple[list[str], frozenset[str]]:
    """The slots of a class that count, and the names that do not."""
    slots: set[str] = set()
    uncounted: set[str] = set()
    for base in cls.__mro__:
        declared = vars(base).get("__slots__", ())
        slots |= {declared} if isinstance(declared, str) else set(declared)
        uncounted |= set(vars(base).get("uncounted", ()))
    return sorted(slots - uncounted - {"__dict__", "__weakref__"}), frozenset(uncounted)
