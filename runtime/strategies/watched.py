"""Watched: a wrapper that sees whether what is due ever comes, whatever strategy is inside.

While no monitor is hot it passes everything on. While one is, it looks at each state (later on at
every second, third ... state) and remembers its fingerprint. If a state comes back,

    the picks in between are a loop, which can be repeated for ever;
    it is fair if every lane that could be picked at any moment of it was picked in it (strong
    fairness: whoever can move again and again, does);
    it starves what was due throughout.

An unfair loop says nothing: a walk that leaves somebody standing proves no more than that it did.
The bound, likewise, counts only picks in which no lane was left standing for long.

A strategy with a method ``returned(start)`` is told of each loop that breaks no law: if it is to go
round for ever, it may end the run.

The hosts put this around the strategy they are given, so that a search and a replay judge alike;
the violation is raised in ``pick()``, after the last delivery of the loop. The looks depend on the
picks alone. A data choice in a loop is repeated as it fell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from slabrace.runtime.errors import Overdue
from slabrace.runtime.fingerprint import fingerprint
from slabrace.runtime.liveness import HotMonitor

if TYPE_CHECKING:
    from slabrace.runtime.liveness import Due
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["PATIENCE", "Watched", "watched"]

PATIENCE: Final = 1_000
"""Picks that a lane may be left standing in a schedule that still counts as fair; less, a tenth of
it, where a monitor's bound is small."""

DENSE: Final = 200
"""Looks after which the distance between two of them grows by one pick."""

LONG: Final = 64
"""The distance while a lane stands for longer than that: a fair loop would be a long one too."""


def watched(world: World, strategy: Strategy) -> Strategy:
    """``strategy``, with an eye on what is due; itself, if nothing can be."""
    monitors = [monitor for monitor in world.monitors if isinstance(monitor, HotMonitor)]
    return Watched(strategy, world, monitors) if monitors else strategy


class Watched:
    """The strategy ``inner``, under the eyes of ``monitors``."""

    def __init__(self, inner: Strategy, world: World, monitors: Sequence[HotMonitor]) -> None:
        self.inner = inner
        self.world = world
        self.monitors = monitors
        self._returned_to: Callable[[int], None] | None = getattr(inner, "returned", None)
        self.patience = min(PATIENCE, *(monitor.bound // 10 for monitor in monitors))
        self._cool()

    def begin(self, world: World) -> bool:
        """Whoever made this has begun the strategy inside."""
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """What the strategy inside picks; before that, whether something is overdue."""
        if not any(monitor.due for monitor in self.monitors):
            if self._told:
                self._cool()
            return self.inner.pick(ready)
        self._look(ready)
        index = self.inner.pick(ready)
        lane = ready[index]
        self._standing.pop(lane, None)
        self._told.append((len(self.world.picks), lane[0]))
        return index

    def choose(self, label: str, options: int, /) -> int:
        """What the strategy inside chooses."""
        return self.inner.choose(label, options)

    def end(self, outcome: Outcome) -> None:
        """Pass it on."""
        self.inner.end(outcome)

    def describe(self) -> str:
        """Watching changes nothing, so it is not part of the name."""
        return self.inner.describe()

    # -- while something is due --------------------------------------------------------

    def _cool(self) -> None:
        """Nothing is due: forget everything."""
        self._states: dict[bytes, int] = {}
        self._standing: dict[Lane, int] = {}  # since which pick a lane has been ready
        self._offered: dict[Lane, int] = {}  # the last pick at which it was
        self._told: list[tuple[int, Envelope]] = []
        self._fair_since = 0
        self._next_look = 0

    def _look(self, ready: Sequence[Lane]) -> None:
        now = len(self.world.picks)
        for lane in ready:
            self._offered[lane] = now
        standing = self._standing
        self._standing = {lane: standing.get(lane, now) for lane in ready}
        longest = now - min(self._standing.values())
        if longest > self.patience:
            self._fair_since = now
        for monitor in self.monitors:
            for key, due in monitor.due.items():
                overdue = now - max(due.since, self._fair_since) > monitor.bound
                if overdue and monitor.presupposed(key, due.since):
                    self._bound(monitor, due, now)
        if now >= self._next_look:
            state = fingerprint(self.world)
            start = self._states.get(state)
            if start is not None:
                self._returned(start, now)
            self._states[state] = now
            gap = 1 + len(self._states) // DENSE
            self._next_look = now + (gap if longest <= LONG else max(gap, LONG))

    def _returned(self, start: int, now: int) -> None:
        """The state of pick ``start`` is back. Judge the loop, if it is a fair one."""
        picked = {pick for pick in self.world.picks[start:now] if pick >= 0}
        if all(at < start or lane.number in picked for lane, at in self._offered.items()):
            for monitor in self.monitors:
                for key, due in monitor.due.items():
                    if due.since <= start and monitor.presupposed(key, start):
                        self._lasso(monitor, due, start, now)
        if self._returned_to is not None:
            self._returned_to(start)

    def _lasso(self, monitor: HotMonitor, due: Due, start: int, now: int) -> None:
        loop = [envelope for pick, envelope in self._told if pick >= start]
        movers = Counter(envelope.sender.name for envelope in loop)
        shares = ", ".join(f"{name} {count}" for name, count in sorted(movers.items()))
        raise Overdue(
            monitor.law,
            f"{due.what}: it need never come. The state after pick {start} is back after pick "
            f"{now}, and all who could move in between did: the last {len(loop)} deliveries can be "
            f"repeated for ever ({shares})",
            [party.name for party in due.parties],
            how="lasso",
            loop=[repr(envelope) for envelope in loop],
        )

    def _bound(self, monitor: HotMonitor, due: Due, now: int) -> None:
        raise Overdue(
            monitor.law,
            f"{due.what}: it has not come in more than {monitor.bound} picks (since pick "
            f"{due.since}), in which nobody who could move was left standing for more than "
            f"{self.patience}. No state was seen twice, so this is no proof that it never comes",
            [party.name for party in due.parties],
            how="bound",
        )
