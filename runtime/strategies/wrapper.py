"""Wrapper: a strategy around a strategy that passes everything on, for others to override a verb.

What a strategy may have beside the protocol (strategy.py), a wrapper has if the strategy inside has
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Wrapper"]

OPTIONAL: Final = ("trust", "estimate", "odds", "state", "resume")


class Wrapper:
    """``inner`` and nothing else."""

    def __init__(self, inner: Strategy) -> None:
        self.inner = inner

    def begin(self, world: World) -> bool:
        """Whatever the strategy inside says."""
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """What the strategy inside picks."""
        return self.inner.pick(ready)

    def choose(self, label: str, options: int, /) -> int:
        """What the strategy inside chooses."""
        return self.inner.choose(label, options)

    def end(self, outcome: Outcome) -> None:
        """Pass it on."""
        self.inner.end(outcome)

    def describe(self) -> str:
        """As the strategy inside."""
        return self.inner.describe()

    def __getattr__(self, name: str) -> Any:
        if name in OPTIONAL:
            return getattr(self.inner, name)
        raise AttributeError(f"{type(self).__name__} has no {name!r}")
