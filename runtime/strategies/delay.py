"""Delay injection: a wrapper that holds some messages back, whatever strategy is inside.

A hold begins when the strategy inside would first deliver the message. While others can be
delivered, they are; if everything that could be is held, the message due first goes, and a timed
one lets the clock skip to its time. Both are picks: a delayed run is recorded and replayed like any
other, without the policy.

Which messages, and for how long, is delay_policy.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slabrace.runtime.clock import TICK
from slabrace.runtime.strategies.delay_policy import Delay, Policies

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Delayed"]


@dataclass(slots=True)
class Hold:
    """``envelope``, the head of its lane, is held until pick or nanosecond ``due``."""

    envelope: Envelope
    due: int
    timed: bool


class Delayed:
    """The strategy ``inner``, with messages held back by ``policies``."""

    def __init__(self, inner: Strategy, policies: Sequence[Delay], seed: int = 0) -> None:
        self.inner = inner
        self.policies = Policies(policies, seed)
        self._run = -1

    def begin(self, world: World) -> bool:
        """Nothing is held."""
        self.world = world
        self._run += 1
        self.policies.begin(self._run)
        self._held: dict[Lane, Hold] = {}
        self._released: dict[Lane, Envelope] = {}
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """What the strategy inside picks among what is not held."""
        while True:
            offered = self._free(ready) if self._held else ready
            if not offered:
                self._hasten(ready)
                continue
            index = self.inner.pick(offered)
            lane = offered[index]
            if self._released.pop(lane, None) is lane[0] or not self._hold(lane):
                return index if offered is ready else ready.index(lane)

    def choose(self, label: str, options: int, /) -> int:
        """What the strategy inside chooses."""
        return self.inner.choose(label, options)

    def end(self, outcome: Outcome) -> None:
        """Pass it on."""
        self.inner.end(outcome)

    def describe(self) -> str:
        """As a person would type it."""
        delays = "".join(f' --delay "{policy}"' for policy in self.policies.policies)
        return f"{self.inner.describe()}{delays}"

    # -- holding -----------------------------------------------------------------------

    def _hold(self, lane: Lane) -> bool:
        """Hold the head of ``lane``, if a policy says so."""
        drawn = self.policies.hold(lane[0])
        if drawn is None:
            return False
        amount, timed = drawn
        start = self.world.clock.now if timed else len(self.world.picks)
        self._held[lane] = Hold(lane[0], start + amount, timed)
        return True

    def _free(self, ready: Sequence[Lane]) -> list[Lane]:
        """The lanes whose head is not held, or not any more."""
        held = self._held
        picks, now = len(self.world.picks), self.world.clock.now
        free = []
        for lane in ready:
            hold = held.get(lane)
            if hold is not None:
                if hold.due > (now if hold.timed else picks):
                    continue
                self._release(lane)
            free.append(lane)
        return free

    def _release(self, lane: Lane) -> None:
        self._released[lane] = self._held.pop(lane).envelope

    def _hasten(self, ready: Sequence[Lane]) -> None:
        """Everything is held: release what is due first, or let the clock skip to it.

        A timer that runs out before that comes first.
        """
        clock = self.world.clock
        picks, now = len(self.world.picks), clock.now

        def wait(lane: Lane) -> int:
            hold = self._held[lane]
            return hold.due - now if hold.timed else (hold.due - picks) * TICK

        first = min(ready, key=wait)
        due = clock.next_due
        if due is not None and due - now < wait(first):
            clock.skip(max(0, due - now - TICK))
        elif self._held[first].timed:
            clock.skip(max(0, wait(first) - TICK))
        else:
            self._release(first)
