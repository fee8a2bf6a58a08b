"""Fairness: a wrapper in which no lane that is deliverable waits for more than k picks.

Unfair schedules starve whoever they like, so under them nothing that must happen at last can be
judged. Here the strategy inside is offered only what keeps the promise. (M. Musuvathi, S. Qadeer:
Fair Stateless Model Checking, PLDI 2008, gives priority to those that others yield to; this is the
plain bounded form.)

Of n deliverable lanes, in the order of how long they have waited, the i-th can still be served in
time if it has waited k + 1 - i picks at most. Whichever lane goes, those behind it move up and lose
nothing; those before it lose one pick. So what is offered to the strategy inside ends with the
first lane that has none to lose, and every run in which nobody waits longer can still be made. With
k < n - 1 nobody could keep the promise; then only the oldest is offered, which is the best there
is.

A lane waits from the pick at which it is first offered, or its last head was delivered; one that is
withdrawn (its addressee is deaf) begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.odds import Odds
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
        self.narrowed = 0  # picks in which the strategy inside was not offered all

    def begin(self, world: World) -> bool:
        """Nobody has waited."""
        self._now = 0
        self._offered: list[int] = []  # of each lane: when it was last offered
        self._since: list[int] = []  # and since when it has waited
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """What the strategy inside picks among the lanes that nobody has to wait for too long."""
        self._now = now = self._now + 1
        offered, since = self._offered, self._since
        start = now
        for lane in ready:
            number = lane.number
            if number >= len(offered):
                missing = number + 1 - len(offered)
                offered.extend([-1] * missing)
                since.extend([0] * missing)
            if offered[number] != now - 1:
                since[number] = now
            offered[number] = now
            start = min(start, since[number])
        if now - start + len(ready) > self.k and len(ready) > 1:
            picked = self._among_the_oldest(ready)
        else:
            picked = self.inner.pick(ready)
        since[ready[picked].number] = now + 1
        return picked

    def _among_the_oldest(self, ready: Sequence[Lane]) -> int:
        """What the strategy inside picks, of those up to the first that has no pick to lose."""
        since, latest = self._since, self._now - self.k
        oldest = sorted(range(len(ready)), key=lambda i: (since[ready[i].number], i))
        for rank, index in enumerate(oldest, 1):
            if since[ready[index].number] - rank < latest:
                few = sorted(oldest[:rank])
                self.narrowed += rank < len(ready)
                return few[self.inner.pick([ready[each] for each in few])]
        return self.inner.pick(ready)

    @property
    def trust(self) -> Callable[[], Trust]:
        """That of the strategy inside; nothing is exhaustive where the wrapper interfered."""
        inner: Callable[[], Trust] = getattr(self.inner, "trust")  # noqa: B009  # it may have none

        def trust() -> Trust:
            said = inner()
            if not self.narrowed or said.how not in {"exhaustive", "bounded"}:
                return said
            bounds = "" if said.how == "exhaustive" else f"{said.why}, "
            return Trust("bounded", f"{bounds}no lane waits for more than {self.k} picks")

        return trust

    @property
    def odds(self) -> Odds | None:
        """Those of the strategy inside; none where the wrapper interfered with what was drawn."""
        odds: Odds | None = getattr(self.inner, "odds", None)
        return None if self.narrowed else odds

    def describe(self) -> str:
        """As a person would type it."""
        return f"{self.inner.describe()} --fair {self.k}"
