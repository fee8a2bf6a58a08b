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
from typing import Any, Final, Protocol, runtime_checkable

import msgspec

from slabrace.runtime.engine import Engine
from slabrace.runtime.goal import Goals
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.result import Found
from slabrace.runtime.scenario import Scenario, abandon
from slabrace.runtime.signature import pair_of
from slabrace.runtime.strategies.coverage import Coverage
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.strategies.determinism import Determinism
from slabrace.runtime.strategies.fair import Fair
from slabrace.runtime.strategies.pct import DEPTH, PCT
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
TOLD_APART: Final = 20
"""Violations of one law and parties in a share that are made again to be told apart."""

Furnish = Callable[[World], None]


@runtime_checkable
class Stands(Protocol):
    """A strategy that can say where it stands, and go on from there."""

    def state(self) -> Any:
        """Where it stands, in builtins."""

    def resume(self, state: Any) -> None:
        """Stand there."""


class Member(msgspec.Struct, frozen=True):
    """A strategy by name, with its options and what is wrapped around it.

    ``fair``: no lane waits for more than so many picks; ``checked``: each schedule is made twice,
    to see that a run follows from it.
    """

    strategy: str
    options: Options = Options()
    delays: tuple[str, ...] = ()
    fair: int | None = None
    checked: bool = False

    @property
    def depth(self) -> int:
        """That of the bugs PCT aims at."""
        return DEPTH if self.options.depth is None else self.options.depth

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
        return Determinism(strategy) if self.checked else strategy


@dataclass
class Share:
    """What some runs of a member amount to. ``numbers``: traces.py; ``orders``: coverage.py.

    ``missed`` bounds the chance that these runs missed a bug of the depth that PCT aims at.
    """

    member: int
    runs: int = 0
    positive: int = 0
    bound: int = 0
    deliveries: int = 0
    interrupted: bool = False
    finished: bool = False
    found: dict[str, Found] = field(default_factory=dict)
    reached: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    orders: list[tuple[str, str]] = field(default_factory=list)
    trust: Trust | None = None
    missed: float = 1.0
    estimate: float | None = None
    made_by: str = ""
    seconds: float = 0.0

    def add(self, outcome: Outcome, number: int, apart: Callable[[Outcome], str]) -> None:
        """Count one run. Violations are one bug if law, parties and what ``apart`` says agree."""
        self.deliveries += outcome.deliveries
        if outcome.end is End.INTERRUPTED:
            self.interrupted = True
            return
        if outcome.end is End.REDUNDANT:
            return
        self.runs += 1
        self.positive += outcome.end is End.VIOLATION
        self.bound += outcome.end is End.BOUND
        for violation in outcome.violations:
            signature = f"{violation.signature}{apart(outcome)}"
            found = Found(violation.law, violation.message, signature, number, outcome.picks)
            known = self.found.get(signature)
            if known is None or len(known.picks) > len(found.picks):
                found.count = known.count + 1 if known is not None else 1
                self.found[signature] = found
            else:
                known.count += 1


class Workshop:
    """Makes shares: of one scenario, in one process."""

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
    ) -> None:
        self.scenario = scenario
        self.arguments = scenario.arguments(parameters)
        self.members = tuple(members)
        self.furnish = tuple(furnish)
        self.max_steps = scenario.max_steps if max_steps is None else max_steps
        self.until_violation = until_violation
        self._states = dict(states or {})
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
        told: dict[str, int] = {}

        def apart(outcome: Outcome) -> str:
            """What tells this violation from others of its law, made out by running it again."""
            signature = outcome.violations[0].signature
            told[signature] = told.get(signature, 0) + 1
            return pair_of(self.build, outcome) if told[signature] <= TOLD_APART else ""

        world: World | None = None
        made = 0
        while made < size and not (share.positive and self.until_violation):
            if deadline is not None and made and time.monotonic() >= deadline:
                break
            if world is not None:
                world.discard()
            world = self.build()
            if goals.open:
                goals.watch(world)
            if not watched.begin(world):
                share.finished = True
                abandon(world)
                break
            outcome = Engine(world, watched, max_steps=self.max_steps).run()
            watched.end(outcome)
            share.add(outcome, first + made, apart)
            made += 1
            if share.interrupted:
                break
        if world is not None:
            world.discard()
        share.made_by = strategy.describe()
        share.reached = list(goals.met)
        if traces is not None and coverage is not None:
            share.numbers = traces.numbers
            share.orders = coverage.orders()
        trust = getattr(strategy, "trust", None)
        share.trust = trust() if trust is not None else None
        if isinstance(strategy, PCT):
            share.missed = strategy.missed()
        estimate = getattr(strategy, "estimate", None)
        share.estimate = estimate() if estimate is not None else None
        share.seconds = time.perf_counter() - began
        return share

    def state(self, number: int) -> Any:
        """Where member ``number`` stands, in builtins; None if that follows from its runs."""
        strategy = self._strategies.get(number)
        if strategy is None or not isinstance(strategy, Stands):
            return self._states.get(number)
        return strategy.state()

    def _strategy(self, number: int, first: int) -> Strategy:
        member = self.members[number]
        if not member.in_order:
            return member.make(first)
        strategy = self._strategies.get(number)
        if strategy is None:
            strategy = self._strategies[number] = member.make(0)
            state = self._states.get(number)
            if state is not None and isinstance(strategy, Stands):
                strategy.resume(state)
        return strategy
