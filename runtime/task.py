"""Task: the one coroutine of an active actor, and what it waits for.

The hosts turn tasks; nobody else sends into a coroutine. ``RECEIVE`` is the second of the two
things a coroutine may yield to its host (the first is an envelope it awaits).
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Hashable
from typing import TYPE_CHECKING, Any, Final, NoReturn

from slabrace.runtime.errors import Violation
from slabrace.runtime.message import Envelope, Message

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.world import World

__all__ = ["RECEIVE", "Bystander", "Heard", "Receive", "Task"]


PATIENCE: Final = 100
"""How many awaits a coroutine may have in its cleaning up."""


class Receive:
    """The wish to hear the next message, awaited."""

    __slots__ = ()

    def __await__(self) -> Generator[Receive, Message, Message]:
        message = yield self
        return message


RECEIVE: Final = Receive()


class Task:
    """A coroutine under way. ``send`` is the coroutine's own, looked up once."""

    __slots__ = ("actor", "awaiting", "coroutine", "done", "send")

    def __init__(self, actor: Actor, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.actor = actor
        self.coroutine = coroutine
        self.send = coroutine.send
        self.awaiting: Envelope | Receive | None = None
        self.done = False

    @property
    def daemon(self) -> bool:
        """Whether the actor is one."""
        return self.actor.daemon

    def close(self) -> None:
        """End the coroutine where it stands.

        One that cleans up with the machine's help (``finally: await self.ask(...)``) gets none: it
        is closed again at each such await. What it breaks on the way is not of this run any more.
        """
        for _ in range(PATIENCE):
            try:
                self.coroutine.close()
            except (RuntimeError, Violation):
                continue
            return

    def __repr__(self) -> str:
        return f"task of {self.actor.name}"


class Bystander:
    """Stands where a task would on an envelope that nobody awaits, and tells of its delivery."""

    __slots__ = ("awaiting", "done", "what", "world", "write")

    def __init__(self, world: World, what: Hashable, *, write: bool) -> None:
        self.world = world
        self.what = what
        self.write = write

    def send(self, value: None) -> NoReturn:
        """The envelope was delivered."""
        self.world.touch(self.what, write=self.write)
        raise StopIteration(value)


class Heard:
    """``task`` was listening and ``message`` came: it goes on when the handler has returned."""

    __slots__ = ("message", "task")

    def __init__(self, task: Task, message: Message) -> None:
        self.task = task
        self.message = message
