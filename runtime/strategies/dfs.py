"""DFS: every schedule and every data choice, depth first, within bounds if there are any.

Stateless search: nothing is kept of a run but its path (path.py), and each run begins anew
(P. Godefroid: Model Checking for Programming Languages using VeriSoft, POPL 1997). Three bounds:

- ``preemptions`` (M. Musuvathi, S. Qadeer: Iterative Context Bounding, PLDI 2007): how often the
  next delivery is from another lane although that of the last one could go on;
- ``delays`` (delay_bounded.py): how many lanes are passed over, in the order of a scheduler that
  needs none;
- ``steps``: how many deliveries a run may have; one that has more ends as ``BOUND``.

With a bound, lanes are tried in that scheduler's order: stay, then the next number. So the cheapest
schedules come first. Where lane numbers are given in the order of first use, this differs from the
papers, whose threads have names; it is as good an order as any.

Time is left out, as in dpor.py: a timer may run out as soon as it is set, or any time later.

A search that ends is ``exhaustive`` only if no bound has cut anything off. DPOR (dpor.py) needs far
fewer runs; this one needs no dependence relation, and so can tell whether that one's is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.errors import MachineError
from slabrace.runtime.outcome import End, Stop
from slabrace.runtime.strategies.path import Path
from slabrace.runtime.trust import Trust, about

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["DFS", "rotation"]


class DFS:
    """See the head of this file. None is no bound."""

    name = "dfs"

    def __init__(
        self, preemptions: int | None = None, delays: int | None = None, steps: int | None = None
    ) -> None:
        self.preemptions = preemptions
        self.delays = delays
        self.steps = steps
        self.path = Path()
        self.cut: dict[str, None] = {}  # the bounds that cut something off, in order
        self._bounded = (preemptions, delays, steps) != (None, None, None)
        self._branch = self.path.branch

    def begin(self, world: World) -> bool:
        """Stand at the root; False if all was seen. A timer may run out whenever it likes."""
        world.clock.eager = True
        self._last = -1
        self._made = 0
        self._stopped = False
        self._preemptions = self.preemptions
        self._delays = self.delays
        return self.path.start()

    def pick(self, ready: Sequence[Lane], /) -> int:
        """The branch of the path."""
        return self._pick(ready) if self._bounded else self._branch(len(ready))

    def choose(self, label: str, options: int, /) -> int:
        """The branch of the path: a data choice is one like any other, and costs nothing."""
        return self._branch(options)

    def end(self, outcome: Outcome) -> None:
        """Move on to the next leaf. A run that somebody interrupted is made again."""
        if outcome.end is End.INTERRUPTED:
            return
        if outcome.end is End.BOUND and not self._stopped:
            self._cut(f"picks <= {len(outcome.picks)}")  # whoever turns the world has a bound too
        self.path.leaf()

    def estimate(self) -> float:
        """How many runs there will be, as far as can be told."""
        return self.path.estimate()

    def trust(self) -> Trust:
        """What the search amounts to."""
        path = self.path
        if not path.exhausted:
            return Trust("inconclusive", f"{path.leaves:,} runs of about {about(path.estimate())}")
        if self.cut:
            return Trust("bounded", ", ".join(self.cut))
        return Trust("exhaustive", f"{path.leaves} runs")

    def describe(self) -> str:
        """As a person would type it."""
        bounds = (
            ("preemptions", self.preemptions),
            ("delays", self.delays),
            ("steps", self.steps),
        )
        return self.name + "".join(f" --{key} {n}" for key, n in bounds if n is not None)

    def state(self) -> dict[str, object]:
        """Where the search stands, in builtins."""
        return {**self.path.state(), "cut": list(self.cut), "search": self.describe()}

    def resume(self, state: dict[str, object]) -> None:
        """Go on from where ``state`` was taken, by a search with the same bounds."""
        cut = state.get("cut")
        if state.get("search") != self.describe() or not isinstance(cut, list):
            raise MachineError(
                f"a search by {self.describe()!r} cannot go on from that of {state.get('search')!r}"
            )
        self.path = Path.of(state)
        self._branch = self.path.branch
        self.cut = dict.fromkeys(cut)

    # -- bounds ------------------------------------------------------------------------

    def _pick(self, ready: Sequence[Lane]) -> int:
        """The branch of the path, among the lanes that the bounds leave."""
        if self._made == self.steps:
            self._stopped = True
            self._cut(f"steps <= {self.steps}")
            raise Stop(End.BOUND)
        self._made += 1
        count = len(ready)
        if count == 1:
            self._last = ready[0].number
            return 0
        order = rotation(ready, self._last)
        stays = ready[order[0]].number == self._last
        if stays and self._preemptions == 0:
            self._cut(f"preemptions <= {self.preemptions}")
            count = 1
        if self._delays is not None and count > self._delays + 1:
            self._cut(f"delays <= {self.delays}")
            count = self._delays + 1
        branch = self._branch(count)
        if branch and stays and self._preemptions is not None:
            self._preemptions -= 1
        if self._delays is not None:
            self._delays -= branch
        index = order[branch]
        self._last = ready[index].number
        return index

    def _cut(self, bound: str) -> None:
        self.cut[bound] = None


def rotation(ready: Sequence[Lane], last: int) -> list[int]:
    """The indices of ``ready``: the lane numbered ``last`` if it is there, then by number, around.

    The order of a scheduler that leaves a lane only when it has nothing more to deliver.
    """
    numbers = [lane.number for lane in ready]
    return sorted(range(len(numbers)), key=lambda i: (numbers[i] < last, numbers[i]))
