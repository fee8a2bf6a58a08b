"""Exploration: what a search amounts to, and how far that can be trusted.

One honest word and a number (trust.py). Beside what each strategy says of its own runs, a Never is
worth nothing if what the law speaks of never came about (goal.py), and little if somebody broke the
search off. An Exploration is a Result like any other: it has a verdict that holds or does not.

This file adds up. It runs nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from slabrace.runtime.member import Member, Share
from slabrace.runtime.odds import Odds
from slabrace.runtime.result import Found, How, Result
from slabrace.runtime.scenario import Verdict
from slabrace.runtime.strategies.traces import unseen
from slabrace.runtime.trust import Trust

__all__ = ["Exploration", "Standing"]


@dataclass
class Standing:
    """How far one member is: ``planned`` runs were begun, in ``turns``; ``state`` is where."""

    member: Member
    planned: int = 0
    turns: int = 0
    state: Any = None
    runs: int = 0
    positive: int = 0
    seconds: float = 0.0
    finished: bool = False
    trust: Trust | None = None
    odds: Odds | None = None
    estimate: float | None = None
    made_by: str = ""
    numbers: list[int] = field(default_factory=list)


@dataclass
class Exploration(Result):
    """See the head of this file.

    ``curve``: after so many runs, so many pairs of conflicting deliveries were seen, and so many of
    them in both orders. ``distinct``: after so many, the runs that were drawn at random had so many
    traces (traces.py), which are ``traces``. ``finder`` is the member that found a violation first.
    ``cut`` runs reached the bound of picks and still moved: whatever was shown, it was not shown of
    them.
    """

    members: list[Standing] = field(default_factory=list)
    reached: dict[str, None] = field(default_factory=dict)
    orders: dict[tuple[str, str], None] = field(default_factory=dict)
    curve: list[tuple[int, int, int]] = field(default_factory=list)
    distinct: list[tuple[int, int]] = field(default_factory=list)
    traces: set[int] = field(default_factory=set)
    finder: str | None = None
    cut: int = 0
    stopped: bool = False  # at the first violation
    jobs: int = 1
    broken: bool = False  # off, so that it cannot be resumed
    within: str = ""  # what its runs have in common, if it was held to some
    earlier: float = 0.0  # seconds before it was resumed

    def take(self, share: Share) -> None:
        """Add the next share of a member. The order of shares matters, and nothing else does."""
        standing = self.members[share.member]
        for found in share.found.values():
            found.made_by = share.made_by
            found.first += self.runs
            self._merge(found)
        if share.positive and self.finder is None:
            self.finder = standing.member.strategy
        standing.planned += share.made
        standing.turns += 1
        standing.runs += share.runs
        standing.positive += share.positive
        standing.seconds += share.seconds
        standing.finished |= share.finished
        standing.trust = share.trust
        standing.odds = share.odds if standing.odds is None else added(standing.odds, share.odds)
        standing.estimate = share.estimate
        standing.made_by = share.made_by
        standing.numbers += share.numbers
        self.runs += share.runs
        self.positive += share.positive
        self.bound += share.bound
        self.cut += share.cut
        self.deliveries += share.deliveries
        self.interrupted |= share.interrupted
        self.reached.update(dict.fromkeys(share.reached))
        self.orders.update(dict.fromkeys(share.orders))
        if share.numbers:
            self.traces.update(share.numbers)
            self.distinct.append((self.runs, len(self.traces)))
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
        return any(each.how == "exhaustive" for each in self.said)

    @property
    def decided(self) -> bool:
        """Whether there is nothing left to look for."""
        return self.stopped or self.exhausted or all(each.finished for each in self.members)

    @property
    def said(self) -> list[Trust]:
        """What the members say that have nothing left to try."""
        return [each.trust for each in self.members if each.finished and each.trust is not None]

    @property
    def how(self) -> How:
        """The one word."""
        return self.trust.how

    @property
    def trust(self) -> Trust:
        """How far what was observed can be trusted."""
        trust = self._of_runs()
        if self.within:
            how: How = "bounded" if trust.how == "exhaustive" else trust.how
            trust = Trust(how, f"{trust.why}; only {self.within}")
        if self.runs and self.unreached and self.observed is Verdict.NEVER:
            return Trust("inconclusive", f"{trust.why}; never reached: {', '.join(self.unreached)}")
        return trust

    def _of_runs(self) -> Trust:
        """The same, whatever they have in common, and whether or not goals were reached."""
        if not self.runs:
            return Trust("inconclusive", "interrupted" if self.interrupted else "no run was made")
        for said in self.said:
            if said.how == "exhaustive":
                return said
        if self.interrupted:
            how: How = "sampled" if self.positive else "inconclusive"
            return Trust(how, f"interrupted after {counted(self.runs, 'run')}")
        if self.stopped:
            return Trust("sampled", "stopped at the first violation")
        return self._of_parts()

    def _of_parts(self) -> Trust:
        """What members that are not exhaustive amount to together."""
        bounds = [said.why for said in self.said if said.how == "bounded"]
        drawn = [str(each.odds) for each in self.members if each.odds is not None]
        numbers = [number for each in self.members for number in each.numbers]
        if numbers:
            drawn.append(f"unseen traces estimated at {percentage(unseen(numbers))}")
        parts = [*bounds, *drawn]
        if not parts:
            parts = [each.trust.why for each in self.members if each.trust is not None]
        if self.cut:
            parts.append(f"{counted(self.cut, 'run')} cut off")
        how: How = "bounded" if bounds else "sampled" if drawn or self.positive else "inconclusive"
        if self.cut and not self.positive:
            how = "inconclusive"
        return Trust(how, "; ".join(dict.fromkeys(parts)) or counted(self.runs, "run"))

    @property
    def coverage(self) -> dict[str, Any]:
        """Pairs of conflicting deliveries, how many in both orders, and when that grew last."""
        pairs = {frozenset(order) for order in self.orders}
        return {
            "pairs": len(pairs),
            "both": len(self.orders) - len(pairs),
            "flat_since": self.curve[-1][0] if self.curve else 0,
        }

    def _merge(self, found: Found) -> None:
        """Count a bug; the shortest of its runs stands for it."""
        known = self.found.get(found.signature)
        if known is None:
            self.found[found.signature] = found
        elif len(found.picks) < len(known.picks):
            found.count += known.count
            found.first = known.first
            self.found[found.signature] = found
        else:
            known.count += found.count


def added(odds: Odds, more: Odds | None) -> Odds:
    """``odds`` of all runs so far, with those of the next ones."""
    return odds if more is None else odds + more


def percentage(share: float) -> str:
    """``40 %``, rounded to the side that promises less.

    >>> [percentage(share) for share in (0.0, 0.0001, 0.4, 0.991)]
    ['0 %', '1 %', '40 %', '100 %']
    """
    return f"{math.ceil(round(100 * share, 6))} %"


def counted(count: int, noun: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
