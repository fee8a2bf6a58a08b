"""Outside: the one door between the machine and the real world.

    page = await self.outside(fetch, "https://...")      # any async function, JSON-able result

A live host runs the function in a task of its own; what it returns comes back to the actor as a
message, so that the moment it arrives is a pick like any other and the result is recorded with it.
The engine replays the recorded result and never calls the function. A result is what JSON can hold,
on the live host too: a run and its replay see equal values (a tuple comes back as a list).

This file knows neither host: a `Door` that does not know how to call is each host's to complete.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Final

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.errors import SlabraceError
from slabrace.runtime.message import Envelope, Message

if TYPE_CHECKING:
    from slabrace.runtime.world import World

__all__ = ["Door", "Failure", "OutsideCall", "OutsideError", "Result"]


class OutsideCall(Message, frozen=True, gc=False):
    """Call ``number`` of this run, of ``function``."""

    number: int
    function: str


class OutsideError(SlabraceError):
    """What was called outside failed. The same class on a live host and in its replay.

    ``kind`` is the name of the exception's class, ``text`` what it said.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text


class Failure(Message, frozen=True, gc=False):
    """The answer to a call that raised: raised again, as an OutsideError, where it is awaited."""

    kind: str
    text: str


class Result:
    """A call under way: awaited, it returns what the call returned or raises an OutsideError."""

    __slots__ = ("envelope",)

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope

    def __await__(self) -> Generator[Envelope, None, Any]:
        answer = yield from self.envelope.__await__()
        if type(answer) is Failure:
            raise OutsideError(answer.kind, answer.text)
        return answer


class Door(Actor):
    """Keeps the calls that are under way. Takes the name "outside" at the first one.

    ``lane_key`` is the key of the lane in which an actor's results arrive.
    """

    lane_key: Final = "outside"

    def __init__(self, world: World) -> None:
        self._of = world
        self._count = 0
        self.calls: dict[int, Envelope] = {}
        self.results: dict[int, Any] = {}

    def call(
        self, actor: Actor, function: Callable[..., Awaitable[Any]], arguments: tuple[Any, ...]
    ) -> Result:
        """Begin a call."""
        if not self._count:
            self._of.add(self, "outside")
        message = OutsideCall(self._count, name_of(function))
        self._count += 1
        envelope = self.calls[message.number] = Envelope(actor, self, message)
        self.world.lane(actor, self.lane_key)  # numbered now, not when the result comes
        self.begin(envelope, function, arguments)
        return Result(envelope)

    def begin(
        self,
        envelope: Envelope,
        function: Callable[..., Awaitable[Any]],
        arguments: tuple[Any, ...],
    ) -> None:
        """Start what the call does, on a host that can. A replay has nothing to do."""

    def bring(self, number: int, result: Any) -> None:
        """Put the ``result`` of a call on its way to the caller."""
        envelope = self.calls.pop(number)
        self.results[number] = result
        world = self.world
        world.ready.put(envelope, world.lane(envelope.sender, self.lane_key))

    @abstractmethod
    def arrive(self) -> bool:
        """Nobody can move: bring in what comes next from outside, if the host knows of it."""

    @handles(OutsideCall)
    def returned(self, message: OutsideCall) -> Any:
        """Answer the caller."""
        return self.results.pop(message.number)

    def explain_wait(self, envelope: Envelope) -> str:
        """A caller waits for the real world."""
        return f"{envelope.message.function}() outside the machine"


def name_of(function: Callable[..., Any]) -> str:
    """The name of a function, also of a partial or a callable object."""
    function = getattr(function, "func", function)
    return str(getattr(function, "__qualname__", type(function).__name__))
