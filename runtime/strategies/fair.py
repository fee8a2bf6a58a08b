"""Fairness: a wrapper in which no lane that is deliverable waits for more than k picks.

Unfair schedules starve whoever they like, so under them nothing that must happen at last can be
judged. Here the lane that has waited longest goes when waiting on could break the promise, and the
strategy inside is then offered nothing else. (M. Musuvathi, S. Qadeer: Fair Stateless Model
Checking, PLDI 2008, gives priority to those that others yield to; this is the plain bounded form.)

The oldest of ``n`` deliverable lanes has to go once it has waited k - (n - 1) picks: if those
behind it are then served in turn, the last one waits k at most. With k < n - 1 nobody could keep
the promise; then the oldest always goes, which is the best there is.

A lane waits from the pick at which it is first offered, or its last head was delivered; one that is
withdrawn (its addressee is deaf) begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.strategies.wrapper import Wrapper
from slabrace.runtime.trust import Trust

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Fair"]


class Fair(Wrapper):
    """The strategy ``inner``, with no lane waiting for more than ``k`` picks."""

    def __init__(self, inner: Strategy, k: int) -> None:
        super().__init__(inner)
        self.k = k
        self.forced = 0  # picks in which the strategy inside had no say

    def begin(self, world: World) -> bool:
        """Nobody has waited."""
        self._now = 0
        self._offered: list[int] = []  # of each lane: when it was last offered
        self._since: list[int] = []  # and since when it has waited
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """What the strategy inside picks, unless somebody has waited for too long."""
        self._now = now = self._now + 1
        offered, since = self._offered, self._since
        oldest, index, start = 0, 0, now
        for lane in ready:
            number = lane.number
            if number >= len(offered):
                missing = number + 1 - len(offered)
                offered.extend([0] * missing)
                since.extend([0] * missing)
            if offered[number] != now - 1:
                since[number] = now
            offered[number] = now
            if since[number] < start:
                oldest, start = index, since[number]
            index += 1  # noqa: SIM113  # enumerate() costs a tuple for each lane
        picked = oldest
        if len(ready) > 1 and now - start + len(ready) - 1 >= self.k:
            self.forced += 1
            self.inner.pick([ready[oldest]])
        else:
            picked = self.inner.pick(ready)
        since[ready[picked].number] = now + 1
        return picked

    @property
    def trust(self) -> Callable[[], Trust]:
        """That of the strategy inside; nothing is exhaustive where the wrapper interfered."""
        inner: Callable[[], Trust] = getattr(self.inner, "trust")  # noqa: B009  # it may have none

        def trust() -> Trust:
            said = inner()
            if not self.forced or said.how not in {"exhaustive", "bounded"}:
                return said
            bounds = "" if said.how == "exhaustive" else f"{said.why}, "
            return Trust("bounded", f"{bounds}no lane waits for more than {self.k} picks")

        return trust

    def describe(self) -> str:
        """As a person would type it."""
        return f"{self.inner.describe()} --fair {self.k}"
