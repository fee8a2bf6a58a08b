"""POS: partial-order sampling, a random priority for every delivery, redrawn where it races.

X. Yuan, J. Yang, R. Gu: Partial Order Aware Concurrency Sampling, CAV 2018.

Each deliverable message has a priority of its own, drawn once; the highest goes. Then those that
conflict with it (dependence.py) draw again: their order to what comes later is open, and not the
worse for having lost this race. Where nothing conflicts, nothing is drawn twice, so schedules that
differ only in the order of independent deliveries share their chance, instead of crowding out the
rest as in a random walk.

What differs from the paper: a message that is not deliverable keeps its priority until it is, and
data choices are drawn evenly. The paper's guarantee for a given partial order shrinks exponentially
with its events, and is not worth printing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.dependence import racing
from slabrace.runtime.strategies.draws import Draws
from slabrace.runtime.trust import Trust

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["POS"]


class POS:
    """See the head of this file."""

    def __init__(self, seed: int = 0, first: int = 0) -> None:
        self.draws = Draws(seed, first)
        self.runs = 0

    def begin(self, world: World) -> bool:
        """Nothing has a priority yet."""
        self.draws.turn()
        self.world = world
        self._seen = len(world.picks)
        self._heads: list[Envelope | None] = []  # of each lane: whose priority it is
        self.priorities: list[int] = []
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """The lane whose head has the highest priority, after what raced with the last one drew."""
        world, draw = self.world, self.draws.bits
        heads, priorities = self._heads, self.priorities
        missing = len(world.lanes) - len(heads)
        if missing:
            heads.extend([None] * missing)
            priorities.extend([0] * missing)
        made = len(world.picks)
        delivered: Envelope | None = None
        addressee: Actor | None = None
        if made != self._seen:  # or else nothing was delivered since the last pick
            self._seen = made
            delivered = getattr(world, "delivery", None)  # or only a choice was made, before any
            addressee = delivered and delivered.addressee
        best, index, highest = 0, 0, -1
        for lane in ready:
            number = lane.number
            head = lane[0]
            if heads[number] is not head:
                heads[number] = head
                priorities[number] = priority = draw()
            elif delivered and head.addressee is addressee and racing(delivered, head):
                priorities[number] = priority = draw()
            else:
                priority = priorities[number]
            if priority > highest:
                best, highest = index, priority
            index += 1  # noqa: SIM113  # enumerate() costs a tuple for each lane
        return best

    def choose(self, label: str, options: int, /) -> int:
        """Any value."""
        return self.draws.below(options)

    def end(self, outcome: Outcome) -> None:
        """Nothing is learnt."""
        self.runs += 1

    def trust(self) -> Trust:
        """See the head: there is no bound worth printing."""
        return Trust("sampled", f"{self.runs} runs")

    def describe(self) -> str:
        """As a person would type it."""
        return f"pos --seed {self.draws.seed}"
