"""Campaign: many runs of one scenario, and what they amount to.

Explore light, replay heavy: a run leaves nothing behind but its picks, and only if a law was broken
in it. What is shown of a violation (its schedule, in words that survive a change of the code) is
made by replaying the shortest run that has it.

Here, and nowhere below, a wall clock is read: runs per second are for people.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from slabrace.runtime.engine import Engine, Tell
from slabrace.runtime.errors import UsageError, nearest
from slabrace.runtime.log import EventLog
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.pick import Pick
from slabrace.runtime.replaying import verified
from slabrace.runtime.result import Found, Result
from slabrace.runtime.scenario import Scenario, abandon
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.strategy_table import Options, build
from slabrace.runtime.world import World

__all__ = ["HOSTS", "STRATEGIES", "Progress", "run"]

HOSTS: Final = ("engine", "trio", "asyncio")
STRATEGIES: Final = ("random", "round_robin")
"""What makes as many runs as it is told; whatever looks for more is explore.py's."""
ALWAYS_THE_SAME: Final = ("round_robin",)
"""Strategies that draw nothing: a second run would be the first again."""
JITTER: Final = 0.001


class Progress(Protocol):
    """Whoever wants to show how far a campaign is."""

    def begin(self, number: int, runs: int, world: World) -> None:
        """Run ``number`` (from 0) of ``runs`` is about to turn ``world``."""

    def end(self, outcome: Outcome) -> None:
        """It is over."""


def run(
    scenario: Scenario,
    parameters: Mapping[str, Any] | None = None,
    *,
    reference: str | None = None,
    host: str = "engine",
    strategy: str | None = None,
    seed: int = 0,
    first: int = 0,
    runs: int | None = None,
    delays: Sequence[str] | None = None,
    jitter: float = JITTER,
    max_steps: int | None = None,
    furnish: Iterable[Callable[[World], None]] = (),
    log: EventLog | None = None,
    progress: Progress | None = None,
) -> Result:
    """Make ``runs`` runs of ``scenario``, from number ``first`` on; None asks the scenario.

    ``furnish`` is what is added to each world beside the scenario: laws and actors of the user's.
    ``reference`` is what the scenario is found by, if that is not its name. ``jitter`` is the most
    that a live host lets a delivery wait at random, in real seconds.
    """
    arguments = scenario.arguments(parameters or {})
    host = known("host", host, HOSTS)
    name = known("strategy", scenario.strategy if strategy is None else strategy, STRATEGIES)
    turner = Turner(
        host,
        build(name, Options(seed=seed, first=first)),
        [Delay.parse(text) for text in (scenario.delays if delays is None else delays)],
        seed,
        jitter,
        scenario.max_steps if max_steps is None else max_steps,
    )
    sampled = host != "engine" or name not in ALWAYS_THE_SAME or bool(turner.delays)
    result = Result(scenario, sampled)
    additions = tuple(furnish)
    wanted = runs if runs is not None else scenario.runs if sampled else 1

    def populate(world: World) -> World:
        scenario(world, **arguments)
        for add in additions:
            add(world)
        return world

    began = time.perf_counter()
    world = None
    try:
        for number in range(first, first + wanted):
            if world is not None:
                world.discard()  # a ring of references: the collector would cost more than the runs
            world = World()
            tell = log.begin(world, number) if log is not None else None
            populate(world)
            if progress is not None:
                progress.begin(number - first, wanted, world)
            try:
                outcome = turner.turn(world, number, tell)
            except Exception as error:
                again = f"--seed {seed} --first {number} --runs 1"
                error.add_note(f"In run {number} of {scenario.name}; to make it again: {again}")
                raise
            if outcome is None:
                break
            result.add(outcome, number)
            if log is not None:
                log.end(number, outcome)
            if progress is not None:
                progress.end(outcome)
            if result.interrupted:
                break
        result.seconds = time.perf_counter() - began
        for found in result.found.values():
            found.schedule = turner.schedule(
                reference or scenario.name,
                scenario.stored(arguments),
                found,
                lambda: populate(World()),
            )
    except KeyboardInterrupt:
        result.interrupted = True
        result.seconds = result.seconds or time.perf_counter() - began
    finally:
        if world is not None:
            abandon(world)
    if world is not None:
        result.stats = world.report()
    return result


@dataclass
class Turner:
    """Turns one world after another on ``host``."""

    host: str
    strategy: Strategy
    delays: list[Delay]
    seed: int
    jitter: float
    max_steps: int

    def turn(self, world: World, number: int, tell: Tell | None) -> Outcome | None:
        """Run ``number``; None if the strategy has nothing left to try.

        What is drawn is drawn anew for each run, so that any run can be made again alone.
        """
        seed = (self.seed << 40) + number
        if self.host != "engine":
            from slabrace.runtime.live import run_live  # noqa: PLC0415  # event loops are heavy

            return run_live(
                world,
                backend="trio" if self.host == "trio" else "asyncio",
                seed=seed,
                max_delay=self.jitter,
                max_steps=self.max_steps,
                delays=self.delays,
                tell=tell,
            )
        strategy = self.strategy
        if self.delays:
            strategy = Delayed(strategy, self.delays, seed)
        if not strategy.begin(world):
            return None
        outcome = Engine(world, strategy, max_steps=self.max_steps, tell=tell).run()
        strategy.end(outcome)
        return outcome

    def schedule(
        self,
        scenario: str,
        parameters: Mapping[str, Any],
        found: Found,
        build: Callable[[], World],
    ) -> Schedule:
        """The schedule of a violation. On the engine it is not given out before it was replayed."""
        live = self.host != "engine"

        def written(picks: list[Pick]) -> Schedule:
            return Schedule(
                scenario,
                parameters,
                picks,
                self.describe(),
                host=self.host,
                max_steps=self.max_steps,
                end=End.VIOLATION,
            )

        if live:  # recorded by name, and perhaps not to be followed into the outside world
            return written(found.described or [])
        return verified(found, written, build)

    def describe(self) -> str:
        """What decided the order, as a person would type it."""
        if self.host != "engine":
            return f"--host {self.host} --seed {self.seed}"
        return Delayed(self.strategy, self.delays).describe()


def known(what: str, name: str, accepted: Iterable[str]) -> str:
    """``name``, if it is an accepted one."""
    if name not in accepted:
        raise UsageError(f"unknown {what} {name!r}; {nearest(name, accepted)}")
    return name
