"""Message: what actors say to each other. Envelope: one message on its way.

A message is an immutable value, told apart by its type. An envelope adds who sent it to whom and
carries the answer back; it is what `ask` returns, so a question can be sent now and awaited later:

    value = await self.ask(x, Load("head"))       # in order
    early = self.ask(x, Load("head"))             # sent here ...
    value = await early                           # ... waited for here: the await is the dependency

Not here: who delivers, and when.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.task import Task

__all__ = ["DEFERRED", "UNANSWERED", "Envelope", "Message", "shown"]


class _Mark:
    """A constant that prints as its name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


UNANSWERED: Final = _Mark("UNANSWERED")
"""The answer of an envelope that was not answered yet."""

DEFERRED: Final = _Mark("DEFERRED")
"""What a handler returns when it kept the envelope (``self.defer()``) and will answer later."""


def shown(value: Any) -> str:
    """``value`` for a reader, the same in every process: no address in memory."""
    text = str(value)
    return type(value).__name__ if " at 0x" in text else text


class Message(msgspec.Struct, frozen=True, gc=False):
    """Base of all messages. Frozen, compared by type and fields; 70 ns to make.

    ``gc=False``: a message holds values and references to actors, never a cycle to itself.

    ``writes`` and ``part()`` say what a delivery touches at its addressee; dependence.py reads
    them. What says nothing counts as a write of all there is, which is always right and costs
    a search more than it need.
    """

    writes: ClassVar[bool] = True
    """False promises that the handler changes nothing, sends nothing and answers at once."""

    shows: ClassVar[str] = ""
    """The word of the addressee that a story shows before and after, if any."""

    def part(self) -> Hashable | None:
        """The part of the addressee that is touched; None is all of it."""
        return None

    def __str__(self) -> str:
        fields = ", ".join(shown(getattr(self, name)) for name in self.__struct_fields__)
        return f"{type(self).__name__}({fields})"

    def told(self, addressee: str) -> str:
        """The message with its addressee, as a story writes it: ``Load(counter, word)``."""
        name, parenthesis, rest = str(self).partition("(")
        between = "" if rest in ("", ")") else ", "
        return f"{name}({addressee}{between}{rest if parenthesis else ')'}"


class Envelope(msgspec.Struct, eq=False):
    """One message on its way, and its answer on the way back.

    Actors keep envelopes that they will answer, so it is a link in a ring: what the garbage
    collector could not see (``gc=False``) would keep whole worlds for ever.
    """

    sender: Actor
    addressee: Actor
    message: Any
    answer: Any = UNANSWERED
    waiter: Any = None  # the Task that awaits the answer, once it does

    def __await__(self) -> Generator[Envelope, None, Any]:
        if self.answer is UNANSWERED:
            yield self
        elif self.sender.world.joined is not None:
            self.sender.world.joined.append(self)
        return self.answer

    @property
    def task(self) -> Task | None:
        """The task that awaits the answer, typed."""
        waiter: Task | None = self.waiter
        return waiter

    def __repr__(self) -> str:
        return f"{self.sender.name} -> {self.addressee.name}: {self.message}"
