"""Witness: what nobody can tell of a run afterwards.

A trace knows what was delivered and what was noted. It does not know in which functions an actor
was when it sent or noted something, nor what a word held before a delivery changed it. Python
knows, while it happens: functions are the frames of the coroutine that runs. So a witness stands by
while a run is replayed:

    trace = Trace(world, Witness(world))        before the world is populated

A function bears the name under which it was noted (event ``function``), or else its own; those that
an actor lists in ``helpers`` only pass on, and are left out.

Watching costs more than the run itself. Nothing but a replay is ever watched.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import slabrace
from slabrace.runtime.mailbox import Lane

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.world import World

__all__ = ["Call", "Witness"]

MACHINE: Final = str(Path(__file__).parent)
PACKAGE: Final = Path(slabrace.__file__).parent
HIDDEN: Final = ("_", "<")
"""How the names of functions begin that are nobody's business: private ones, lambdas."""


class Call(NamedTuple):
    """A function that was under way, and where it stood in which file.

    ``activation`` tells one call of a function from the next; ``seen`` is the pick after which it
    was first seen.
    """

    function: str
    file: str = ""
    line: int = 0
    activation: int = -1
    seen: int = -1


class WatchedLane(Lane):
    """A lane that tells the witness of its world what goes in and what comes out."""

    __slots__ = ()

    def append(self, envelope: Envelope, /) -> None:
        """It is sent."""
        witness = envelope.addressee.world.witness
        if witness is not None:
            witness.sent(envelope)
        super().append(envelope)

    def popleft(self) -> Envelope:
        """It is about to be delivered."""
        envelope = super().popleft()
        witness = envelope.addressee.world.witness
        if witness is not None:
            witness.arrives(envelope)
        return envelope


class Witness:
    """See the head of this file. Make it before the world is populated."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.senders: dict[Envelope, tuple[Call, ...]] = {}
        self.causes: dict[Envelope, Envelope] = {}
        self.before: dict[Envelope, Any] = {}
        self._frames: dict[FrameType, tuple[int, int]] = {}  # keeps them, so none is taken twice
        self._entered: dict[FrameType, str] = {}
        world.witness = self
        world.lane_type = WatchedLane

    def sent(self, envelope: Envelope) -> None:
        """Remember in which functions its sender is, or at which delivery it was sent."""
        self.senders[envelope] = self.calls(envelope.sender)
        if envelope.sender.run is None and hasattr(self.world, "delivery"):
            self.causes[envelope] = self.world.delivery

    def arrives(self, envelope: Envelope) -> None:
        """Remember what it finds."""
        word = envelope.message.shows
        if word:
            self.before[envelope] = getattr(envelope.addressee, word, None)

    def enters(self, actor: Actor, name: str) -> None:
        """``actor`` notes that the function it is in is called ``name``."""
        for frame in self._stack(actor):
            self._entered[frame] = name
            return

    def calls(self, actor: Actor) -> tuple[Call, ...]:
        """The functions that ``actor`` is in now, the innermost first."""
        return tuple(self._call(frame) for frame in self._stack(actor))

    def _call(self, frame: FrameType) -> Call:
        code = frame.f_code
        activation, seen = self._frames.setdefault(
            frame, (len(self._frames), len(self.world.picks) - 1)
        )
        name = self._entered.get(frame, code.co_name)
        return Call(name, shown(code.co_filename), frame.f_lineno, activation, seen)

    def _stack(self, actor: Actor) -> list[FrameType]:
        """The frames of ``actor``, between those of the machine that it calls and is called by."""
        if actor.run is None or not hasattr(self.world, "strategy"):  # or nobody turns it yet
            return []
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # what a witness lives on
        while frame is not None and frame.f_code.co_filename.startswith(MACHINE):
            frame = frame.f_back
        found = []
        while frame is not None and not frame.f_code.co_filename.startswith(MACHINE):
            name = frame.f_code.co_name
            if name not in actor.helpers and not name.startswith(HIDDEN):
                found.append(frame)
            frame = frame.f_back
        return found


def shown(filename: str) -> str:
    """A file as a reader looks for it: from the folders of ours on, or its bare name."""
    path = Path(filename)
    return path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else path.name
