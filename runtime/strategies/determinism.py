"""Determinism check: a wrapper that makes each schedule twice and compares what was offered.

A run is its schedule; an actor that draws from anything else (a clock, random, id(), the order of a
set, what an earlier run left behind) breaks replay, search and minimising alike, and does so
silently. So each run of the strategy inside is followed by one that makes the same picks and is
offered, at every pick, the same lanes with the same heads: by name of lane, sender and addressee,
and by class of message. The idea is that of the uncontrolled-nondeterminism check of Shuttle
(github.com/awslabs/shuttle).

The strategy inside sees only the first of the two, so half as many runs are new ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from slabrace.runtime.errors import MachineError
from slabrace.runtime.outcome import End, Outcome, Stop
from slabrace.runtime.strategies.wrapper import Wrapper

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Determinism"]

NOTHING: Final = ("the end of the run",)


class Step(NamedTuple):
    """One question to the strategy: what was offered, and what was said to it.

    ``skips`` are the raw picks by which the clock was moved on meanwhile.
    """

    offered: tuple[str, ...]
    answer: int | End
    skips: tuple[int, ...] = ()


class Determinism(Wrapper):
    """The strategy ``inner``, every ``every``-th run of it made twice."""

    def __init__(self, inner: Strategy, every: int = 1) -> None:
        super().__init__(inner)
        self.every = every
        self.checked = 0
        self._run = 0
        self._first: Outcome | None = None  # the run to be repeated next
        self._steps: list[Step] = []

    def begin(self, world: World) -> bool:
        """A run of the strategy inside, or that run once more."""
        self.world = world
        self._at = 0
        if self._first is not None:
            return True
        self._steps = []
        self._recording = self._run % self.every == 0
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """What the strategy inside picks, or picked."""
        if self._first is not None:
            return self._again(ready)
        if not self._recording:
            return self.inner.pick(ready)
        picks = self.world.picks
        before = len(picks)
        try:
            answer = self.inner.pick(ready)
        except Stop as stop:
            self._steps.append(Step(offer(ready), stop.end, tuple(picks[before:])))
            raise
        self._steps.append(Step(offer(ready), answer, tuple(picks[before:])))
        return answer

    def choose(self, label: str, options: int, /) -> int:
        """What the strategy inside chooses, or chose."""
        if self._first is None:
            value = self.inner.choose(label, options)
            if self._recording:
                self._steps.append(Step(choice(label, options), value))
            return value
        return self._answer(self._step(), choice(label, options))

    def end(self, outcome: Outcome) -> None:
        """Pass the first run on; see that the second ended like it."""
        first, self._first = self._first, None
        if first is None:
            self._run += 1
            self.inner.end(outcome)
            if self._recording and outcome.end is not End.INTERRUPTED:
                self._first = outcome
            return
        if outcome.end is End.INTERRUPTED:
            return
        self.checked += 1
        if self._at < len(self._steps):
            raise self._differs(self._steps[self._at].offered, NOTHING)
        mine, other = ending(first), ending(outcome)
        if mine != other:
            raise self._differs(mine, other)

    def describe(self) -> str:
        """It changes no schedule, so it is not part of the name."""
        return self.inner.describe()

    # -- the second run ----------------------------------------------------------------

    def _again(self, ready: Sequence[Lane]) -> int:
        step = self._step()
        for raw in step.skips if step else ():
            self.world.clock.skip(-1 - raw)
        return self._answer(step, offer(ready))

    def _step(self) -> Step | None:
        return self._steps[self._at] if self._at < len(self._steps) else None

    def _answer(self, step: Step | None, offered: tuple[str, ...]) -> int:
        expected = step.offered if step else NOTHING
        if step is None or offered != expected:
            self._first = None
            raise self._differs(expected, offered)
        self._at += 1
        if isinstance(step.answer, End):
            raise Stop(step.answer)
        return step.answer

    def _differs(self, expected: tuple[str, ...], found: tuple[str, ...]) -> MachineError:
        mine = [each for each in expected if each not in found] or expected
        other = [each for each in found if each not in expected] or found
        return MachineError(
            f"run {self._run - 1} does not follow from its picks: made again, it differs at pick "
            f"{len(self.world.picks)}. First there was {'; '.join(mine)}; then there was "
            f"{'; '.join(other)}. Does an actor or the scenario draw from what is not the "
            "machine's (a clock, random, id(), the order of a set, what an earlier run left "
            "behind)? Let it use choose() and sleep()."
        )


def offer(ready: Sequence[Lane]) -> tuple[str, ...]:
    """What may be delivered, by name."""
    return tuple(
        f"{head.sender.label} -> {head.addressee.label}: {type(head.message).__name__} "
        f"in lane {lane.name}"
        for lane in ready
        for head in (lane[0],)
    )


def choice(label: str, options: int) -> tuple[str, ...]:
    """What was to be chosen."""
    return (f"the choice {label} of 0..{options - 1}",)


def ending(outcome: Outcome) -> tuple[str, ...]:
    """How a run ended, by name."""
    return (outcome.end.value, *(violation.signature for violation in outcome.violations))
