"""Live: real tasks, real time, real cancellation; one anyio task per actor, on trio or asyncio.

The rules are the engine's. A lane whose head is for an actor lies on that actor's desk; the actor's
task delivers it, after an injected delay, and whoever asked goes on at once, before anything else
is delivered. What differs is who decides the order: the event loop, real sleeping, and the world.

A coroutine may await foreign things here (a socket, ``anyio.sleep``), and an event loop binds
those to the task they were awaited in. So each coroutine is driven in a task of its own, and a
*baton* goes round: who has it, acts. Delivering takes it; when somebody is answered it passes to
their task; when their turn is over it passes to whoever else has to go on, and then to the next
one that wants to deliver. The record is therefore one sequence, and the engine can replay it: "live
finds, engine explains". Not replayable is only a native await; ``Actor.outside()`` is the form of
it that is.

This is the only file of the machine that imports an event loop. Its parts: live_desk.py (what may
be delivered, and by whom), live_turn.py (driving a coroutine), live_timekeeper.py (real timers),
live_door.py (calls to the outside).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Literal

import anyio
from anyio.lowlevel import checkpoint

from slabrace.runtime.engine import MAX_STEPS, Tell, judge_rest
from slabrace.runtime.errors import Violation
from slabrace.runtime.live_desk import Desk, Desks
from slabrace.runtime.live_door import LiveDoor
from slabrace.runtime.live_timekeeper import Timekeeper
from slabrace.runtime.live_turn import Turn
from slabrace.runtime.message import DEFERRED, Envelope
from slabrace.runtime.outcome import End, LiveOutcome
from slabrace.runtime.pick import Departure, Skip
from slabrace.runtime.strategies.delay_policy import Delay, Policies
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.recorder import Recorder
from slabrace.runtime.task import RECEIVE, Heard, Task

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.world import World

__all__ = ["Backend", "Live", "run_live"]

Backend = Literal["trio", "asyncio"]


def run_live(
    world: World,
    *,
    backend: Backend = "trio",
    seed: int = 0,
    max_delay: float = 0.0,
    max_steps: int = MAX_STEPS,
    speed: float = 1.0,
    delays: Sequence[Delay] = (),
    tell: Tell | None = None,
) -> LiveOutcome:
    """Turn ``world`` until it is at rest.

    Before each delivery an actor's task sleeps up to ``max_delay`` seconds; ``delays`` are held
    back further. Data choices and delays are drawn from ``seed``. ``speed`` is virtual over real
    time: with 0.001 a microsecond of virtual time is a millisecond of ours.
    """
    live = Live(
        world,
        seed=seed,
        max_delay=max_delay,
        max_steps=max_steps,
        speed=speed,
        delays=delays,
        tell=tell,
    )
    try:
        return anyio.run(live.run, backend=backend)
    except KeyboardInterrupt:  # asyncio raises it again when everything is closed
        return live.outcome()


class Live:
    """One run. ``await run()`` in an event loop that is there already, or use ``run_live``."""

    def __init__(
        self,
        world: World,
        *,
        seed: int = 0,
        max_delay: float = 0.0,
        max_steps: int = MAX_STEPS,
        speed: float = 1.0,
        delays: Sequence[Delay] = (),
        tell: Tell | None = None,
    ) -> None:
        self.world = world
        self.max_delay = max_delay
        self.max_steps = max_steps
        self.second = speed * 1e9  # virtual nanoseconds
        self.tell = tell
        self.over = False
        self.end = End.QUIET
        self.violations: list[Violation] = []
        self.error: Exception | None = None
        self.abroad = 0
        self._random = Random(seed)
        self._policies = Policies(delays, seed)
        self._turns: dict[Task, Turn] = {}
        self._baton = True  # held until everybody has begun
        self._queue: deque[anyio.Event] = deque()
        self._lane: Lane | None = None
        self._timekeeper = Timekeeper(self)
        self._walk = RandomWalk(seed)
        self._recorder = Recorder(self._walk)

    # -- the run -----------------------------------------------------------------------

    async def run(self) -> LiveOutcome:
        """Turn the world until it is at rest."""
        world = self.world
        self.event = type(anyio.Event())  # the library's own class: half the price
        self.pause = checkpoint
        self.now = anyio.current_time
        self._done = self.event()
        self._recorder.begin(world)
        world.strategy = self._recorder
        world.door = self._door = LiveDoor(world, self.start)
        self._desks = Desks(self.start, self._serve, self._policies, self.sleep)
        before, world.ready = world.ready, self._desks
        try:
            async with anyio.create_task_group() as self._tasks:
                try:
                    self._desks.take_over(before)
                    self.go_on()
                    await self._done.wait()
                except KeyboardInterrupt:
                    self._finish(End.INTERRUPTED)
                finally:
                    self._finish(End.INTERRUPTED)  # if cancelled, as asyncio does on Ctrl-C
                    self._tasks.cancel_scope.cancel()
        finally:
            for task in world.tasks:
                task.close()
        return self.outcome()

    def outcome(self) -> LiveOutcome:
        """How it went. Raises what went wrong, if it was not a violation."""
        if self.error is not None:
            raise self.error
        self.world.broken = self.violations
        picks, deliveries = self.world.picks, self.world.deliveries
        return LiveOutcome(self.end, picks, deliveries, self.violations, self._recorder.picks)

    def _finish(self, end: End, *violations: Violation) -> None:
        """The run is over, unless it already is."""
        if not self.over:
            self.over = True
            self.violations = [*violations] or (judge_rest(self.world) if end is End.QUIET else [])
            self.end = End.VIOLATION if self.violations else end
            self._done.set()
            while self._queue:
                self._queue.popleft().set()

    def start(self, function: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """Start a task of the event loop."""
        if not self.over:
            self._tasks.start_soon(self._guard, function, *arguments)

    async def _guard(self, function: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """Whatever goes wrong in a task ends the run."""
        try:
            await function(*arguments)
        except Violation as violation:
            self._finish(End.VIOLATION, violation)
        except KeyboardInterrupt:
            self._finish(End.INTERRUPTED)
        except Exception as error:  # noqa: BLE001  # raised again when all tasks are closed
            self.error = self.error or error
            self._finish(End.INTERRUPTED)

    # -- the baton ---------------------------------------------------------------------

    async def take(self) -> None:
        """Wait for the baton. When the run is over nobody has it."""
        if self.over or not self._baton:
            self._baton = True
            return
        event = self.event()
        self._queue.append(event)
        await event.wait()

    async def retake(self) -> None:
        """Wait for the baton even if the actor who waits is being cancelled."""
        with anyio.CancelScope(shield=True):
            await self.take()

    def go_on(self) -> None:
        """A turn is over: give the baton to whoever has to go on, or else to who waits for it."""
        lane, self._lane = self._lane, None
        if lane is not None:
            self._desks.relist(lane)
        world = self.world
        interrupts = world.interrupts
        while interrupts:
            what = interrupts.pop(0)
            if type(what) is Envelope:
                if what.waiter is not None:
                    self._turns[what.waiter].hand(None)
                    return
            elif type(what) is Heard:
                if what.task.awaiting is RECEIVE:  # still: its wait may have been cancelled
                    self._turns[what.task].hand(what.message)
                    return
            elif type(what) is Task:
                turn = self._turns[what] = Turn(self, what)
                self.start(turn.drive)
                return
            else:
                self._timekeeper.look()
        if self._queue:
            self._queue.popleft().set()
            return
        self._baton = False
        if not (world.ready or self.abroad or world.clock.timers or self._door.awaited):
            self._finish(End.QUIET)

    # -- delivering --------------------------------------------------------------------

    async def _serve(self, desk: Desk) -> None:
        """The task of one actor: deliver what lies on its desk."""
        lanes = desk.lanes
        while True:
            await checkpoint()
            if not lanes:
                wake = desk.wake = self.event()
                await wake.wait()
                desk.wake = None
            if self.max_delay:
                await anyio.sleep(self._random.random() * self.max_delay)
            if self._baton:
                await self.take()
            else:
                self._baton = True
            if lanes:
                self._deliver(lanes.pop(self._walk.pick(lanes) if len(lanes) > 1 else 0))
            else:  # the actor is deaf by now
                self.go_on()

    def _deliver(self, lane: Lane) -> None:
        """Deliver the head of ``lane``; compare Engine._deliver()."""
        world = self.world
        if len(world.picks) >= self.max_steps:
            self._finish(End.BOUND)
            return
        self._lane = lane
        self._recorder.deliver(lane)
        world.picks.append(lane.number)
        envelope = lane.popleft()
        world.delivery = envelope
        addressee = envelope.addressee
        message = envelope.message
        answer = addressee.handlers[type(message)](addressee, message)
        if addressee is self._door:
            self._recorder.picks[-1] = self._door.arrival(envelope, answer)
        waiter = None
        if answer is not DEFERRED:
            envelope.answer = answer
            waiter = envelope.waiter
        if self.tell is not None:
            self.tell(envelope)
        if waiter is None:
            self.go_on()
        else:
            self._turns[waiter].hand(None)

    def mark(self, actor: Actor) -> None:
        """Record that a replay cannot follow ``actor`` from here."""
        self._recorder.picks.append(Departure(actor.name))
        self.world.picks.append(-1)
        self.world.choices += 1

    # -- time --------------------------------------------------------------------------

    async def sleep(self, nanoseconds: int) -> None:
        """Sleep for so much virtual time."""
        await anyio.sleep(nanoseconds / self.second)

    async def nap(self, seconds: float, event: anyio.Event) -> None:
        """Sleep until ``event`` is set, but not longer than ``seconds``."""
        with anyio.move_on_after(seconds):
            await event.wait()

    def skip(self, nanoseconds: int) -> None:
        """Move virtual time because a timer ran out, and record that."""
        self._recorder.picks.append(Skip(nanoseconds, timer=True))
        self.world.clock.skip(nanoseconds)
