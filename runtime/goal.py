"""Goal: an event that a search must have met before its Never means anything.

A law that was never put to the test holds in every run. So a scenario names what must come about
in some run at least: that the object is freed, that the flag is set. A goal is an event by name,
and patterns that its fields have to fit:

    freed                        any such event
    freed kind=box               one whose field ``kind`` is, or is called, "box"
    function name=*_register     patterns as a shell has them

Only goals that were not met yet are watched, so a search pays for them in its first runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from slabrace.runtime.actor import Address
from slabrace.runtime.errors import UsageError

if TYPE_CHECKING:
    from slabrace.runtime.monitor import Event
    from slabrace.runtime.world import World

__all__ = ["Goal", "Goals"]


class Goal:
    """One event to be met. ``text`` is as it was written."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.event, *pairs = text.split() or [""]
        self.fields: dict[str, str] = {}
        for pair in pairs:
            name, equals, pattern = pair.partition("=")
            if not (equals and name and pattern):
                raise UsageError(
                    f"cannot read {pair!r} in the goal {text!r}: expected an event and then "
                    "field=pattern pairs, as in 'freed kind=box'"
                )
            self.fields[name] = pattern
        if not self.event:
            raise UsageError("a goal is empty: expected the name of an event, as in 'freed'")

    def met_by(self, event: Event) -> bool:
        """Whether ``event``, which has the name, has the fields."""
        return all(
            name in event.fields and fnmatchcase(called(event.fields[name]), pattern)
            for name, pattern in self.fields.items()
        )


def called(value: object) -> str:
    """A field as a pattern sees it: an actor by its name, anything else as it prints."""
    return value.name if isinstance(value, Address) else str(value)


class Goals:
    """Several goals, and which of them were not met yet."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.open = {text: Goal(text) for text in texts}
        self.met: dict[str, None] = {}

    def watch(self, world: World) -> None:
        """Look at the next run."""
        for event in dict.fromkeys(goal.event for goal in self.open.values()):
            world.watch(event, self._see)

    def _see(self, event: Event) -> None:
        for goal in list(self.open.values()):
            if goal.event == event.name and goal.met_by(event):
                self.met[goal.text] = None
                del self.open[goal.text]
