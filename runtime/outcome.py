"""Outcome: how one run ended.

``QUIET``: nobody can move and nobody has to. ``VIOLATION``: a law was broken, a deadlock included.
``BOUND``: ``max_steps`` picks were made and somebody still moves; that is no success and not a
proof of livelock either, and is reported as what it is. ``INTERRUPTED``: somebody pressed Ctrl-C.
``REDUNDANT``: a search saw that all that could follow was seen before; such a run counts for
nothing.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from slabrace.runtime.errors import Violation
from slabrace.runtime.pick import Pick

__all__ = ["End", "LiveOutcome", "Outcome", "Stop"]


class End(enum.Enum):
    """The ways a run ends."""

    QUIET = "quiet"
    VIOLATION = "violation"
    BOUND = "bound"
    INTERRUPTED = "interrupted"
    REDUNDANT = "redundant"


@dataclass
class Outcome:
    """One run: its end, what broke, and the picks that lead there."""

    end: End
    picks: list[int]
    deliveries: int
    violations: list[Violation] = field(default_factory=list)


@dataclass
class LiveOutcome(Outcome):
    """Of a run on the live host: ``described`` are the picks by name, which it records itself."""

    described: list[Pick] = field(default_factory=list)


class Stop(BaseException):
    """Raised by a strategy that ends the run here, and says as what.

    No error: nothing went wrong. Like a KeyboardInterrupt it passes through ``except Exception``.
    """

    def __init__(self, end: End) -> None:
        super().__init__(end.value)
        self.end = end
