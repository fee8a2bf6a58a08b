"""Timed: the engine under virtual time, in integer nanoseconds.

The same actors, the same coroutines; what differs is who is served next: whose message arrived
first. Each delivery is a service that takes time, and an actor serves one message at a time, so
whoever comes meanwhile waits: contention is not modelled, it happens. How long a service takes, and
what else costs time, a Tariff says; this file knows neither who acts nor what is shared.

The clock shows the moment of whoever acts (timetable.py). It is no single line: an actor that was
served at an object may be ahead of one that is still on its way elsewhere, by the length of one
service and what it did since. At every actor the order of arrival is kept.
"""

from __future__ import annotations

from heapq import heappop
from itertools import repeat
from typing import TYPE_CHECKING, Any, Protocol

from slabrace.runtime.clock import Clock
from slabrace.runtime.engine import MAX_STEPS, Engine
from slabrace.runtime.errors import MachineError
from slabrace.runtime.held_up import HeldUp
from slabrace.runtime.message import DEFERRED, Envelope
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.task import Heard, Task
from slabrace.runtime.timetable import Timetable, Transit

if TYPE_CHECKING:
    from slabrace.runtime.engine import Tell
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategies.delay_policy import Policies
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Tariff", "Timed", "TimedClock"]


class Tariff(Transit, Protocol):
    """What takes how long. All times are nanoseconds of virtual time."""

    def serve(self, envelope: Envelope, answer: Any, time: int) -> int:
        """When the sender of ``envelope``, which arrived at ``time``, can go on.

        Called when it has just been handled; whatever is shared is taken until then.
        """

    def wake(self, envelope: Envelope, time: int) -> int:
        """When whoever asked, and was answered at ``time`` and not at once, runs again."""


class TimedClock(Clock):
    """The clock of a timed world: it shows what the timetable shows."""

    @property
    def now(self) -> int:
        """Virtual nanoseconds since the run began, for whoever acts now."""
        ready: Timetable = self.world.ready  # type: ignore[assignment]  # the host's
        return ready.now

    def jump(self, time: int) -> None:
        """Nobody can move before the timer at ``time``: whoever it wakes acts then.

        Others may be ahead: that is their moment, and not the sleeper's.
        """
        ready: Timetable = self.world.ready  # type: ignore[assignment]  # the host's
        ready.now = time

    def skip(self, nanoseconds: int) -> None:
        """Nobody but the host moves this clock."""
        raise MachineError("under virtual time the clock is moved by what takes time alone")


class Timed(Engine):
    """Turns one world under virtual time; data choices fall as ``strategy`` says."""

    def __init__(
        self,
        world: World,
        tariff: Tariff,
        *,
        strategy: Strategy | None = None,
        delays: Policies | None = None,
        max_steps: int = MAX_STEPS,
        tell: Tell | None = None,
    ) -> None:
        strategy = strategy or RoundRobin()
        strategy.begin(world)
        super().__init__(world, strategy, max_steps=max_steps, tell=tell)
        self.tariff = tariff
        transit = HeldUp(tariff, delays) if delays is not None else tariff
        self.table = Timetable(transit, held_up=delays is not None)
        self.latest = 0  # when the last one that came to its end did
        for lane in world.ready:  # what was sent before anybody acted
            self.table.admit(lane)
        world.ready = self.table
        world.clock.__class__ = TimedClock

    def run(self) -> Outcome:
        """Serve until nobody can move, a law is broken, or ``max_steps`` services are made.

        Then the clock shows when everybody was done.
        """
        outcome = super().run()
        self.table.now = max(self.table.now, self.latest)
        return outcome

    def _budget(self) -> int:
        """How many services may still be made: timers are looked at before each."""
        return self.max_steps - len(self.world.picks)

    def _deliver(self, budget: int) -> None:
        """Serve up to ``budget`` messages, in the order of their arrival.

        The engine's loop, but for who is next, and when: sharing it would cost both a call.
        """
        world = self.world
        table = self.table
        heap = table.heap
        interrupts = world.interrupts
        record = world.picks.append
        serve = self.tariff.serve
        tell = self.tell
        timers = world.clock.timers
        if interrupts:
            self._serve_interrupts()
        for _ in repeat(None, budget):
            if not heap:
                return
            time, number, lane = heap[0]
            if lane.slot != number:
                heappop(heap)
                table.served = False
                continue
            if timers and timers[0][0] < time:
                table.now = timers[0][0]
                world.clock.fire()
                continue
            table.now = time
            table.served = True
            record(lane.number)
            envelope = lane.popleft()
            world.delivery = envelope
            addressee = envelope.addressee
            message = envelope.message
            answer = addressee.handlers[type(message)](addressee, message)
            table.now = end = serve(envelope, answer, time)
            if lane:
                table.follow(lane, end)
            else:
                lane.slot = -1
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
                        self.latest = max(self.latest, table.now)
                    else:
                        if type(trap) is Envelope:
                            trap.waiter = waiter
                            waiter.awaiting = trap
                        else:
                            self._settle(waiter, trap)
            elif tell is not None:
                tell(envelope)
            if interrupts:
                self._serve_interrupts()

    def _turn(self, task: Task, value: object) -> None:
        """Let ``task`` run to its next await."""
        super()._turn(task, value)
        if task.done:
            self.latest = max(self.latest, self.table.now)

    def _serve_interrupts(self) -> None:
        """Continue whoever was answered late, each from the moment at which it is awake."""
        table = self.table
        interrupts = self.world.interrupts
        moment = table.now
        while interrupts:
            table.now = moment
            what = interrupts.pop(0)
            if type(what) is Envelope:
                if what.waiter is not None:
                    table.now = self.tariff.wake(what, moment)
                    self._turn(what.waiter, None)
            elif type(what) is Heard:
                table.now = max(moment, table.listens.get(what.task.actor, 0))
                self._turn(what.task, what.message)
            elif type(what) is Task:
                self._turn(what, None)
