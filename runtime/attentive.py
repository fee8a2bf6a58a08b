"""Attentive lanes: they tell the scribe of their world what goes in, when it does.

Which delivery a message was sent in is seen nowhere else: whoever sends appends to a lane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slabrace.runtime.mailbox import Lane

if TYPE_CHECKING:
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.scribe import Scribe

__all__ = ["attentive"]


def attentive(kind: type[Lane], scribe: Scribe) -> type[Lane]:
    """Lanes of this kind that tell ``scribe`` what goes in, on top of all else."""
    put = kind.append
    picks, sent = scribe.picks, scribe.sent
    holding = scribe.states is not None

    class Attentive(kind):  # type: ignore[valid-type, misc]  # whatever kind it is
        __slots__ = ()

        def append(self, envelope: Envelope, /) -> None:
            now = scribe.now
            sent[envelope] = now if now.step == len(picks) else scribe.moment()
            if holding:
                scribe.hold(envelope.addressee)
            put(self, envelope)

    return Attentive
