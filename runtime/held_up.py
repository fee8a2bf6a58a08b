"""HeldUp: messages of a timed run that are held up on their way, as delay policies say.

    from=writer3 for=1ms p=0.001       it is stopped now and then: whatever it sends next waits
    to=clerk message=Close for=exp:5ms what ends late
    message=Load for=lognormal:80ns/1  a slow interconnect

A lane is in order, so what waits holds up what comes after it. The distributions are
delay_policy.py's; here, a delay is a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from slabrace.runtime.errors import UsageError
from slabrace.runtime.strategies.delay_policy import Delay, Policies

if TYPE_CHECKING:
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.timetable import Transit

__all__ = ["HeldUp", "in_time"]


def in_time(texts: Iterable[str], seed: int = 0) -> Policies:
    """Read delays that are times."""
    delays = [Delay.parse(text) for text in texts]
    for delay in delays:
        if not delay.span.timed:
            raise UsageError(
                f"the delay {delay.text!r} is a number of picks: under virtual time nobody picks, "
                "so say a time, as in for=5us"
            )
    return Policies(delays, seed)


class Everything:
    """Any kind of message may be held up."""

    def __contains__(self, kind: object) -> bool:
        return True


class HeldUp:
    """The transit ``inner``, and what ``policies`` add to it."""

    def __init__(self, inner: Transit, policies: Policies) -> None:
        self.inner = inner
        self.policies = policies
        self.slow = Everything()

    def delay(self, envelope: Envelope) -> int:
        """Nanoseconds until ``envelope`` arrives."""
        known = type(envelope.message) in self.inner.slow
        time = self.inner.delay(envelope) if known else 0
        held = self.policies.hold(envelope)
        return time + held[0] if held is not None else time
