"""StoreBuffer: the stores of one CPU that are done for the CPU and for nobody else yet.

A store is *pending* from when its CPU issues it until it is delivered. It stands in the lane that
the model says, or is *held* out of it: a release until all that was pending before it is
delivered, a store after smp_wmb() until what was pending then is. An access in program order that
has to wait for stores waits in the *backlog*, and what comes after it waits behind it. Whenever a
store is delivered, what waited for it alone goes to its lane: in the same delivery, so that
waiting costs the search nothing.

Sent with an earlier load not awaited yet, a store is issued by a message behind that load
(``Issue``): no store passes a load.

What a buffer decides depends on which stores were delivered before, and no message says so: it is
told with ``world.touch()``, by lane.

Not here: which access is what (memory.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slabrace.actors.memory import UNLOCKS, Location, Model, word_of
from slabrace.actors.messages import Issue, Late, Store
from slabrace.actors.object import Part
from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.message import Envelope, Message

if TYPE_CHECKING:
    from slabrace.actors.cpu_weak import WeakCpu
    from slabrace.runtime.mailbox import Lane

__all__ = ["StoreBuffer"]


class Pending(NamedTuple):
    """A store to ``location``: the CPU's ``number``-th, after so many accesses in program order."""

    location: Location
    number: int
    accesses: int


class Waiting(NamedTuple):
    """An envelope that goes to ``lane`` as soon as ``needs`` are delivered."""

    envelope: Envelope
    lane: Lane
    needs: list[Envelope]


REPORTS: Final = "qs"
"""The lane of what is no store and waits for stores."""


class StoreBuffer(Part):
    """See the head of this file."""

    __slots__ = (
        "accesses", "backlog", "cpu", "held", "lanes", "latest", "model", "pending", "stores",
        "wall",
    )  # fmt: skip
    kind = "store_buffer"
    uncounted = ("accesses", "lanes", "latest", "pending", "stores")

    def __init__(self, cpu: WeakCpu, model: Model) -> None:
        self.cpu = cpu
        self.model = model
        self.pending: dict[Envelope, Pending] = {}  # in program order
        self.held: list[Waiting] = []
        self.backlog: deque[Waiting] = deque()
        self.lanes: dict[str, None] = {}  # all that were ever used
        self.wall: list[Envelope] = []  # what no later store may overtake
        self.accesses = 0  # sent in program order
        self.stores = 0
        self.latest = -1  # of the stores that were delivered, the number of the latest

    # -- accesses in program order -----------------------------------------------------

    def access(self, to: Any, message: Message, needs: list[Envelope]) -> Envelope:
        """Send in program order, when ``needs`` are delivered."""
        envelope = Envelope(self.cpu, to, message)
        self.accesses += 1
        program = self.cpu.program
        if needs or self.backlog:
            self.backlog.append(Waiting(envelope, program, needs))
        else:
            self.world.ready.put(envelope, program)
        return envelope

    def everything(self) -> list[Envelope]:
        """All that is pending."""
        self._look()
        return list(self.pending)

    def overlapping(self, location: Location) -> list[Envelope]:
        """What is pending for ``location``, in program order."""
        return [s for s, other in self.pending.items() if location.overlaps(other.location)]

    def not_forwarded(self, location: Location) -> list[Envelope]:
        """What a load of ``location`` has to wait for: it cannot be answered from an atomic."""
        found = self.overlapping(location)
        atomics = [store for store in found if not isinstance(store.message.access, Store)]
        return found if atomics else []

    def forwarded(self, location: Location) -> Envelope | None:
        """The latest pending store to ``location``: it answers a load that is delivered now."""
        found: Envelope | None = None
        for store, other in self.pending.items():
            if other.location == location:
                found = store
        return found

    def executed(self) -> list[Envelope]:
        """What is pending and was surely issued: something later in the program was delivered.

        A CPU of the model issues at once; one that has not come to it yet is not told from it.
        """
        self._look()
        delivered = self.accesses - len(self.cpu.program) - len(self.backlog)
        return [
            store
            for store, other in self.pending.items()
            if other.accesses < delivered or other.number < self.latest
        ]

    @property
    def last(self) -> Envelope | None:
        """The last access in program order that is not delivered."""
        if self.backlog:
            return self.backlog[-1].envelope
        return self.cpu.program[-1] if self.cpu.program else None

    # -- stores ------------------------------------------------------------------------

    def take(self, to: Any, message: Message, *, release: bool = False) -> Envelope:
        """Take a store; behind the accesses that nobody has awaited yet, if there are any."""
        envelope = Envelope(self.cpu, to, Late(message))
        self._issue_after(Issue(envelope, to, word_of(message), release))
        return envelope

    def report(self, to: Actor, message: Message, after: list[Envelope]) -> None:
        """Send ``message`` when ``after`` are delivered, stores or others; it is no store."""
        envelope = Envelope(self.cpu, to, message)
        if all(access in self.pending for access in after):
            self._admit(envelope, REPORTS, after)
        else:  # behind what was sent in program order, and what that has to issue
            self.access(self, Issue(envelope, to, None, release=True), [])

    def _issue_after(self, issue: Issue) -> None:
        if self.last is not None:
            self.access(self, issue, [])
        else:
            self.issue(issue)

    @handles(Issue)
    def issue(self, message: Issue) -> None:
        """A store enters the buffer."""
        envelope: Envelope = message.envelope
        location = Location(message.where, message.word)
        if not isinstance(envelope.message, Late):
            self._admit(envelope, REPORTS, self.everything())
            return
        needs: list[Envelope] = []
        if not self.model.fifo:
            needs = self.everything() if message.release else self._before(location)
        key = self.model.lane_of(location)
        self.lanes[key] = None
        self.pending[envelope] = Pending(location, self.stores, self.accesses)
        self.stores += 1
        self._admit(envelope, key, needs)

    def _before(self, location: Location) -> list[Envelope]:
        """What a store to ``location`` waits for that does not stand before it in its lane."""
        held = [waiting.envelope for waiting in self.held]
        return [
            *self._open(self.wall),
            *(
                store
                for store, other in self.pending.items()
                if location.overlaps(other.location)
                and (other.location != location or store in held)
            ),
        ]

    def _admit(self, envelope: Envelope, key: str, needs: list[Envelope]) -> None:
        lane = self.world.lane(self.cpu, key)
        if needs:
            self.held.append(Waiting(envelope, lane, needs))
        else:
            self.world.ready.put(envelope, lane)

    def build_wall(self, stores: list[Envelope]) -> None:
        """No later store before ``stores``: smp_wmb(), or a lock after an unlock."""
        self.wall = [*self._open(self.wall), *stores]

    def last_unlock(self) -> list[Envelope]:
        """The latest unlock that is pending; when it is delivered, all before it is."""
        self._look()
        found = [s for s in self.pending if isinstance(s.message.access, UNLOCKS)]
        return found[-1:]

    # -- deliveries --------------------------------------------------------------------

    def retire(self, store: Envelope) -> None:
        """``store`` is delivered: let go what waited for it alone."""
        pending = self.pending.pop(store)
        self.latest = max(self.latest, pending.number)
        self._touch(self.model.lane_of(pending.location), write=True)
        if not self.held and not self.backlog:
            return
        self._look()
        free = [waiting for waiting in self.held if not self._open(waiting.needs)]
        self.held = [waiting for waiting in self.held if waiting not in free]
        for waiting in free:
            self.world.ready.put(waiting.envelope, waiting.lane)
        while self.backlog:
            waiting = self.backlog[0]
            if self._open(waiting.needs):
                return
            self.backlog.popleft()
            self.world.ready.put(waiting.envelope, waiting.lane)

    def _open(self, needs: Iterable[Envelope]) -> list[Envelope]:
        return [store for store in needs if store in self.pending]

    def counted(self) -> object:
        """What is pending, and whether it was surely issued."""
        executed = self.executed()
        return [(store, each.location, store in executed) for store, each in self.pending.items()]

    # -- what the search has to know ---------------------------------------------------

    def _look(self) -> None:
        """What happens now depends on which stores were delivered."""
        if self.world.footprint is not None:
            for key in self.lanes:
                self._touch(key, write=False)

    def _touch(self, key: str, *, write: bool) -> None:
        if self.world.footprint is not None:
            self.world.touch((self.cpu.name, key), write=write)
