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
from typing import Final

from slabrace.runtime.plain import encoded

__all__ = ["START", "Cells", "Moment", "Sender", "tell"]


class Moment:
    """A delivery: its ``step``, and later who had sent it, and what it knows of other senders.

    ``told`` are ``others`` as JSON, to go on with in an object: ``,"a":1,"b":2``.
    """

    __slots__ = ("others", "sender", "step", "told")

    sender: str
    others: dict[str, int]  # must not be changed
    told: str

    def __init__(self, step: int) -> None:
        self.step = step


START: Final = Moment(0)
"""Before anything was delivered."""
START.sender, START.others, START.told = "", {}, ""


class Sender:
    """Somebody who sends, by ``name``, and the ``latest`` of what came from there."""

    __slots__ = ("latest", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.latest = START


class Cell:
    """Who wrote a part of an actor last, and who has read it since."""

    __slots__ = ("readers", "writer")

    def __init__(self, writer: Moment, readers: dict[str, Moment]) -> None:
        self.writer = writer
        self.readers = readers


class Cells(dict[Hashable, Cell]):
    """The parts of an actor that have been touched.

    Who touches all of it (None) touches each of them; a part that shows up later is made of what is
    known of all. So who touches one part need look at no other.
    """

    def __init__(self) -> None:
        self[None] = Cell(START, {})

    def __missing__(self, part: Hashable) -> Cell:
        rest = self[None]
        cell = self[part] = Cell(rest.writer, rest.readers.copy())
        return cell


def tell(
    now: Moment, cause: Moment, sender: Sender, cells: Cells, part: Hashable | None, writes: bool, /
) -> None:
    """Give ``now``, a delivery from ``sender`` that touches ``part`` of ``cells``, its clock."""
    name, latest = sender.name, sender.latest
    others = latest.others
    if cause.step > others.get(cause.sender, 0) and cause.sender != name:
        others = learnt(others, cause, name)
    for cell in cells.values() if part is None else (cells[part],):
        writer = cell.writer
        if writer.step > others.get(writer.sender, 0) and writer.sender != name:
            others = learnt(others, writer, name)
        if not writes:
            cell.readers[name] = now
            continue
        cell.writer = now
        if cell.readers:
            for reader in cell.readers.values():
                if reader.step > others.get(reader.sender, 0) and reader.sender != name:
                    others = learnt(others, reader, name)
            cell.readers.clear()
    now.sender, now.others = name, others
    now.told = latest.told if others is latest.others else "," + encoded(others)[1:-1]
    sender.latest = now


def learnt(others: dict[str, int], moment: Moment, name: str) -> dict[str, int]:
    """``others``, as ``name`` knows them, with what was known at ``moment``."""
    known = others.copy()
    for sender, step in moment.others.items():
        if step > known.get(sender, 0) and sender != name:
            known[sender] = step
    if moment.step > known.get(moment.sender, 0):
        known[moment.sender] = moment.step
    return known
