"""Member: one strategy of a search, with its options; and the shares in which it does its work.

A share is a number of runs, and what they amount to. It follows from the member, the place of the
share among the member's shares, and nothing else. So shares can be made anywhere, and a search that
takes them in order has the same result with any number of processes.

 - A member that draws (random, PCT, POS) begins each share anew, at the number of its first run.
 - A member that goes through a tree (DPOR, DFS, delay-bounded) goes on where its last share ended,
   so its shares are made one after the other by one and the same process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Violation
from slabrace.runtime.goal import Goals
from slabrace.runtime.odds import Odds
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.result import Found
from slabrace.runtime.scenario import Scenario, abandon
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.signature import pairs_of
from slabrace.runtime.strategies.continued import Continued
from slabrace.runtime.strategies.coverage import Coverage
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.strategies.determinism import Determinism
from slabrace.runtime.strategies.fair import Fair
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.strategies.traces import Traces
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.strategy_table import Options, build
from slabrace.runtime.trust import Trust
from slabrace.runtime.world import World

__all__ = ["Member", "Share", "Workshop"]

LONG: Final = 100_000
"""Deliveries after which a run is long enough to be called that."""
IN_ORDER: Final = ("dpor", "dfs", "delay")

Furnish = Callable[[World], None]


class Member(msgspec.Struct, frozen=True):
    """A strategy by name, with its options and what is wrapped around it.

    ``fair``: no lane waits for more than so many picks; ``checked``: each schedule is made twice,
    to see that a run follows from it. ``after`` is a schedule (its token) that each run follows as
    far as it goes, before the strategy picks.
    """

    strategy: str
    options: Options = Options()
    delays: tuple[str, ...] = ()
    fair: int | None = None
    checked: bool = False
    after: str | None = None

    @property
    def in_order(self) -> bool:
        """Whether it goes through a tree: a share begins where the last one ended."""
        return self.strategy in IN_ORDER and not self.options.sampled

    def make(self, first: int) -> Strategy:
        """The strategy, standing before run ``first``."""
        options = self.options
        if not self.in_order:
            options = msgspec.structs.replace(options, first=options.first + first)
        strategy = build(self.strategy, options)
        if self.delays:
            policies = [Delay.parse(text) for text in self.delays]
            strategy = Delayed(strategy, policies, (options.seed << 40) + options.first)
        if self.fair is not None:
            strategy = Fair(strategy, self.fair)
        if self.after is not None:
            strategy = Continued(Schedule.parse(self.after), strategy)
        return Determinism(strategy) if self.checked else strategy


@dataclass
class Share:
    """What some runs of a member amount to. ``numbers``: traces.py; ``orders``: coverage.py.

    ``made`` is how many the member goes on after. A look ahead (dpor.py) is no run and counts for
    nothing. ``cut`` are those of ``bound`` that reached the bound of picks, and not one of the
    member's own.
    """

    member: int
    made: int = 0
    runs: int = 0
    positive: int = 0
    bound: int = 0
    cut: int = 0
    deliveries: int = 0
    interrupted: bool = False
    finished: bool = False
    found: dict[str, Found] = field(default_factory=dict)
    reached: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    orders: list[tuple[str, str]] = field(default_factory=list)
    trust: Trust | None = None
    odds: Odds | None = None
    estimate: float | None = None
    made_by: str = ""
    seconds: float = 0.0

    def add(self, outcome: Outcome, number: int, build: Callable[[], World], most: int) -> None:
        """Count run ``number``, of a world that ``build`` makes, of at most ``most`` picks."""
        self.deliveries += outcome.deliveries
        if outcome.end is End.INTERRUPTED:
            self.interrupted = True
            return
        if outcome.end is End.REDUNDANT:
            return
        self.made += 1
        self.runs += 1
        self.positive += outcome.end is End.VIOLATION
        self.bound += outcome.end is End.BOUND
        self.cut += outcome.end is End.BOUND and len(outcome.picks) >= most
        if outcome.violations:
            for violation, pair in zip(outcome.violations, pairs_of(build, outcome), strict=True):
                self._file(violation, f"{violation.signature}{pair}", outcome, number)

    def _file(self, violation: Violation, signature: str, outcome: Outcome, number: int) -> None:
        """Count a violation; the shortest run of a signature stands for all of them."""
        found = Found(
            violation.law, violation.message, signature, number, outcome.picks, first=self.runs
        )
        known = self.found.get(signature)
        if known is None or len(known.picks) > len(found.picks):
            if known is not None:
                found.count, found.first = known.count + 1, known.first
            self.found[signature] = found
        else:
            known.count += 1


class Workshop:
    """Makes shares: of one scenario, in one process. ``states``: where members stand, by number."""

    def __init__(
        self,
        scenario: Scenario,
        parameters: Mapping[str, Any],
        members: Iterable[Member],
        *,
        furnish: Iterable[Furnish] = (),
        max_steps: int | None = None,
        until_violation: bool = True,
        states: Mapping[int, Any] | None = None,
        stop: Callable[[], bool] = bool,
    ) -> None:
        self.scenario = scenario
        self.arguments = scenario.arguments(parameters)
        self.members = tuple(members)
        self.furnish = tuple(furnish)
        self.max_steps = scenario.max_steps if max_steps is None else max_steps
        self.until_violation = until_violation
        self.stop = stop  # whether somebody wants no further run
        self.states = dict(states or {})
        self._strategies: dict[int, Strategy] = {}

    def build(self) -> World:
        """A world, populated."""
        world = World()
        self.populate(world)
        return world

    def populate(self, world: World) -> None:
        """The scenario, and what was added to it, into an empty world."""
        self.scenario(world, **self.arguments)
        for add in self.furnish:
            add(world)

    def length(self) -> int:
        """Deliveries of one run, the plainest there is."""
        world = self.build()
        plain = RoundRobin()
        plain.begin(world)
        deliveries = Engine(world, plain, max_steps=min(self.max_steps, LONG)).run().deliveries
        world.discard()
        return deliveries

    def share(self, number: int, first: int, size: int, deadline: float | None = None) -> Share:
        """Up to ``size`` runs of member ``number``, of which ``first`` were made before.

        ``deadline`` is a reading of time.monotonic() after which no run is begun.
        """
        began = time.perf_counter()
        member = self.members[number]
        share = Share(number)
        strategy = self._strategy(number, first)
        traces = coverage = None
        watched = strategy
        if not member.in_order:
            watched = traces = Traces(coverage := Coverage(strategy))
        goals = Goals(self.scenario.reach)
        world: World | None = None
        tried = 0
        while share.made < size and not (share.positive and self.until_violation):
            late = deadline is not None and time.monotonic() >= deadline
            if tried and (late or self.stop()):
                break
            tried += 1
            if world is not None:
                world.discard()
            world = self.build()
            if goals.open:
                goals.watch(world)
            if not watched.begin(world):
                share.finished = True
                abandon(world)
                break
            try:
                outcome = Engine(world, watched, max_steps=self.max_steps).run()
                watched.end(outcome)
            except Exception as error:
                error.add_note(
                    f"In run {first + share.made} of {self.scenario.name} by {strategy.describe()}."
                )
                raise
            share.add(outcome, first + share.made, self.build, self.max_steps)
            if share.interrupted:
                break
        if world is not None:
            world.discard()
        share.made_by = strategy.describe()
        share.reached = list(goals.met)
        if traces is not None and coverage is not None:
            share.numbers = traces.numbers[: share.made]  # not that of one broken off
            share.orders = coverage.orders()
        trust = getattr(strategy, "trust", None)
        share.trust = trust() if trust is not None else None
        share.odds = getattr(strategy, "odds", None)
        estimate = getattr(strategy, "estimate", None)
        share.estimate = estimate() if estimate is not None else None
        share.seconds = time.perf_counter() - began
        return share

    def state(self, number: int) -> Any:
        """Where member ``number`` stands, in builtins; None if that follows from its runs."""
        strategy = self._strategies.get(number)
        if strategy is None:
            return self.states.get(number)
        return getattr(strategy, "state")()  # noqa: B009  # whoever goes through a tree has it

    def _strategy(self, number: int, first: int) -> Strategy:
        member = self.members[number]
        if not member.in_order:
            return member.make(first)
        strategy = self._strategies.get(number)
        if strategy is None:
            strategy = member.make(0)
            state = self.states.get(number)
            if state is not None:
                getattr(strategy, "resume")(state)  # noqa: B009  # and this, too
            self._strategies[number] = strategy
        return strategy
