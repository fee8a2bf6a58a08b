"""Vector clock: what happened before what in a run, delivery by delivery.

The clock of a delivery is, for each sender, the step of its latest delivery that is known there.
Knowledge comes from the sender's own last delivery, from the delivery in which the message was sent
(its *cause*), and from earlier ones to the same addressee that do not commute with this one. So one
delivery happened before another exactly if the other's clock has reached its step at its sender.

State that actors share outside their messages (``world.touch()``) is not looked at.

Sources: Lamport, CACM 1978 (happened before); Mattern 1988, Fidge 1988 (vector clocks).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.message import Message

__all__ = ["START", "Clocks", "Moment"]


class Moment:
    """A delivery: its ``step``, who had sent it, and what it knows of others: its ``clock``."""

    __slots__ = ("clock", "sender", "step")

    def __init__(self, step: int) -> None:
        self.step = step
        self.sender = ""
        self.clock: dict[str, int] = {}


class Cell:
    """Who wrote a part of an actor last, and who has read it since."""

    __slots__ = ("readers", "writer")

    def __init__(self, writer: Moment) -> None:
        self.writer = writer
        self.readers: dict[str, Moment] = {}


START: Final = Moment(0)
"""Before anything was delivered."""


class Clocks:
    """The clocks of one run. ``now.clock`` must not be changed once it was told."""

    def __init__(self) -> None:
        self._latest: dict[str, dict[str, int]] = {}  # by sender
        self._cells: dict[Actor, dict[Hashable, Cell]] = {}

    def tell(self, now: Moment, cause: Moment, addressee: Actor, message: Message) -> bool:
        """Give ``now``, a delivery of ``now.sender``, its clock; whether it writes."""
        name = now.sender
        latest = self._latest.get(name)
        now.clock = clock = latest.copy() if latest is not None else {}
        if cause.step > clock.get(cause.sender, 0):
            learn(clock, cause)
        writes = self._meet(now, addressee, message)
        clock[name] = now.step
        self._latest[name] = clock
        return writes

    def _meet(self, now: Moment, addressee: Actor, message: Message) -> bool:
        """Learn what this delivery has to come after at its addressee; whether it writes."""
        clock = now.clock
        if addressee.run is not None:
            part, writes = None, True
        else:
            part, writes = message.part(), message.writes
        cells = self._cells.get(addressee)
        if cells is None:
            cells = self._cells[addressee] = {None: Cell(START)}
        cell = cells.get(part)
        if cell is None:
            cell = cells[part] = Cell(START)
        others = cells.values() if part is None else (cell, cells[None])
        for other in others:
            writer = other.writer
            if writer.step > clock.get(writer.sender, 0):
                learn(clock, writer)
            if writes:
                for reader in other.readers.values():
                    if reader.step > clock.get(reader.sender, 0):
                        learn(clock, reader)
        if writes:
            cell.writer = now
            cell.readers.clear()
        else:
            cell.readers[now.sender] = now
        return writes


def learn(clock: dict[str, int], moment: Moment) -> None:
    """Add to ``clock`` what was known at ``moment``."""
    for sender, step in moment.clock.items():
        if step > clock.get(sender, 0):
            clock[sender] = step
