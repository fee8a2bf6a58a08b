"""PCT: priorities drawn at random, lowered at a few random points, so that rare orders are likely.

S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte: A Randomized Scheduler with Probabilistic
Guarantees of Finding Bugs, ASPLOS 2010. B. K. Ozkan, R. Majumdar, F. Niksic, M. T. Befrouei,
G. Weissenbacher: Randomized Testing of Distributed Systems with Probabilistic Guarantees,
OOPSLA 2018 (PCTCP: the same over chains of messages).

A bug has depth d if d deliveries in one order suffice for it. Each chain gets a random priority,
and the deliverable chain of the highest one goes. At d-1 points, drawn over the k deliveries of a
run, the chain that would go falls below all others. With n chains a run hits a given bug of depth d
with a chance of at least 1 / (n * k^(d-1)), which ``trust()`` states for the n and k it measured.

What differs from the papers:

- *Work* is all that an active actor starts: what it sends, and what passive actors send while they
  handle a message of its work. Work has one priority, so whoever is preferred stays so in what it
  causes. A work whose messages are under way side by side has several chains; their order within
  it is drawn too. n is (works) x (most chains of one work), which is no less than their number.
- PCTCP decomposes by the full causal order. Here a message continues the chain that has its lane's
  last one (a lane is a FIFO), else that of the delivery that it was sent in, else its actor's first
  one if that has nothing under way, else it begins a new one.
- A chain falls *before* its k_i-th delivery and not after it; so the first one can be held up too.
- Data choices are drawn evenly; the bound is divided by the number of ways they could have gone.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from slabrace.runtime.odds import Odds
from slabrace.runtime.strategies.draws import BITS, Draws
from slabrace.runtime.strategies.run_length import RunLength
from slabrace.runtime.trust import Trust

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["DEPTH", "PCT"]

DEPTH: Final = 3


class Work:
    """What one active actor started."""

    __slots__ = ("chains", "priority")

    def __init__(self, priority: int) -> None:
        self.priority = priority
        self.chains: list[Chain] = []


class Chain:
    """Messages of one work, one after another. ``lane`` is that of the last one."""

    __slots__ = ("lane", "pending", "priority", "work")

    def __init__(self, work: Work, priority: int, lane: Lane) -> None:
        self.work = work
        self.priority = priority
        self.lane = lane
        self.pending = 0


class PCT:
    """See the head of this file. ``length`` is k; None learns it from the runs before."""

    def __init__(
        self, seed: int = 0, first: int = 0, depth: int = DEPTH, length: int | None = None
    ) -> None:
        self.draws = Draws(seed, first)
        self.depth = depth
        self.length = RunLength(length)
        self.runs: Counter[int] = Counter()  # k -> runs made with it
        self.width = 1  # n: the most seen
        self.ways = 1  # data choices: the most ways seen

    def begin(self, world: World) -> bool:
        """Draw the points at which priorities change; chains draw theirs when they begin."""
        self.draws.turn()
        draw, length, depth = self.draws.wide, self.length.now, self.depth
        self.points = {1 + (draw() * length >> 2 * BITS): i - depth for i in range(1, depth)}
        self._at = 1  # the number of the delivery that is picked now
        self.works: dict[Actor, Work] = {}
        self._lanes = world.lanes
        self._picks = world.picks
        self._seen = len(world.picks)
        self._lengths: list[int] = []
        self._passive: list[bool] = []
        self._chains: list[deque[Chain]] = []  # of each lane: the chains of its envelopes
        self._heads: list[int] = []  # of each lane: the priority of its head
        self._ways = 1
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """The lane whose head belongs to the chain of the highest priority."""
        picks = self._picks
        lengths = list(map(len, self._lanes))
        if (
            lengths == self._lengths
            and len(picks) == self._seen + 1
            and picks[-1] >= 0
            and not self._passive[picks[-1]]
        ):
            self._seen += 1  # whoever went goes on in its lane, and in its chain: the usual case
            self._at += 1
        else:
            self._follow(lengths)
        best = self._highest(ready)
        if self._at in self.points:
            self._chains[ready[best].number][0].priority = self.points.pop(self._at)
            self._rank()
            best = self._highest(ready)
        return best

    def choose(self, label: str, options: int, /) -> int:
        """Any value."""
        self._ways *= options
        return self.draws.below(options)

    def end(self, outcome: Outcome) -> None:
        """Learn n, and k for the next run."""
        self.runs[self.length.now] += 1
        self.length.learn(outcome.deliveries)
        chains = max((len(work.chains) for work in self.works.values()), default=1)
        self.width = max(self.width, len(self.works) * chains)
        self.ways = max(self.ways, self._ways)

    @property
    def odds(self) -> Odds:
        """What the runs so far bear out."""
        return Odds(self.depth, self.width, self.ways, self.length.longest, dict(self.runs))

    def chance(self, length: int) -> float:
        """The least chance of a run with k = ``length`` to hit a given bug of this depth."""
        return self.odds.chance(length)

    def trust(self) -> Trust:
        """The chance that all runs missed."""
        length = self.length
        least = 1 / self.chance(length.now)
        choices = f", {self.ways} ways to choose" if self.ways > 1 else ""
        return Trust(
            "sampled",
            f"{self.odds}; per run it is hit "
            f"with at least 1 in {least:.0f}: n = {self.width} chains, k = {length.now} deliveries"
            f"{choices}",
        )

    def describe(self) -> str:
        """As a person would type it."""
        given = f" --length {self.length.given}" if self.length.given else ""
        return f"pct --depth {self.depth}{given} --seed {self.draws.seed}"

    # -- chains ------------------------------------------------------------------------

    def _highest(self, ready: Sequence[Lane]) -> int:
        """The index of the lane whose head has the highest priority."""
        heads = self._heads
        best, index, highest = 0, 0, -self.depth
        for lane in ready:
            priority = heads[lane.number]
            if priority > highest:
                best, highest = index, priority
            index += 1  # noqa: SIM113  # enumerate() costs a tuple for each lane
        return best

    def _follow(self, lengths: list[int]) -> None:
        """Note what was delivered since the last pick, and to which chains the new ones belong."""
        chains, lanes = self._chains, self._lanes
        if not chains:
            self._seen = len(self._picks)  # somebody else picked before (continued.py)
        cause = None
        for number in self._picks[self._seen :]:
            if number >= 0:
                cause = chains[number].popleft()
                cause.pending -= 1
                self._at += 1
        self._seen = len(self._picks)
        for lane in lanes[len(chains) :]:
            chains.append(deque())
            self._passive.append(lane.owner.run is None)
        for lane, queue, length in zip(lanes, chains, lengths, strict=True):
            for _ in range(length - len(queue)):
                queue.append(self._chain(lane, cause))
        self._lengths = lengths
        self._rank()

    def _rank(self) -> None:
        """Look the priorities up."""
        self._heads = [chains[0].priority if chains else 0 for chains in self._chains]

    def _chain(self, lane: Lane, cause: Chain | None) -> Chain:
        """The chain of a new envelope in ``lane``, sent in a delivery of the chain ``cause``."""
        passive = lane.owner.run is None
        work = cause.work if passive and cause is not None else self._work(lane.owner)
        chain = next((chain for chain in work.chains if chain.lane is lane), None)
        if chain is None:
            if cause is not None and cause.work is work and not cause.pending:
                chain = cause
            elif not passive and work.chains and not work.chains[0].pending:
                chain = work.chains[0]
            else:
                chain = Chain(work, work.priority | self.draws.bits(), lane)
                work.chains.append(chain)
            chain.lane = lane
        chain.pending += 1
        return chain

    def _work(self, starter: Actor) -> Work:
        """The work of ``starter``, with a priority of its own."""
        work = self.works.get(starter)
        if work is None:
            work = self.works[starter] = Work(self.draws.wide() << BITS)
        return work
