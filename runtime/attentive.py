"""Attentive lanes: they tell the scribe of their world what goes in, when it does.

Which delivery a message was sent in is seen nowhere else: whoever sends appends to a lane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.runtime.mailbox import Lane

if TYPE_CHECKING:
    from slabrace.runtime.message import Envelope

__all__ = ["attentive"]


def attentive(kind: type[Lane]) -> type[Lane]:
    """Lanes of this kind that tell the scribe of their world what goes in, on top of all else."""
    put = kind.append

    class Attentive(kind):  # type: ignore[valid-type, misc]  # whatever kind it is
        __slots__ = ()

        def append(self, envelope: Envelope, /) -> None:
            scribe = envelope.sender.world.scribe
            if scribe is not None:
                now = scribe.now
                if now.step != len(scribe.picks):
                    now = scribe.moment()
                scribe.sent[envelope] = now
                if scribe.states is not None:
                    scribe.hold(envelope.addressee)
            put(self, envelope)

    return Attentive
