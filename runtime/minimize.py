"""Minimize: from a run that breaks a law to the smallest that breaks it too.

Small is, in this order: few preemptions, few deliveries (up to and including the one that breaks
the law; all, if the law is judged at rest), few changes of lane, small data choices.

    1  The run is read as a course (course.py) and edited (reductions.py). An edit is kept if the
       run that follows it breaks the same law and is smaller, until no edit helps.
    2  All runs with 0, 1, 2 ... preemptions are made, as long as these are fewer than the best run
       has and the budget lasts. What is found is edited in its turn; if nothing is, the number is
       proven (``exact``).

Nothing is drawn at random and no clock is read, so the same run gives the same result. The result
is verified by replay. It is stable: made smaller again it stays as it is, unless the budget had run
out. A run in which an actor breaks off with an error counts as one that breaks no law.

This file decides what is kept. It knows no edit, and nothing of why a run fails (cause.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from slabrace.runtime.course import Course, course_of
from slabrace.runtime.engine import MAX_STEPS, Engine
from slabrace.runtime.errors import MachineError, UsageError
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.pick import Pick
from slabrace.runtime.reductions import REDUCTIONS, Reduction
from slabrace.runtime.replaying import describe, replay
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.few_preemptions import FewPreemptions
from slabrace.runtime.strategies.lenient import Lenient
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World

__all__ = [
    "AGAIN",
    "BUDGET",
    "Build",
    "Measure",
    "Minimized",
    "again",
    "breaks",
    "minimize",
    "picks_of",
]

Build = Callable[[], World]
"""Makes the world of the run anew."""

BUDGET: Final = 5_000
"""Runs that may be made."""
AGAIN: Final = 500
"""The same, to find and minimise a run that is like a known one."""
LONG: Final = 100
"""Deliveries of a run that count as one run of the budget: longer runs count more."""
LIVELY: Final = 10_000
"""Deliveries that a run may have, if the one to be made smaller has no more."""

Measure = tuple[int, int, int, int]
"""Preemptions, deliveries, changes of lane, sum of the values chosen."""


@dataclass
class Minimized:
    """The smallest run that was found. ``exact``: there is none with fewer preemptions.

    ``before`` are preemptions and deliveries of the run that was given. ``picks`` are raw,
    ``described`` the same by name; ``runs`` is what it took.
    """

    before: tuple[int, int]
    picks: list[int]
    described: list[Pick]
    outcome: Outcome
    signature: str
    preemptions: int
    deliveries: int
    exact: bool
    runs: int


def minimize(
    build: Build,
    picks: Sequence[int] | Schedule,
    signature: str | None = None,
    *,
    budget: int = BUDGET,
    max_steps: int = MAX_STEPS,
) -> Minimized:
    """The smallest run of ``build()`` that breaks the same law as that of ``picks``.

    ``signature`` is the violation's, or only its law; unless told, that of the first violation.
    No run that is made for it has more picks than ``max_steps``, the scenario's own bound.
    Raises a `UsageError` if the run does not break it, a `Divergence` if it cannot be followed.
    """
    return Minimizer(build, signature, budget, max_steps).minimize(picks_of(build, picks))


def again(
    build: Build,
    known: Minimized,
    law: str | None = None,
    *,
    budget: int = AGAIN,
    max_steps: int = MAX_STEPS,
) -> Minimized | None:
    """The smallest run of ``build()`` that breaks ``law``, or None; unless told, that of ``known``.

    ``known`` is a run of another world, with other parameters perhaps: its turns are followed, and
    if that breaks nothing, all runs with as few preemptions are made, as long as the budget lasts.
    """
    law = law or known.signature.partition(":")[0]
    return Minimizer(build, law, budget, max_steps).again(known)


def picks_of(build: Build, picks: Sequence[int] | Schedule) -> list[Pick]:
    """The picks by name; a schedule is followed to the letter once, to see that it fits."""
    if isinstance(picks, Schedule):
        replay(build(), picks)
        return picks.picks
    return describe(build, picks)


def breaks(outcome: Outcome, signature: str) -> bool:
    """Whether the run broke the law that ``signature`` names, with its parties if it has any.

    What follows the parties (`` [the pair of deliveries]``) may differ from run to run.
    """
    wanted = signature.partition(" [")[0]
    return any(wanted in (each.signature, each.law) for each in outcome.violations)


@dataclass(frozen=True)
class Run:
    """One run that breaks the law."""

    measure: Measure
    course: Course
    outcome: Outcome


class Minimizer:
    """See the head of this file. Makes runs of ``build()`` and remembers what was tried."""

    def __init__(self, build: Build, signature: str | None, budget: int, max_steps: int) -> None:
        self.build = build
        self.signature = signature
        self.left = budget
        self.spent = 0  # deliveries that are not counted as a run yet
        self.runs = 0
        self.max_steps = max_steps
        self.longest = min(LIVELY, max_steps)
        self.tried: set[Course] = set()

    def minimize(self, picks: Sequence[Pick]) -> Minimized:
        """The smallest run that breaks the law of the run with these picks."""
        self.longest = min(max(LIVELY, 2 * len(picks)), self.max_steps)
        return self.finished(self.first(course_of(picks)))

    def again(self, known: Minimized) -> Minimized | None:
        """The same for a run that is first to be found: one like ``known``, of another world."""
        run = self.follow(course_of(known.described))
        most = 0
        while run is None and most <= known.preemptions and self.left > 0:
            run, _ = self.search(most)
            most += 1
        return None if run is None else self.finished(run)

    def finished(self, run: Run) -> Minimized:
        """The smallest run, as far as edits and the search find it."""
        best = self.edited(run)
        most, exact = 0, True
        while exact and most < best.measure[0]:
            found, exact = self.search(most)
            if found is not None and found.measure < best.measure:
                best = self.edited(found)
            most += 1
        return self.verified(run, best, exact=exact)

    # -- runs --------------------------------------------------------------------------

    def first(self, course: Course) -> Run:
        """The run to begin with, which must break the law."""
        run = self.follow(course, None)
        if run is None:
            wanted = self.signature or "a law"
            raise UsageError(
                f"expected a run that breaks {wanted}, found one that does not; "
                "only a run that fails can be made smaller. Replay it to see what it breaks"
            )
        return run

    def follow(self, course: Course, limit: tuple[int, int] | None = None) -> Run | None:
        """The run of ``course``, if it breaks the law within ``limit``."""
        self.tried.add(course)
        strategy = Lenient(course, limit)
        outcome = self.turn(strategy)
        if self.signature is None and outcome.violations:
            self.signature = outcome.violations[0].signature
        if self.signature is None or not breaks(outcome, self.signature):
            return None
        taken = strategy.taken()
        self.tried.add(taken)
        measure = (
            strategy.preemptions, outcome.deliveries, strategy.switches, strategy.chosen,
        )  # fmt: skip
        return Run(measure, taken, outcome)

    def turn(self, strategy: Strategy) -> Outcome:
        """One run, paid for."""
        world = self.build()
        strategy.begin(world)
        try:
            outcome = Engine(world, strategy, max_steps=self.longest).run()
        except Exception:  # noqa: BLE001  # the scenario's own: not what is looked for here
            outcome = Outcome(End.QUIET, world.picks, world.deliveries)
        if outcome.end is End.INTERRUPTED:
            raise KeyboardInterrupt
        strategy.end(outcome)
        world.discard()
        self.runs += 1
        self.spent += outcome.deliveries
        self.left -= max(1, self.spent // LONG)
        self.spent %= LONG
        return outcome

    # -- editing -----------------------------------------------------------------------

    def edited(self, best: Run) -> Run:
        """``best`` made smaller by all the reductions, until none of them helps."""
        while True:
            before = best.measure
            for reduction in REDUCTIONS:
                best = self.reduced(best, reduction)
            if best.measure == before or self.left <= 0:
                return best

    def reduced(self, best: Run, reduction: Reduction) -> Run:
        """``best`` made smaller by one of them: what helps is kept, and the sweep goes on there."""
        place = 0
        helped = True
        while helped:
            helped = False
            for number, course in enumerate(reduction(best.course)):
                if number < place or course in self.tried:
                    continue
                if self.left <= 0:
                    return best
                run = self.follow(course, best.measure[:2])
                if run is not None and run.measure < best.measure:
                    best, place, helped = run, number, True
                    break
            else:
                helped, place = place > 0, 0  # once more from the beginning
        return best

    # -- searching ---------------------------------------------------------------------

    def search(self, most: int) -> tuple[Run | None, bool]:
        """A run with at most ``most`` preemptions; and, if none is found, whether there is none."""
        strategy = FewPreemptions(most)
        complete = True
        while not strategy.over:
            if self.left <= 0:
                return None, False
            outcome = self.turn(strategy)
            if self.signature is not None and breaks(outcome, self.signature):
                found = self.follow(course_of(describe(self.build, outcome.picks)))
                return found, complete
            complete &= outcome.end is not End.BOUND
        return None, complete

    def verified(self, given: Run, best: Run, *, exact: bool) -> Minimized:
        """``best``, replayed by its raw picks and by name."""
        picks = best.outcome.picks
        described = describe(self.build, picks)
        schedule = Schedule("", {}, described, "minimize", end=End.VIOLATION)
        outcome = replay(self.build(), schedule)
        signature = self.signature or ""
        if not breaks(outcome, signature):
            raise MachineError(
                f"the run that was made smaller breaks {signature}, but its replay does not. Does "
                "an actor or the scenario draw from what is not the machine's (a clock, random, "
                "id(), the order of a set, what an earlier run left behind)?"
            )
        preemptions, deliveries, _, _ = best.measure
        return Minimized(
            given.measure[:2],
            picks,
            described,
            outcome,
            signature,
            preemptions,
            deliveries,
            exact,
            self.runs,
        )
