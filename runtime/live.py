"""Live: real tasks, real time, real cancellation; one anyio task per actor, on trio or asyncio.

The rules are the engine's. A lane whose head is for an actor lies on that actor's desk; the actor's
task delivers it, after an injected delay, and whoever asked goes on at once, before anything else
is delivered. What differs is who decides the order: the event loop, real sleeping, and the world.

A coroutine may await foreign things here (a socket, ``anyio.sleep``), and an event loop binds those
to the task they were awaited in. So every coroutine is driven in a task of its own, and a *baton*
goes round: who has it, acts. Delivering takes it; when somebody is answered it passes to their task,
and when their turn is over (they wait for the machine, or for something foreign, or are done) it
passes on to whoever else has to go on, and then to the next one that wants to deliver.

Every run is recorded, so that the engine can replay it and explain it: "live finds, engine
explains". Not recordable is only a native await; ``Actor.outside()`` is the form of it that is.

This is the only file of the machine that knows an event loop.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Literal

import anyio
from anyio.lowlevel import checkpoint

from slabrace.runtime.clock import TICK
from slabrace.runtime.desk import Desk, Desks
from slabrace.runtime.engine import MAX_STEPS, Tell, judge_rest
from slabrace.runtime.errors import MachineError, Violation
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import DEFERRED, Envelope
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.outside import Failure
from slabrace.runtime.live_door import LiveDoor
from slabrace.runtime.pick import Arrival, Departure, Pick, Skip
from slabrace.runtime.strategies.delay_policy import Delay, Policies
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.recorder import Recorder
from slabrace.runtime.task import RECEIVE, Heard, Task

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.world import World

__all__ = ["Backend", "Live", "LiveOutcome", "run_live"]

Backend = Literal["trio", "asyncio"]

PATIENCE = 100
"""How often a coroutine that is being cancelled may ask the machine for something."""


@dataclass
class LiveOutcome(Outcome):
    """``described`` are the picks by name: what a schedule is made of."""

    described: list[Pick] = field(default_factory=list)


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
        anyio.run(live.run, backend=backend)
    except KeyboardInterrupt:  # asyncio tells us twice
        live.end = End.INTERRUPTED
    return live.outcome()


class Turn:
    """A task of the machine, driven in a task of the event loop that sleeps on ``wake``."""

    __slots__ = ("task", "value", "wake")

    def __init__(self, task: Task) -> None:
        self.task = task
        self.value: object = None
        self.wake = anyio.Event()


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
        self.speed = speed
        self.tell = tell
        self.over = False
        self.end = End.QUIET
        self.violations: list[Violation] = []
        self.error: Exception | None = None
        self._random = Random(seed)
        self._policies = Policies(delays, seed)
        self._held: dict[Lane, Envelope] = {}
        self._turns: dict[Task, Turn] = {}
        self._baton = True  # held until everybody has begun
        self._queue: deque[anyio.Event] = deque()
        self._lane: Lane | None = None
        self._abroad = 0
        self._timekeeper: anyio.Event | None = None
        self._due: dict[Envelope, float] = {}
        self._recorder = Recorder(RandomWalk(seed))

    async def run(self) -> LiveOutcome:
        """Turn the world until it is at rest."""
        world = self.world
        self._recorder.begin(world)
        world.strategy = self._recorder
        world.door = self._door = LiveDoor(world, self._start)
        self._done = anyio.Event()
        self._desks = Desks(self._place, lambda desk: self._start(self._serve, desk))
        before, world.ready = world.ready, self._desks
        try:
            async with anyio.create_task_group() as self._tasks:
                try:
                    self._desks.take_over(before)
                    self._go_on()
                    await self._done.wait()
                except KeyboardInterrupt:
                    self._finish(End.INTERRUPTED)
                finally:  # asyncio cancels us on Ctrl-C
                    self._finish(End.INTERRUPTED)
                    self._tasks.cancel_scope.cancel()
        finally:
            for task in world.tasks:
                task.coroutine.close()
        if self.error is not None:
            raise self.error
        return LiveOutcome(
            self.end, world.picks, world.deliveries, self.violations, self._recorder.picks
        )

    def _finish(self, end: End, *violations: Violation) -> None:
        """The run is over, unless it already is."""
        if not self.over:
            self.over = True
            self.violations = [*violations] or (judge_rest(self.world) if end is End.QUIET else [])
            self.end = End.VIOLATION if self.violations else end
            self._done.set()

    def _start(self, function: Callable[..., Awaitable[None]], *arguments: object) -> None:
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

    # -- the baton --------------------------------------------------------------------------------

    async def _take(self) -> None:
        """Wait for the baton."""
        if not self._baton:
            self._baton = True
            return
        event = anyio.Event()
        self._queue.append(event)
        await event.wait()

    def _go_on(self) -> None:
        """A turn is over: give the baton to whoever has to go on, or else to who waits for it."""
        lane, self._lane = self._lane, None
        if lane is not None:
            self._desks.relist(lane)
        interrupts = self.world.interrupts
        while interrupts:
            what = interrupts.pop(0)
            if type(what) is Envelope:
                if what.waiter is not None:
                    self._hand(what.waiter)
                    return
            elif type(what) is Heard:
                if what.task.awaiting is RECEIVE:
                    self._hand(what.task, what.message)
                    return
            elif type(what) is Task:
                self._start(self._act, what)
                return
            else:
                self._see_timers()
        if self._queue:
            self._queue.popleft().set()
            return
        self._baton = False
        world = self.world
        if not (world.ready or self._abroad or world.clock.timers or self._door.awaited):
            self._finish(End.QUIET)

    def _hand(self, task: Task, value: object = None) -> None:
        """Give the baton to ``task``."""
        turn = self._turns[task]
        turn.value = value
        turn.wake.set()

    # -- delivering -------------------------------------------------------------------------------

    def _place(self, lane: Lane) -> None:
        """The head of ``lane`` may be delivered: put it on the addressee's desk, now or later."""
        if self._policies.policies and self._held.get(lane) is not lane[0]:
            drawn = self._policies.hold(lane[0])
            if drawn is not None:
                self._held[lane] = lane[0]
                amount, timed = drawn
                self._start(self._hold, lane, lane[0], amount * (1 if timed else TICK))
                return
        self._desks.of(lane[0].addressee).put(lane)

    async def _hold(self, lane: Lane, envelope: Envelope, nanoseconds: int) -> None:
        await anyio.sleep(nanoseconds / (self.speed * 1e9))
        if lane.slot >= 0 and lane[0] is envelope:
            self._place(lane)

    async def _serve(self, desk: Desk) -> None:
        """Deliver what lies on one desk."""
        lanes = desk.lanes
        while True:
            if lanes:
                await checkpoint()
            else:
                wake = desk.wake = anyio.Event()
                await wake.wait()
                desk.wake = None
            if self.max_delay:
                await anyio.sleep(self._random.random() * self.max_delay)
            await self._take()
            if lanes:
                self._deliver(lanes)
            else:  # the actor is deaf by now
                self._go_on()

    def _deliver(self, lanes: list[Lane]) -> None:
        """Deliver the head of one of these lanes; compare Engine._deliver()."""
        world = self.world
        if len(world.picks) >= self.max_steps:
            self._finish(End.BOUND)
            return
        lane = self._lane = lanes.pop(self._recorder.pick(lanes))
        world.picks.append(lane.number)
        envelope = lane.popleft()
        world.delivery = envelope
        addressee = envelope.addressee
        message = envelope.message
        answer = addressee.handlers[type(message)](addressee, message)
        if addressee is self._door:
            self._recorder.picks[-1] = arrival(envelope, answer)
        if answer is not DEFERRED:
            envelope.answer = answer
        if self.tell is not None:
            self.tell(envelope)
        if answer is not DEFERRED and envelope.waiter is not None:
            self._hand(envelope.waiter)
        else:
            self._go_on()

    # -- time -------------------------------------------------------------------------------------

    def _see_timers(self) -> None:
        """A timer was set: note when it runs out in real time."""
        now = anyio.current_time()
        clock = self.world.clock
        for due, _, _, envelope in clock.timers:
            if envelope not in self._due:
                self._due[envelope] = now + (due - clock.now) / (self.speed * 1e9)
        if self._timekeeper is None:
            self._start(self._keep_time)
        else:
            self._timekeeper.set()

    async def _keep_time(self) -> None:
        """Fire the timers, in the order of virtual time and never early."""
        clock = self.world.clock
        while True:
            changed = self._timekeeper = anyio.Event()
            if not clock.timers:
                await changed.wait()
                continue
            due, _, _, envelope = clock.timers[0]
            with anyio.move_on_after(self._due[envelope] - anyio.current_time()):
                await changed.wait()
                continue
            await self._take()
            if clock.timers and clock.timers[0][3] is envelope:
                if due > clock.now:
                    nanoseconds = max(0, due - clock.now - TICK)
                    self._recorder.picks.append(Skip(nanoseconds, at_rest=not self.world.ready))
                    clock.skip(nanoseconds)
                else:
                    clock.fire()
            self._go_on()

    # -- driving coroutines -----------------------------------------------------------------------

    async def _act(self, task: Task) -> None:
        """Drive the coroutine of ``task``; begins with the baton."""
        turn = self._turns[task] = Turn(task)
        await self._drive(turn)

    @types.coroutine
    def _drive(self, turn: Turn) -> Generator[Any, Any, None]:
        """Let the coroutine run from trap to trap: ours are served, foreign ones handed on."""
        task = turn.task
        thrown: BaseException | None = None
        value: object = None
        while True:
            try:
                trap = task.send(value) if thrown is None else task.coroutine.throw(thrown)
            except StopIteration:
                task.done = True
                task.awaiting = None
                break
            ours = type(trap) is Envelope or trap is RECEIVE
            if self.over and ours:
                task.coroutine.close()
                return
            value = thrown = None
            try:
                if ours:
                    value = yield from self._wait(turn, trap)
                else:
                    self._leave(task)
                    value = yield trap
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001  # goes into the coroutine
                thrown = error
            if not self.over and not (ours and turn.wake.is_set()):
                yield from self._come_back(turn, ours=ours)
        if not self.over:
            self._go_on()

    def _wait(self, turn: Turn, trap: Any) -> Generator[Any, Any, object]:
        """Give the baton up until the machine has what the coroutine waits for."""
        task = turn.task
        turn.wake = wake = anyio.Event()
        task.awaiting = trap
        if trap is RECEIVE:
            self.world.ready.hear(task.actor)
        else:
            trap.waiter = task
        self._go_on()
        yield from wake.wait().__await__()
        return turn.value

    def _leave(self, task: Task) -> None:
        """The coroutine leaves the machine natively. No replay can follow, so that is recorded."""
        task.awaiting = None
        self._recorder.picks.append(Departure(task.actor.name))
        self.world.picks.append(-1)
        self.world.choices += 1
        if not self.over:
            self._abroad += not task.daemon
            self._go_on()

    def _come_back(self, turn: Turn, *, ours: bool) -> Generator[Any, Any, None]:
        """The coroutine is back from something foreign, or a scope of its own cancelled its wait."""
        task = turn.task
        if not ours:
            self._abroad -= not task.daemon
        elif task.awaiting is RECEIVE:
            self.world.ready.deafen(task.actor)
        elif isinstance(task.awaiting, Envelope):
            task.awaiting.waiter = None
        with anyio.CancelScope(shield=True):
            yield from self._take().__await__()
        if ours:
            self._leave...
