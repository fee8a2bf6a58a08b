"""World: the actors of one run and all that is undelivered between them.

A world is populated by a scenario, turned by a host, and thrown away. It holds what the five
sentences of the house speak of: the mailbox (what may be delivered), the picks (what was), the
clock, and who watches. It decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from slabrace.runtime.clock import Clock
from slabrace.runtime.errors import MachineError, Violation
from slabrace.runtime.mailbox import Lane, Mailbox
from slabrace.runtime.monitor import Event, Monitor, Relation, Watcher
from slabrace.runtime.task import Bystander, Heard, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from slabrace.runtime.actor import Actor
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.outside import Door
    from slabrace.runtime.scribe import Scribe
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.witness import Witness

__all__ = ["World"]

A = TypeVar("A", bound="Actor")


class World:
    """See the head of this file.

    ``picks`` is the schedule as the hosts record it: a lane's number for a delivery, ``-1 - value``
    for a data choice. ``stats`` and ``report`` are the scenario's own: what it wants printed.
    """

    delivery: Envelope
    strategy: Strategy
    door: Door | None = None  # what leads outside the machine; the engine has none

    footprint: list[tuple[Hashable, bool]] | None = None  # what touch() told; None: nobody asks

    joined: list[Envelope] | None = None  # what was answered and then awaited; None: nobody asks

    tariff: Any = None  # what takes how long, where a host asks (timed.py)
    witness: Witness | None = None  # who stands by while this run is replayed
    scribe: Scribe | None = None  # who writes this run down
    lane_type: type[Lane] = Lane

    broken: list[Violation] = []  # noqa: RUF012  # the host leaves its own list when the run is over

    def __init__(self) -> None:
        self.ready = Mailbox()
        self.picks: list[int] = []
        self.choices = 0
        self.lanes: list[Lane] = []
        self._lanes: dict[tuple[Actor, str], Lane] = {}
        self.tasks: list[Task] = []
        self.monitors: list[Monitor] = []
        self.watchers: dict[str, tuple[Watcher, ...]] = {}
        self.relations: dict[str, list[Relation]] = {}
        self.taps: tuple[Watcher, ...] = ()
        self.interrupts: list[Envelope | Task | Heard | None] = []
        self.names: dict[str, int] = {}
        self.report: Callable[[], dict[str, Any]] = dict
        self.clock = self.add(Clock(), "clock")

    # -- populating --------------------------------------------------------------------

    def add(self, actor: A, name: str | None = None) -> A:
        """Take ``actor`` in under ``name``, or under its class's name and a number."""
        actor.world = self
        if name is None:
            name = type(actor).__name__.lower()
            number = self.names.get(name, 0)
            self.names[name] = number + 1
            name = f"{name}{number}"
        elif name in self.names:
            raise MachineError(f"two actors are called {name!r}; give each a name of its own")
        else:
            self.names[name] = 1
        actor.label = name
        return actor

    def spawn(self, *actors: A, name: str | None = None) -> A:
        """Take actors in and start the coroutines of the active ones. Returns the last one."""
        if not actors:
            raise MachineError("spawn() takes at least one actor")
        for actor in actors:
            if not hasattr(actor, "world"):
                self.add(actor, name)
            run = actor.run
            if run is not None:
                actor.parked = []
                actor.outgoing = {}
                actor.deaf = True
                actor.task = task = Task(actor, run())
                self.tasks.append(task)
                self.interrupts.append(task)
        return actors[-1]

    def discard(self) -> None:
        """Let go of everything: this world will not be turned, or looked at, any more.

        World, actors and tasks hold each other. Whoever makes thousands of worlds doubles their
        speed by not leaving these rings to Python's garbage collector.
        """
        for task in self.tasks:
            if not task.done:
                task.close()
            del task.actor.task
        vars(self).clear()

    def judge(self, *monitors: Monitor) -> None:
        """Attach monitors."""
        for monitor in monitors:
            monitor.attach(self)
            self.monitors.append(monitor)

    # -- what actors use ---------------------------------------------------------------

    def lane(self, owner: Actor, key: str = "") -> Lane:
        """The lane of ``owner`` called ``key``, made at its first use."""
        lane = self._lanes.get((owner, key))
        if lane is None:
            lane = self.lane_type(len(self.lanes), owner, key)
            self.lanes.append(lane)
            self._lanes[owner, key] = lane
        return lane

    def touch(self, what: Hashable, *, write: bool = True) -> None:
        """Say that what acts now uses ``what``, which is no message's addressee.

        For state that actors share outside their messages: dependence.py counts it as an access.
        ``what`` is a value that names the state, the same in every run; or an actor, which then
        counts as if it had been sent a message that touches all of it.
        """
        if self.footprint is not None:
            self.footprint.append((what, write))

    def touch_at(self, envelope: Envelope, what: Hashable, *, write: bool = True) -> None:
        """Say that the delivery of ``envelope``, which nobody awaits by now, uses ``what``.

        If somebody comes to await it, it is for them to tell: they go on in that delivery.
        """
        if self.footprint is not None and envelope.waiter is None:
            envelope.waiter = Bystander(self, what, write=write)

    def choose(self, label: str, options: int) -> int:
        """Ask the strategy for one of ``range(options)`` and record it."""
        value = self.strategy.choose(label, options)
        if not 0 <= value < options:
            raise MachineError(
                f"the strategy chose {value} for {label}, not one of 0..{options - 1}"
            )
        self.picks.append(-1 - value)
        self.choices += 1
        return value

    # -- watching ----------------------------------------------------------------------

    def watch(self, event: str, watcher: Watcher) -> None:
        """Call ``watcher`` for every ``event``."""
        self.watchers[event] = (*self.watchers.get(event, self.taps), watcher)

    def foresee(self, event: str, watcher: Watcher) -> None:
        """Call ``watcher`` for every ``event``, before any monitor can end the run for it."""
        self.watchers[event] = (watcher, *self.watchers.get(event, self.taps))

    def tap(self, watcher: Watcher) -> None:
        """Call ``watcher`` for every event there is, before any monitor judges it."""
        seen = len(self.taps)
        self.taps = (*self.taps, watcher)
        for event, watchers in self.watchers.items():
            self.watchers[event] = (*watchers[:seen], watcher, *watchers[seen:])

    def tell(
        self, watchers: tuple[Watcher, ...], name: str, actor: Actor, fields: dict[str, Any]
    ) -> None:
        """Hand one event to those who watch it."""
        if self.scribe is not None and len(watchers) == 1:  # a tap is among all of them
            self.scribe.note(actor, name, fields)
            return
        event = Event(len(self.picks), self.clock.now, actor, name, fields)
        for watcher in watchers:
            watcher(event)

    @property
    def deliveries(self) -> int:
        """How many messages were delivered so far."""
        return len(self.picks) - self.choices
