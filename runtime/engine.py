"""Engine: drives the coroutines by hand, one delivery at a time, in the order a strategy picks.

The loop below is the hot one; all else in the machine is arranged so that it can be this short:

 - a lane is a deque and the mailbox a list, so picking is an index and taking a popleft;
 - handlers sit in a table by message type: no dispatch code runs;
 - the answer continues the asker at once, so a lane that is used again is never relisted;
 - what is rare (a deferred answer, a new task, a timer) goes through ``world.interrupts``;
 - the loop counts by ``for``, and stops short of the next timer.

Nothing is logged here. Whoever wants to see deliveries replays the run with a ``tell``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING

from slabrace.runtime.clock import TICK
from slabrace.runtime.deadlock import deadlock
from slabrace.runtime.errors import ForeignAwait, Violation
from slabrace.runtime.message import DEFERRED, Envelope
from slabrace.runtime.outcome import End, Outcome, Stop
from slabrace.runtime.strategies.watched import watched
from slabrace.runtime.task import RECEIVE, Heard, Task

if TYPE_CHECKING:
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["MAX_STEPS", "Engine"]

MAX_STEPS = 10_000_000
"""Picks after which a run that still moves is cut off."""

Tell = Callable[[Envelope], None]


class Engine:
    """Turns one world until it is at rest. ``tell`` sees every envelope just after its delivery."""

    def __init__(
        self,
        world: World,
        strategy: Strategy,
        *,
        max_steps: int = MAX_STEPS,
        tell: Tell | None = None,
    ) -> None:
        self.world = world
        self.strategy = world.strategy = watched(world, strategy)
        self.max_steps = max_steps
        self.tell = tell

    def run(self) -> Outcome:
        """Deliver until nobody can move, a law is broken, or ``max_steps`` picks are made."""
        world = self.world
        violations: list[Violation] = []
        end = End.QUIET
        try:
            self._serve_interrupts()
            while True:
                while world.ready or world.interrupts:
                    self._deliver(self._budget())
                    if len(world.picks) >= self.max_steps and world.ready:
                        end = End.BOUND
                        break
                if end is End.BOUND:
                    break
                if world.door is not None and world.door.arrive():
                    continue
                if not world.clock.timers:
                    break
                world.clock.jump(world.clock.timers[0][0])
                world.clock.fire()
            if end is End.QUIET:
                violations = judge_rest(world)
                end = End.VIOLATION if violations else End.QUIET
        except Violation as violation:
            end = End.VIOLATION
            violations.append(violation)
        except Stop as stop:
            end = stop.end
        except KeyboardInterrupt:
            end = End.INTERRUPTED
        except RuntimeError as error:
            self._blame_foreign(error)
            raise
        finally:
            for task in world.tasks:
                if not task.done:
                    task.close()
        world.broken = violations
        return Outcome(end, world.picks, world.deliveries, violations)

    def _budget(self) -> int:
        """How many picks may be made before something else has to be looked at."""
        world = self.world
        clock = world.clock
        budget = self.max_steps - len(world.picks)
        if clock.timers:
            clock.fire()
            due = clock.next_due
            if due is not None:
                budget = min(budget, (due - clock.now + TICK - 1) // TICK)
        return max(0, budget)

    def _deliver(self, budget: int) -> None:
        """Make up to ``budget`` picks."""
        world = self.world
        ready = world.ready
        interrupts = world.interrupts
        pick = self.strategy.pick
        record = world.picks.append
        tell = self.tell
        if interrupts:
            self._serve_interrupts()
        for _ in repeat(None, budget):
            if not ready:
                return
            lane = ready[pick(ready)]
            record(lane.number)
            envelope = lane.popleft()
            world.delivery = envelope
            addressee = envelope.addressee
            message = envelope.message
            answer = addressee.handlers[type(message)](addressee, message)
            if answer is not DEFERRED:
                envelope.answer = answer
                if tell is not None:
                    tell(envelope)
                waiter = envelope.waiter
                if waiter is not None:
                    try:
                        trap = waiter.send(None)
                    except StopIteration:
                        waiter.done = True
                        waiter.awaiting = None
                    else:
                        if type(trap) is Envelope:
                            trap.waiter = waiter
                            waiter.awaiting = trap
                        else:
                            self._settle(waiter, trap)
            elif tell is not None:
                tell(envelope)
            if not lane:
                ready.drop(lane)
            elif not lane.steady and lane[0].addressee.deaf and lane.slot >= 0:
                ready.drop(lane)
                ready.admit(lane)
            if interrupts:
                self._serve_interrupts()
                return

    # -- the rare things ---------------------------------------------------------------

    def _serve_interrupts(self) -> None:
        """Continue whoever was answered late or heard a message; start whoever was spawned."""
        interrupts = self.world.interrupts
        while interrupts:
            what = interrupts.pop(0)
            if type(what) is Envelope:
                if what.waiter is not None:
                    self._turn(what.waiter, None)
            elif type(what) is Heard:
                self._turn(what.task, what.message)
            elif type(what) is Task:
                self._turn(what, None)

    def _turn(self, task: Task, value: object) -> None:
        """Let ``task`` run to its next await."""
        try:
            trap = task.send(value)
        except StopIteration:
            task.done = True
            task.awaiting = None
        else:
            self._settle(task, trap)

    def _blame_foreign(self, error: RuntimeError) -> None:
        """Turn a library's "there is no event loop" into an error that names the actor."""
        said = str(error).splitlines()[0] if str(error) else ""
        if any(words in said for words in ("event loop", "async context", "async library")):
            for task in self.world.tasks:
                if not task.done and inspect.getcoroutinestate(task.coroutine) == "CORO_CLOSED":
                    raise ForeignAwait(task.actor.name, f"another library ({said})") from error

    def _settle(self, task: Task, trap: object) -> None:
        """Note what ``task`` waits for now."""
        if type(trap) is Envelope:
            trap.waiter = task
            task.awaiting = trap
        elif trap is RECEIVE:
            task.awaiting = RECEIVE
            self.world.ready.hear(task.actor)
        else:
            raise ForeignAwait(task.actor.name, f"a {type(trap).__name__}")


def judge_rest(world: World) -> list[Violation]:
    """Everything that is wrong with a world in which nobody can move any more."""
    stuck = [task for task in world.tasks if not task.done and not task.daemon]
    if stuck:
        return [deadlock(stuck)]
    violations = []
    for monitor in world.monitors:
        try:
            monitor.at_quiescence()
        except Violation as violation:
            violations.append(violation)
    return violations
