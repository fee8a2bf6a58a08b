"""Exploration: what a search amounts to, and how far that can be trusted.

One honest word and a number (trust.py). Beside what each strategy says of its own runs, a Never is
worth nothing if what the law speaks of never came about (goal.py), and little if somebody broke the
search off. An Exploration is a Result like any other: it has a verdict that holds or does not.

This file adds up. It runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from slabrace.runtime.member import Member, Share
from slabrace.runtime.result import How, Result
from slabrace.runtime.scenario import Verdict
from slabrace.runtime.strategies.traces import unseen
from slabrace.runtime.trust import Trust, at_most

__all__ = ["Exploration", "Standing"]

BEST_FIRST: Final = ("exhaustive", "bounded", "sampled", "inconclusive")


@dataclass
class Standing:
    """How far one member is. ``planned`` runs in ``turns`` were asked of it; ``state``: where."""

    member: Member
    planned: int = 0
    turns: int = 0
    state: Any = None
    runs: int = 0
    positive: int = 0
    seconds: float = 0.0
    finished: bool = False
    trust: Trust | None = None
    missed: float = 1.0
    estimate: float | None = None
    made_by: str = ""
    numbers: list[int] = field(default_factory=list)


@dataclass
class Exploration(Result):
    """See the head of this file.

    ``curve``: after so many runs, so many pairs of conflicting deliveries were seen, and so many of
    them in both orders. ``finder`` is the member that found a violation first.
    """

    members: list[Standing] = field(default_factory=list)
    reached: dict[str, None] = field(default_factory=dict)
    orders: dict[tuple[str, str], None] = field(default_factory=dict)
    curve: list[tuple[int, int, int]] = field(default_factory=list)
    finder: str | None = None
    stopped: bool = False  # at the first violation
    jobs: int = 1
    earlier: float = 0.0  # seconds before it was resumed

    def take(self, share: Share) -> None:
        """Add the next share of a member. The order of shares matters, and nothing else does."""
        standing = self.members[share.member]
        for found in share.found.values():
            found.made_by = share.made_by
            self._merge(found)
        if share.positive and self.finder is None:
            self.finder = standing.member.strategy
        standing.runs += share.runs
        standing.positive += share.positive
        standing.seconds += share.seconds
        standing.finished |= share.finished
        standing.trust = share.trust
        standing.missed *= share.missed
        standing.estimate = share.estimate
        standing.made_by = share.made_by
        standing.numbers += share.numbers
        self.runs += share.runs
        self.positive += share.positive
        self.bound += share.bound
        self.deliveries += share.deliveries
        self.interrupted |= share.interrupted
        self.reached.update(dict.fromkeys(share.reached))
        self.orders.update(dict.fromkeys(share.orders))
        if share.orders:
            pairs = {frozenset(order) for order in self.orders}
            point = (self.runs, len(pairs), len(self.orders) - len(pairs))
            if not self.curve or self.curve[-1][1:] != point[1:]:
                self.curve.append(point)

    @property
    def unreached(self) -> list[str]:
        """Goals of the scenario that no run has met."""
        return [goal for goal in self.scenario.reach if goal not in self.reached]

    @property
    def exhausted(self) -> bool:
        """Whether some member has seen all that there is."""
        return any(each.trust is not None and each.trust.how == "exhaustive" for each in self.ended)

    @property
    def ended(self) -> list[Standing]:
        """The members that have nothing left to try."""
        return [each for each in self.members if each.finished]

    @property
    def how(self) -> How:
        """The one word."""
        return self.trust.how

    @property
    def trust(self) -> Trust:
        """How far what was observed can be trusted."""
        if not self.runs:
            return Trust("inconclusive", "no run was made")
        if self.observed is Verdict.NEVER:
            if self.unreached:
                return Trust("inconclusive", f"never reached: {', '.join(self.unreached)}")
            if self.interrupted and not self.exhausted:
                return Trust("inconclusive", f"interrupted after {self.runs:,} runs")
        elif self.stopped:
            return Trust("sampled", "stopped at the first violation")
        said = [each.trust for each in self.ended if each.trust is not None]
        if said:
            best = min(said, key=lambda trust: BEST_FIRST.index(trust.how))
            if best.how == "exhaustive":
                return best
        return self._of_parts()

    def _of_parts(self) -> Trust:
        """What members that are not exhaustive amount to together."""
        parts: list[str] = []
        how: How = "inconclusive"
        for each in self.members:
            trust = each.trust
            if trust is not None and trust.how == "bounded" and each.finished:
                how = "bounded"
                parts.append(trust.why)
            elif each.numbers:
                how = "sampled" if how == "inconclusive" else how
            if each.missed < 1:
                depth = each.member.depth
                parts.append(f"chance of missing a depth-{depth} bug <= {at_most(each.missed)}")
        numbers = [number for each in self.members for number in each.numbers]
        if numbers:
            parts.append(f"unseen traces estimated at {100 * unseen(numbers):.0f} %")
        if self.bound:
            parts.append(f"{self.bound:,} runs cut off")
            if not self.positive:
                how = "inconclusive"
        if how == "inconclusive" and not parts:
            parts = [each.trust.why for each in self.members if each.trust is not None]
        return Trust(how, "; ".join(dict.fromkeys(parts)) or f"{self.runs:,} runs")

    @property
    def coverage(self) -> dict[str, Any]:
        """Pairs of conflicting deliveries, how many in both orders, and when that grew last."""
        pairs = {frozenset(order) for order in self.orders}
        return {
            "pairs": len(pairs),
            "both": len(self.orders) - len(pairs),
            "flat_since": self.curve[-1][0] if self.curve else 0,
        }

    def _merge(self, found: Any) -> None:
        known = self.found.get(found.signature)
        if known is None:
            self.found[found.signature] = found
        elif len(found.picks) < len(known.picks):
            found.count += known.count
            self.found[found.signature] = found
        else:
            known.count += found.count
