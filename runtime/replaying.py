"""Replaying: from the raw picks of a run to a schedule, and from a schedule to the run.

Explore light, replay heavy: a search keeps raw numbers; what a person wants to see of a run (its
schedule by name, its trace, its log) is made by running it once more, here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.engine import Engine, Tell
from slabrace.runtime.errors import Divergence, ForeignAwait, MachineError
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.strategies.recorder import Recorder
from slabrace.runtime.strategies.replay import Replay

if TYPE_CHECKING:
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.pick import Pick
    from slabrace.runtime.result import Found
    from slabrace.runtime.schedule import Schedule
    from slabrace.runtime.world import World

__all__ = ["describe", "replay", "verified"]


def describe(build: Callable[[], World], raw: Sequence[int]) -> list[Pick]:
    """The picks of the run with these ``raw`` ones, by name. ``build`` makes its world anew."""
    world = build()
    recorder = Recorder(RawReplay(raw))
    recorder.begin(world)
    Engine(world, recorder, max_steps=len(raw) + 1).run()
    return recorder.picks


def replay(world: World, schedule: Schedule, *, tell: Tell | None = None) -> Outcome:
    """Run ``world``, fresh from its scenario, along ``schedule``. ``tell`` sees each delivery.

    Raises a `Divergence` as soon as the two disagree, at the end of the run at the latest.
    """
    strategy = Replay(schedule)
    strategy.begin(world)
    # The schedule ends the run, at the same pick as it did then.
    engine = Engine(world, strategy, max_steps=len(schedule) + 1, tell=tell)
    try:
        outcome = engine.run()
    except ForeignAwait as error:
        strategy.blame(error)
        raise
    strategy.end(outcome)
    return outcome


def verified(
    found: Found, written: Callable[[list[Pick]], Schedule], build: Callable[[], World]
) -> Schedule:
    """The schedule of a violation that a search found, given out only after it was replayed."""
    try:
        schedule = written(describe(build, found.picks))
        broken = replay(build(), schedule).violations
    except Divergence as error:
        raise unrepeatable(found, str(error)) from error
    signatures = [each.signature for each in broken]
    if not any(found.signature.startswith(each) for each in signatures):
        raise unrepeatable(found, f"made again, it breaks {signatures or 'no law'}.")
    return schedule


def unrepeatable(found: Found, how: str) -> MachineError:
    """A run that does not follow from its picks."""
    return MachineError(
        f"run {found.run} broke the law {found.law}, but cannot be repeated: {how} "
        "Does an actor or the scenario draw from what is not the machine's (a clock, random, id(), "
        "the order of a set, what an earlier run left behind)? Let it use choose() and sleep()."
    )
