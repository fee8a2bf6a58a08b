"""Actor: acts only when a message is delivered, and a delivery is atomic.

Two kinds, one class. A *passive* actor has handlers and nothing else:

    class Counter(Actor):
        value = 0

        @handles(Add)
        def add(self, message: Add) -> int:
            self.value += message.amount
            return self.value                     # the answer to whoever asked

An *active* one has a coroutine, ``run()``, that asks others. While it waits for an answer it is
deaf: messages to it stay in their lanes until it is answered or calls ``receive()``.

An actor is its own address. The type ``Address`` shows no more of it than a name, so that code
that holds one can send to it and can do nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from slabrace.runtime.errors import ForeignAwait, MachineError
from slabrace.runtime.message import UNANSWERED, Envelope, Message
from slabrace.runtime.task import RECEIVE, Heard, Receive, Task

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outside import Result
    from slabrace.runtime.world import World

__all__ = ["Actor", "Address", "HandlerTable", "handles"]

Handler = Callable[[Any, Any], Any]
F = TypeVar("F", bound=Handler)


def handles(*messages: type[Message]) -> Callable[[F], F]:
    """Mark a method as the handler of these message types. Overriding the method keeps the mark."""

    def mark(function: F) -> F:
        function.handled = messages  # type: ignore[attr-defined]  # functions take attributes
        return function

    return mark


class HandlerTable(dict[type, Handler]):
    """Message type -> handler. A type that is missing is an error that names the accepted ones."""

    def __init__(self, owner: type[Actor]) -> None:
        super().__init__()
        self.owner = owner

    def __missing__(self, key: type) -> Handler:
        if self.owner.run is not None:  # an active actor hears what it has no handler for
            return hear
        accepted = ", ".join(sorted(t.__name__ for t in self)) or "none"
        raise MachineError(
            f"{self.owner.__name__} has no handler for {key.__name__}; it handles: {accepted}. "
            "Add a method marked @handles, or send to another actor."
        )


def hear(actor: Any, message: Message) -> None:
    """Give ``message`` to the coroutine of ``actor``, which is deaf again from here on."""
    actor.world.ready.deafen(actor)
    actor.world.interrupts.append(Heard(actor.task, message))


def hearing(handler: Handler) -> Handler:
    """``handler`` of an active actor: its coroutine hears the message after it was handled."""

    def handle(actor: Any, message: Message) -> Any:
        answer = handler(actor, message)
        hear(actor, message)
        return answer

    return handle


class Address:
    """Something that can be sent to. It has a name; what it holds is its own."""

    __slots__ = ("label", "world")
    label: str
    world: World

    @property
    def name(self) -> str:
        """Unique in its world and the same in every run."""
        return self.label

    def __str__(self) -> str:
        return self.name


class Actor(Address):
    """Base of all actors; see the head of this file."""

    handlers: ClassVar[HandlerTable]
    deaf: bool = False
    parked: list[Lane]
    task: Task
    outgoing: dict[Address, Lane] = {}  # noqa: RUF012  # an active actor gets its own, and fills it
    helpers: ClassVar[frozenset[str]] = frozenset({"run"})
    """Functions that only pass on: a story of a run does not name them."""
    uncounted: ClassVar[Collection[str]] = ("label", "outgoing", "parked", "task", "world")
    """Attributes that are no part of a state, see fingerprint.py; subclasses add to them."""
    daemon: ClassVar[bool] = False
    """A daemon may wait for ever: it is neither deadlocked nor waited for at the end."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        names: dict[type[Message], str] = {}
        for base in reversed(cls.__mro__):
            for name, member in vars(base).items():
                for message in getattr(member, "handled", ()):
                    names[message] = name
        table = HandlerTable(cls)
        for message, name in names.items():
            handler = getattr(cls, name)
            table[message] = handler if cls.run is None else hearing(handler)
        cls.handlers = table

    # -- what an active actor overrides ------------------------------------------------

    run: ClassVar[Callable[[Any], Coroutine[Any, Any, Any]] | None] = None
    """The coroutine of an active actor; a passive one has none."""

    # -- the verbs ---------------------------------------------------------------------

    def send(self, to: Address, message: Message) -> Envelope:
        """Send ``message`` and go on. FIFO between this pair of actors, no order beyond."""
        world = self.world
        envelope = Envelope(self, to, message)  # type: ignore[arg-type]  # every address is an actor
        lane = self.outgoing.get(to)
        if lane is None:
            lane = world.lane(self, to.label)
            if self.run is not None:
                self.outgoing[to] = lane
                lane.steady = getattr(to, "run", None) is None
        lane.append(envelope)  # and what Mailbox.put() does: this is the hot half of a run
        if lane.slot < 0 and not lane.parked:
            world.ready.admit(lane)
        return envelope

    ask = send
    """Send ``message``; await what is returned to get the answer."""

    def receive(self) -> Receive:
        """``message = await self.receive()``: listen until the next message comes.

        A message with a handler is handled first; either way the coroutine gets it.
        """
        return RECEIVE

    def sleep(self, nanoseconds: int) -> Envelope:
        """``await self.sleep(ns)``: wait until virtual time has advanced by that much."""
        return self.world.clock.timer(self, nanoseconds)

    def outside(self, function: Callable[..., Awaitable[Any]], *arguments: Any) -> Result:
        """``await self.outside(function, ...)``: call into the real world, see outside.py."""
        door = self.world.door
        if door is None:
            name = getattr(function, "__qualname__", repr(function))
            raise ForeignAwait(self.name, f"outside({name})")
        return door.call(self, function, arguments)

    def choose(self, label: str, options: int) -> int:
        """Let the strategy pick one of ``range(options)``; 0 is the plain case."""
        return self.world.choose(label, options)

    def note(self, event: str, **fields: Any) -> None:
        """Tell that ``event`` happened. Costs one dictionary lookup while nobody watches it."""
        world = self.world
        watchers = world.watchers.get(event, world.taps)
        if watchers:
            world.tell(watchers, event, self, fields)

    # -- inside a handler --------------------------------------------------------------

    @property
    def sender(self) -> Actor:
        """Who sent the message that is being delivered."""
        return self.world.delivery.sender

    def defer(self) -> Envelope:
        """Keep the envelope that is being delivered, to ``answer()`` it later.

        The handler must return ``DEFERRED``.
        """
        return self.world.delivery

    def answer(self, envelope: Envelope, value: Any = None) -> None:
        """Answer a kept envelope; whoever asked goes on as soon as this handler returns."""
        if envelope.answer is not UNANSWERED:
            raise MachineError(f"{envelope!r} was answered twice")
        envelope.answer = value
        self.world.interrupts.append(envelope)

    def explain_wait(self, envelope: Envelope) -> str:
        """Say what a deferred ``envelope`` waits for, for the report of a deadlock."""
        return f"{self.name} to answer {envelope.message}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"
