"""Races to draw: two writers or more and a counter, whatever they are called."""

from pathlib import Path

from slabrace.runtime.cause import Cause, find_cause
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Violation
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.trace import Trace
from slabrace.runtime.witness import Witness
from slabrace.runtime.world import World
from slabrace.scenarios.scripts import from_path

script = from_path(Path(__file__).parents[2] / "data" / "lost_update.py")


def race(*names: str) -> tuple[Trace, Violation, Cause]:
    """An update is lost by writers of these ``names``: the run, its violation, what decides."""

    def populate(world: World) -> World:
        counter = world.spawn(script.Counter(), name="counter")
        for name in names or ("writer0", "writer1"):
            world.spawn(script.Writer(counter, atomic=False), name=name)
        world.judge(script.Total(counter, len(names) or 2))
        return world

    world = World()
    trace = Trace(world, Witness(world))
    populate(world)
    strategy = RoundRobin()
    strategy.begin(world)
    outcome = Engine(world, strategy, tell=trace.tell).run()
    (violation,) = outcome.violations
    return trace, violation, find_cause(lambda: populate(World()), outcome.picks)


def title(number: int, actor: str) -> str:
    return f"CPU{number} ({actor})"
