r"""Trace: everything that happened in one run, collected while it is replayed.

    trace = Trace(world)
    Engine(world, strategy, tell=trace.tell).run()         or replay(world, schedule, tell=...)
    print(*trace.lines(), sep="\n")

Two runs are the same run if their ``lines()`` are the same: every delivery with its lane, message
and answer, every value chosen, every event noted, in order. Times are left out of that text: a live
run lasts as long as it lasts. Names and values are written without memory addresses and sets are
sorted, so the text is the same in any process.

This file collects; it neither judges nor prints. Exporters read ``steps`` and ``notes``.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from slabrace.runtime.actor import Address
from slabrace.runtime.clock import TICK
from slabrace.runtime.message import UNANSWERED, Envelope

if TYPE_CHECKING:
    from slabrace.runtime.monitor import Event
    from slabrace.runtime.witness import Call, Witness
    from slabrace.runtime.world import World

__all__ = ["Note", "Step", "Trace", "canonical"]


@dataclass(slots=True)
class Step:
    """One delivery: pick number ``index`` at virtual ``time``.

    ``answer`` is UNANSWERED while a deferred answer is outstanding; ``answered`` is its text as it
    was given, which a value that changes later does not change. What only a witness can know:
    ``calls`` are the functions its sender was in when it sent it, the innermost first, and
    ``change`` is the word that the message shows, before and after.
    """

    index: int
    time: int
    lane: str
    envelope: Envelope
    answered: str
    calls: tuple[Call, ...] = ()
    change: tuple[str, str] | None = None

    @property
    def sender(self) -> str:
        """Name of the sender."""
        return self.envelope.sender.name

    @property
    def addressee(self) -> str:
        """Name of the addressee."""
        return self.envelope.addressee.name

    @property
    def message(self) -> Any:
        """What was said."""
        return self.envelope.message

    @property
    def answer(self) -> Any:
        """What came back, as it is now."""
        return self.envelope.answer

    def __str__(self) -> str:
        return (
            f"{self.index} {self.lane}: {self.sender} -> {self.addressee} "
            f"{canonical(self.message)} = {self.answered}"
        )


@dataclass(slots=True)
class Note:
    """An event that ``actor`` noted at virtual ``time``, after pick number ``index``.

    -1 is before the first pick. ``calls`` as in `Step`. Lists among the fields are as they were.
    """

    index: int
    time: int
    actor: str
    event: str
    fields: dict[str, Any]
    text: str
    calls: tuple[Call, ...] = ()

    def __str__(self) -> str:
        return f"{self.index} {self.actor} {self.event}{self.text}"


class Trace:
    """See the head of this file. Make it before the run begins.

    With a ``witness`` it also knows in which functions things happened (witness.py).
    """

    def __init__(self, world: World, witness: Witness | None = None) -> None:
        self.world = world
        self.witness = witness
        self.steps: list[Step] = []
        self.notes: list[Note] = []
        world.tap(self._note)

    def tell(self, envelope: Envelope) -> None:
        """A host has just delivered ``envelope``."""
        world = self.world
        picks = world.picks
        last = index = len(picks) - 1
        while picks[index] < 0:  # choices made while it was handled
            index -= 1
        time = world.clock.now - (last - index) * TICK
        lane = world.lanes[picks[index]].name
        answer = envelope.answer
        answered = "deferred" if answer is UNANSWERED else canonical(answer)
        self.steps.append(self.step(index, time, lane, envelope, answered))

    def step(self, index: int, time: int, lane: str, envelope: Envelope, answered: str) -> Step:
        """A delivery with what the witness knows of it."""
        step = Step(index, time, lane, envelope, answered)
        if self.witness is not None:
            step.calls = self.witness.senders.get(envelope, ())
            if envelope in self.witness.before:
                now = getattr(envelope.addressee, envelope.message.shows, None)
                step.change = (canonical(self.witness.before[envelope]), canonical(now))
        return step

    def _note(self, event: Event) -> None:
        text = "".join(f" {name}={canonical(value)}" for name, value in event.fields.items())
        fields: dict[str, Any] = {
            name: list(value) if type(value) is list else value
            for name, value in event.fields.items()
        }
        note = Note(event.step - 1, event.time, event.actor.name, event.name, fields, text)
        if self.witness is not None:
            if event.name == "function":
                self.witness.enters(event.actor, fields["name"])
            note.calls = self.witness.calls(event.actor)
        self.notes.append(note)

    def lines(self) -> list[str]:
        """The run as text, for comparing: steps, choices and notes, in order."""
        steps = {step.index: str(step) for step in self.steps}
        lines = []
        notes = iter([*self.notes, None])
        note = next(notes)
        for index in range(-1, len(self.world.picks)):
            if index in steps:
                lines.append(steps[index])
            elif index >= 0 and self.world.picks[index] < 0:
                lines.append(f"{index} chosen {-1 - self.world.picks[index]}")
            while note is not None and note.index <= index:
                lines.append(str(note))
                note = next(notes)
        return lines

    def digest(self) -> str:
        """A fingerprint of ``lines()``, as 64 hexadecimal digits."""
        return hashlib.sha256("\n".join(self.lines()).encode()).hexdigest()


ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def canonical(value: Any) -> str:
    """``value`` as text that is the same in every process: no addresses, sets sorted."""
    if isinstance(value, Address):
        return value.name
    if isinstance(value, enum.Enum):
        return value.name
    if value is None or isinstance(value, str | int | float | bytes):
        return repr(value)
    if isinstance(value, msgspec.Struct):
        inside = ", ".join(canonical(getattr(value, name)) for name in value.__struct_fields__)
        return f"{type(value).__name__}({inside})"
    if isinstance(value, tuple | list):
        inside = ", ".join(canonical(item) for item in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(canonical(item) for item in value))}}}"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{canonical(key)}: {canonical(item)}" for key, item in value.items())
        return f"{{{inside}}}"
    if is_dataclass(value) and not isinstance(value, type):
        inside = ", ".join(canonical(getattr(value, field.name)) for field in fields(value))
        return f"{type(value).__name__}({inside})"
    return ADDRESS.sub("", repr(value))
