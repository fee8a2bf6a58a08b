"""Monitor: judges a run while it happens, from the events that actors note.

    class NeverNegative(Monitor):
        law = "never_negative"

        @watches("counted")
        def counted(self, event: Event) -> None:
            if event.fields["value"] < 0:
                self.violated(f"value is {event.fields['value']}", event.actor)

A monitor sees only what it watches; an event nobody watches costs one dictionary lookup. When the
run comes to rest, ``at_quiescence`` is asked once. A monitor never changes what it watches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

import msgspec

from slabrace.runtime.errors import Violation

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.world import World

__all__ = ["Event", "Monitor", "Watcher", "watches"]

F = TypeVar("F", bound=Callable[..., None])


class Event(msgspec.Struct, eq=False, gc=False):
    """Something that happened: at which pick and virtual time, to whom, with which fields."""

    step: int
    time: int
    actor: Actor
    name: str
    fields: dict[str, Any]

    def __repr__(self) -> str:
        return f"[{self.step}] {self.actor.name} {self.name} {self.fields}"


Watcher = Callable[[Event], None]


def watches(*events: str) -> Callable[[F], F]:
    """Mark a method of a monitor as the one that sees these events."""

    def mark(function: F) -> F:
        function.watched = events  # type: ignore[attr-defined]  # functions take attributes
        return function

    return mark


class Monitor:
    """Base of all laws. ``law`` is the name under which a violation is reported."""

    law: ClassVar[str] = ""
    world: World

    def attach(self, world: World) -> None:
        """Called once, before the run begins."""
        self.world = world
        for name in dir(type(self)):
            for event in getattr(getattr(type(self), name), "watched", ()):
                world.watch(event, getattr(self, name))

    def at_quiescence(self) -> None:
        """Judge the state in which the run came to rest. Override where the law speaks of it."""

    def violated(self, message: str, *parties: Actor) -> NoReturn:
        """The law is broken: end the run."""
        raise Violation(self.law, message, (party.name for party in parties))
