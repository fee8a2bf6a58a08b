"""HotMonitor: a law that something must happen at last.

    class Answered(HotMonitor):
        law = "answered"

        @watches("asked")
        def asked(self, event: Event) -> None:
            self.must(event.actor, f"{event.actor.name} is answered", event.actor)

        @watches("answered")
        def answered(self, event: Event) -> None:
            self.happened(event.actor)

A monitor is *hot* while something is due (the word is that of P and Coyote, Deligiannis et al.,
PLDI 2015). That alone is no violation: it may come in the next moment. It is one

 - at rest, when nobody can move any more and it has not come;
 - if the run returns to a state in which it was due already, and whoever could move in between did:
   the loop can go on for ever, and nobody is being kept from moving (a *lasso*);
 - after ``bound`` picks, in none of which anybody was kept waiting for long. That is no proof.

The second and third are looked for by the strategy around the strategy, strategies/watched.py.
What is due is here; what a state is, is in fingerprint.py.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar

from slabrace.runtime.monitor import Monitor

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.world import World

__all__ = ["BOUND", "Due", "HotMonitor"]

BOUND = 100_000
"""Picks of a fair schedule after which what is due is taken to be overdue."""


class Due:
    """Something that must happen, since pick ``since``. ``parties`` are those it matters to."""

    __slots__ = ("parties", "since", "what")

    def __init__(self, what: str, parties: tuple[Actor, ...], since: int) -> None:
        self.what = what
        self.parties = parties
        self.since = since


class HotMonitor(Monitor):
    """See the head of this file."""

    bound: ClassVar[int] = BOUND

    def attach(self, world: World) -> None:
        """Nothing is due."""
        super().attach(world)
        self.due: dict[Hashable, Due] = {}

    @property
    def hot(self) -> str | None:
        """What has been due for longest, or None."""
        return next((due.what for due in self.due.values()), None)

    def must(self, key: Hashable, what: str, *parties: Actor) -> None:
        """From now on ``what`` is due, under the name ``key``; nothing changes if it was."""
        if key not in self.due:
            self.due[key] = Due(what, parties, len(self.world.picks))

    def happened(self, key: Hashable) -> None:
        """What was due under this name has come, or need not come any more."""
        self.due.pop(key, None)

    def presupposed(self, key: Hashable, since: int) -> bool:
        """Whether what the law takes for granted has happened since pick ``since``.

        A law that says "if they go on asking, they are answered" overrides this: a loop in which
        nobody asks is none of its business.
        """
        return True

    def at_quiescence(self) -> None:
        """What is due and cannot come any more."""
        for due in self.due.values():
            self.violated(f"{due.what}: it has not come, and nobody can move", *due.parties)
