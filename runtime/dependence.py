"""Dependence: which deliveries do not commute.

    Two deliveries commute unless they have the same addressee, touch the same part of it,
    and one of them writes.

That sentence is the whole relation, and this is the one file that knows it. What a message touches
it says itself (``Message.part()``, ``Message.writes``); what is shared outside of messages, actors
tell with ``world.touch()``; what a monitor compares across actors, it tells with
``@watches(..., relates=...)``. Each is an *access*: a key, a part of it (None: all), and whether it
is written. A delivery's footprint is all its accesses.

An *active* addressee is written by whatever it hears and by whatever lets it go on: a message to it
can be delivered only while it listens.

The relation must not miss a pair that does not commute: a search by partial orders (strategies/
dpor.py) would then miss runs. It may have pairs that do commute: then runs are repeated.
``tests/quality/test_commuting.py`` swaps neighbours that it calls independent, on every scenario.

Not here: happens-before, which also has the order of a lane and of cause and effect (dpor.py).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from slabrace.runtime.message import Envelope

__all__ = [
    "Access", "Footprint", "Touch", "access", "conflicting", "overlap", "racing", "touch_of",
]  # fmt: skip


class Access(NamedTuple):
    """``part`` of ``key`` is used; None is all of it."""

    key: Hashable
    part: Hashable | None
    writes: bool


Touch = tuple[Hashable, Hashable | None, bool]
"""An access, for those in a hurry: a plain tuple is made in a fourth of the time."""

Footprint = Sequence[Touch]


def access(envelope: Envelope) -> Access:
    """What the delivery of ``envelope`` touches at its addressee."""
    return Access(*touch_of(envelope, envelope.addressee))


def touch_of(envelope: Envelope, key: Hashable) -> Touch:
    """The same, with a ``key`` of one's own for the addressee."""
    if envelope.addressee.run is not None:
        return key, None, True
    message = envelope.message
    return key, message.part(), message.writes


def overlap(one: Touch, other: Touch) -> bool:
    """Whether the order of two accesses matters."""
    return (
        (one[2] or other[2])
        and one[0] == other[0]
        and (one[1] is None or other[1] is None or one[1] == other[1])
    )


def racing(one: Envelope, other: Envelope) -> bool:
    """``overlap()`` of what two deliveries touch at their addressee, for those in a hurry."""
    addressee, mine, theirs = one.addressee, one.message, other.message
    if addressee is not other.addressee:
        return False
    if addressee.run is not None:
        return True
    if not (mine.writes or theirs.writes):
        return False
    part = mine.part()
    return part is None or (touched := theirs.part()) is None or part == touched


def conflicting(one: Footprint, other: Footprint) -> bool:
    """Whether two deliveries with these footprints do not commute."""
    for mine in one:
        for theirs in other:
            if mine[0] == theirs[0] and overlap(mine, theirs):
                return True
    return False
