"""Replaying: from the raw picks of a run to a schedule, and from a schedule to the run.

Explore light, replay heavy: a search keeps raw numbers; what a person wants to see of a run (its
schedule by name, its trace, its log) is made by running it once more, here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.engine import Engine, Tell
from slabrace.runtime.errors import ForeignAwait
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.strategies.recorder import Recorder
from slabrace.runtime.strategies.replay import Replay

if TYPE_CHECKING:
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.pick import Pick
    from slabrace.runtime.schedule import Schedule
    from slabrace.runtime.world import World

__all__ = ["describe", "replay"]


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
