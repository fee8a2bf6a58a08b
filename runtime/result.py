"""Result: what the runs of a campaign amount to, and how far that can be trusted.

A verdict speaks of all runs, and a campaign has made some of them. Runs drawn at random are
``sampled``; the one run of a strategy that draws nothing is ``bounded``; and a campaign that found
nothing but was cut short, by a bound or by a person, is ``inconclusive`` and never holds.

This file counts. It runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from slabrace.runtime.errors import Violation
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.pick import Pick
from slabrace.runtime.scenario import Scenario, Verdict
from slabrace.runtime.schedule import Schedule

__all__ = ["Found", "How", "Result"]

How = Literal["exhaustive", "bounded", "sampled", "inconclusive"]


@dataclass
class Found:
    """One bug: the violations of one signature, told by the shortest run that has it.

    ``first`` runs had been made when it was seen for the first time, that one included.
    """

    law: str
    message: str
    signature: str
    run: int
    picks: list[int]
    described: list[Pick] | None = None
    count: int = 1
    schedule: Schedule | None = None
    made_by: str = ""
    first: int = 0


@dataclass
class Result:
    """What the runs of a campaign amount to."""

    scenario: Scenario
    sampled: bool  # something was drawn at random
    runs: int = 0
    positive: int = 0
    bound: int = 0
    interrupted: bool = False
    deliveries: int = 0
    seconds: float = 0.0
    found: dict[str, Found] = field(default_factory=dict)
    stats: dict[str, Any] = field(default_factory=dict)

    @property
    def negative(self) -> int:
        """Runs that came to rest with no law broken."""
        return self.runs - self.positive - self.bound

    @property
    def observed(self) -> Verdict:
        """The verdict of the runs that were made."""
        if not self.positive:
            return Verdict.NEVER
        return Verdict.ALWAYS if self.positive == self.runs else Verdict.SOMETIMES

    @property
    def held(self) -> bool:
        """Whether the runs bear the scenario's verdict out."""
        if self.how == "inconclusive":
            return False
        expected = self.scenario.verdict
        if expected is Verdict.NEVER or self.observed is Verdict.NEVER:
            return self.observed is expected
        laws = self.scenario.laws
        caught = not laws or any(found.law in laws for found in self.found.values())
        return caught and (expected is Verdict.SOMETIMES or self.observed is Verdict.ALWAYS)

    @property
    def how(self) -> How:
        """How far the verdict can be trusted."""
        if not self.positive and (self.bound or self.interrupted or not self.runs):
            return "inconclusive"
        return "sampled" if self.sampled else "bounded"

    def add(self, outcome: Outcome, number: int) -> None:
        """Count one run."""
        self.deliveries += outcome.deliveries
        if outcome.end is End.INTERRUPTED:
            self.interrupted = True
            return
        self.runs += 1
        self.positive += outcome.end is End.VIOLATION
        self.bound += outcome.end is End.BOUND
        for violation in outcome.violations:
            self._file(violation, outcome, number)

    def _file(self, violation: Violation, outcome: Outcome, number: int) -> None:
        """Count a violation; the shortest run of a signature stands for all of them."""
        told = Found(
            violation.law,
            violation.message,
            violation.signature,
            number,
            outcome.picks,
            getattr(outcome, "described", None),
            first=self.runs,
        )
        found = self.found.get(violation.signature)
        if found is not None:
            told.count, told.first = found.count + 1, found.first
            if len(told.picks) >= len(found.picks):
                found.count = told.count
                return
        self.found[violation.signature] = told
