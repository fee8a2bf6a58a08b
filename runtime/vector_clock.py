"""Vector clock: what happened before what in a run, delivery by delivery.

The clock of a delivery is, for each sender, the step of its latest delivery that is known there.
Knowledge comes from the sender's own last delivery, from the delivery in which the message was sent
(its *cause*), and from earlier ones to the same addressee that do not commute with this one. So one
delivery happened before another exactly if the other's clock has reached its step at its sender.

A sender's own component is the step itself; the others change only where something is learnt, so
they are shared between deliveries until then.

State that actors share outside their messages (``world.touch()``) is not looked at.

Sources: Lamport, CACM 1978 (happened before); Mattern 1988, Fidge 1988 (vector clocks).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor

__all__ = ["START", "Clocks", "Moment"]

ENCODE: Final = msgspec.json.Encoder().encode


class Moment:
    """A delivery: its ``step``, who had sent it, and what it knows of other senders.

    ``told`` are ``others`` as JSON, to go on with in an object: ``,"a":1,"b":2``.
    """

    __slots__ = ("others", "sender", "step", "told")

    def __init__(self, step: int) -> None:
        self.step = step
        self.sender = ""
        self.others: dict[str, int] = {}  # must not be changed
        self.told = b""


START: Final = Moment(0)
"""Before anything was delivered."""


class Cell:
    """Who wrote a part of an actor last, and who has read it since."""

    __slots__ = ("readers", "writer")

    def __init__(self) -> None:
        self.writer = START
        self.readers: dict[str, Moment] = {}


class Clocks:
    """The clocks of one run."""

    def __init__(self) -> None:
        self._latest: dict[str, Moment] = {}  # by sender
        self._cells: dict[Actor, dict[Hashable, Cell]] = {}

    def tell(
        self, now: Moment, cause: Moment, addressee: Actor, part: Hashable | None, *, writes: bool
    ) -> None:
        """Give ``now``, a delivery of ``now.sender`` that touches ``part``, its clock."""
        name = now.sender
        latest = self._latest.get(name, START)
        others = latest.others
        if cause.sender != name and cause.step > others.get(cause.sender, 0):
            others = learnt(others, cause, name)
        cells = self._cells.get(addressee)
        if cells is None:
            cells = self._cells[addressee] = {None: Cell()}
        cell = cells.get(part)
        if cell is None:
            cell = cells[part] = Cell()
        for other in cells.values() if part is None else (cell, cells[None]):
            writer = other.writer
            if writer.sender != name and writer.step > others.get(writer.sender, 0):
                others = learnt(others, writer, name)
            if writes and other.readers:
                for reader in other.readers.values():
                    if reader.sender != name and reader.step > others.get(reader.sender, 0):
                        others = learnt(others, reader, name)
        if writes:
            cell.writer = now
            if cell.readers:
                cell.readers.clear()
        else:
            cell.readers[name] = now
        now.others = others
        if others is latest.others:
            now.told = latest.told
        else:
            now.told = b"," + ENCODE(others)[1:-1]
        self._latest[name] = now


def learnt(others: dict[str, int], moment: Moment, name: str) -> dict[str, int]:
    """``others``, as ``name`` knows them, with what was known at ``moment``."""
    known = others.copy()
    for sender, step in moment.others.items():
        if step > known.get(sender, 0) and sender != name:
            known[sender] = step
    if moment.step > known.get(moment.sender, 0):
        known[moment.sender] = moment.step
    return known
