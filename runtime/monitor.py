"""Monitor: judges a run while it happens, from the events that actors note.

    class NeverNegative(Monitor):
        law = "never_negative"

        @watches("counted")
        def counted(self, event: Event) -> None:
            if event.fields["value"] < 0:
                self.violated(f"value is {event.fields['value']}", event.actor)

A monitor sees only what it watches; an event nobody watches costs one dictionary lookup. When the
run comes to rest, ``at_quiescence`` is asked once. A monitor never changes what it watches.

A monitor that compares events of different actors makes the deliveries in which they happen depend
on each other, and says so: ``@watches("closed", relates="door")`` writes what it knows of the
event's field ``door`` (an empty text: all that it knows), and with ``writes=False`` it only reads
that. A search by partial orders tries such deliveries in both orders.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn, TypeVar

import msgspec

from slabrace.runtime.errors import Violation

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.world import World

__all__ = ["Event", "Monitor", "Relation", "Watcher", "watches"]

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


class Relation(NamedTuple):
    """What ``law`` knows of the field ``field`` is written, or read, when an event happens."""

    law: str
    field: str
    writes: bool


def watches(*events: str, relates: str | None = None, writes: bool = True) -> Callable[[F], F]:
    """Mark a method of a monitor as the one that sees these events."""

    def mark(function: F) -> F:
        function.watched = events  # type: ignore[attr-defined]  # functions take attributes
        function.relates = relates  # type: ignore[attr-defined]
        function.writes = writes  # type: ignore[attr-defined]
        return function

    return mark


class Monitor:
    """Base of all laws. ``law`` is the name under which a violation is reported."""

    law: ClassVar[str] = ""
    world: World

    watching: ClassVar[tuple[tuple[str, str, Relation | None], ...]] = ()
    """Event, name of the method that sees it, and what is related by it; worked out per class."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        marked = ((name, getattr(cls, name)) for name in dir(cls))
        cls.watching = tuple(
            (
                event,
                name,
                None
                if method.relates is None
                else Relation(cls.law, method.relates, method.writes),
            )
            for name, method in marked
            for event in getattr(method, "watched", ())
        )

    def attach(self, world: World) -> None:
        """Called once, before the run begins."""
        self.world = world
        for event, name, relation in self.watching:
            world.watch(event, getattr(self, name))
            if relation is not None:
                world.relations.setdefault(event, []).append(relation)

    def at_quiescence(self) -> None:
        """Judge the state in which the run came to rest. Override where the law speaks of it."""

    def violated(self, message: str, *parties: Actor) -> NoReturn:
        """The law is broken: end the run."""
        raise Violation(self.law, message, (party.name for party in parties))
