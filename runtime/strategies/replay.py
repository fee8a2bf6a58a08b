"""Replay: follow a schedule to the letter, or say at which pick that was no longer possible.

A replay never guesses. A pick is followed if the lane it names is deliverable and its head has the
sender, the addressee and the class that were recorded; a choice if it has the label and the value
is among the options. Anything else is a `Divergence` that says what was expected and what could be
delivered instead: the scenario or the code is not the one that was recorded.

A replay is also the machine's door to the outside (outside.py): what came in from there in the
recorded run comes in from the record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from slabrace.runtime.clock import TIMER
from slabrace.runtime.errors import Divergence, ForeignAwait, SlabraceError
from slabrace.runtime.outcome import End, Stop
from slabrace.runtime.outside import Door, Failure
from slabrace.runtime.pick import Arrival, Choice, Delivery, Departure, Pick, Skip, delivery_of

if TYPE_CHECKING:
    from slabrace.runtime.actor import Actor
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.schedule import Schedule
    from slabrace.runtime.world import World

__all__ = ["NativeAwait", "RecordedDoor", "Replay", "deliverable"]

SHOWN: Final = 8
"""How many deliverable messages an error lists."""
CUT: Final = (End.BOUND, End.INTERRUPTED)
"""The ends of runs that were cut off: a replay is, too."""


class NativeAwait(Divergence):
    """The recorded run left the machine here, natively; no replay can follow."""

    def __init__(self, pick: int, actor: str) -> None:
        SlabraceError.__init__(
            self,
            f"pick {pick} cannot be replayed: actor {actor} left the machine there by a native "
            "await on a live host, and when it came back is not recorded. Call what it awaited "
            "through the machine, `await self.outside(function, ...)`, and record again.",
        )
        self.pick = pick


class RecordedDoor(Door):
    """The door to an outside that is a record."""

    def __init__(self, world: World, arrive: Callable[[], bool]) -> None:
        super().__init__(world)
        self._arrive = arrive

    def arrive(self) -> bool:
        """Nobody can move: do what happened then in the recorded run."""
        return self._arrive()


class Replay:
    """Follows ``schedule``."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._table = schedule.table
        self._indices = schedule.indices
        self._count = len(schedule.indices)

    def begin(self, world: World) -> bool:
        """Stand before the first pick."""
        self.world = world
        self.at = 0
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._lanes_seen = 0
        # What each entry of the table was last found to be: lane, sender, addressee, class.
        self._found: list[tuple[Lane, Actor, Actor, type] | None] = [None] * len(self._table)
        world.door = self._door = RecordedDoor(world, self.arrive)
        return True

    # -- following ---------------------------------------------------------------------

    def pick(self, ready: Sequence[Lane], /) -> int:
        """The lane that the schedule names."""
        while True:
            if self.at >= self._count:
                self._past_the_end()
            entry = self._indices[self.at]
            found = self._found[entry]
            if found is not None:
                lane, sender, addressee, message = found
                slot = lane.slot
                if slot >= 0:
                    head = lane[0]
                    if (
                        head.sender is sender
                        and head.addressee is addressee
                        and type(head.message) is message
                    ):
                        self.at += 1
                        return slot
            pick = self._table[entry]
            if type(pick) is Skip:
                self.at += 1
                self.world.clock.skip(pick.nanoseconds)
                continue
            lane = self._bring(pick) if type(pick) is Arrival else self._lane(entry, pick)
            self.at += 1
            return lane.slot

    def choose(self, label: str, options: int, /) -> int:
        """The value that the schedule names."""
        found = f"the choice {label} of 0..{options - 1}"
        if self.at >= self._count:
            self._past_the_end(found)
        pick = self._table[self._indices[self.at]]
        if type(pick) is not Choice or pick.label != label or not 0 <= pick.value < options:
            self._diverge(pick, found)
        self.at += 1
        return pick.value

    def arrive(self) -> bool:
        """Nobody can move. True if, by the record, a result came in or the clock was moved."""
        if self.at >= self._count:
            if self.schedule.end in CUT:
                raise Stop(self.schedule.end)
            return False
        pick = self._table[self._indices[self.at]]
        if type(pick) is Arrival:
            self._bring(pick)  # and pick() will deliver it
        elif type(pick) is Skip and pick.timer:
            self.at += 1
            self.world.clock.skip(pick.nanoseconds)
        elif type(pick) is Departure:
            raise NativeAwait(self.at, pick.actor)
        else:
            return False
        return True

    def end(self, outcome: Outcome) -> None:
        """Complain if the run ended before the schedule does."""
        if self.at < self._count and outcome.end is not End.INTERRUPTED:
            how = outcome.end.value
            if outcome.violations:
                how += f" ({outcome.violations[0]})"
            raise Divergence(
                self.at,
                f"{self._table[self._indices[self.at]]}",
                f"that the run came to rest after pick {self.at - 1}: {how}; the schedule has "
                f"{self._count} picks",
            )

    def describe(self) -> str:
        """What is followed, and who made it."""
        return f"replay of {self.schedule.made_by}"

    def blame(self, error: ForeignAwait) -> None:
        """Raise a NativeAwait if ``error`` is what the recorded run did natively."""
        if self.at < self._count:
            pick = self._table[self._indices[self.at]]
            if type(pick) is Departure and pick.actor == error.actor:
                raise NativeAwait(self.at, pick.actor) from error

    # -- finding -----------------------------------------------------------------------

    def _lane(self, entry: int, pick: Pick) -> Lane:
        """The lane of a delivery, checked by name."""
        if type(pick) is not Delivery:
            self._diverge(pick)
        lane = self._named(pick.owner, pick.key)
        if lane is None or lane.slot < 0:
            # A timer may be due by now without having fired: the engine looks only now and then.
            self.world.clock.fire()
            if pick.key == TIMER and (lane is None or lane.slot < 0):
                self.world.clock.hurry()
            lane = self._named(pick.owner, pick.key)
        if lane is None or lane.slot < 0 or delivery_of(lane) != pick:
            self._diverge(pick)
        head = lane[0]
        self._found[entry] = (lane, head.sender, head.addressee, type(head.message))
        return lane

    def _named(self, owner: str, key: str) -> Lane | None:
        """The lane of that owner and key, if it is in use yet."""
        lanes = self.world.lanes
        while self._lanes_seen < len(lanes):
            lane = lanes[self._lanes_seen]
            self._lanes[lane.owner.label, lane.key] = lane
            self._lanes_seen += 1
        return self._lanes.get((owner, key))

    def _bring(self, pick: Arrival) -> Lane:
        """Bring in a recorded result, unless ``arrive`` has done so."""
        door = self._door
        envelope = door.calls.get(pick.number)
        if envelope is not None and envelope.sender.label == pick.actor:
            door.bring(pick.number, Failure(*pick.failure) if pick.failure else pick.value)
        lane = self._named(pick.actor, door.lane_key)
        if lane is None or lane.slot < 0 or lane[0].message.number != pick.number:
            self._diverge(pick)
        return lane

    # -- giving up ---------------------------------------------------------------------

    def _past_the_end(self, found: str = "") -> NoReturn:
        """The run goes on and the schedule does not."""
        end = self.schedule.end
        if end in CUT:
            raise Stop(end)
        how = f" ({end.value})" if end else ""
        raise Divergence(
            self.at,
            f"nothing more: it ends here{how}",
            found or f"that {deliverable(self.world)}",
        )

    def _diverge(self, pick: Pick, found: str = "") -> NoReturn:
        if type(pick) is Departure:
            raise NativeAwait(self.at, pick.actor)
        raise Divergence(self.at, str(pick), found or f"that {deliverable(self.world)}")


def deliverable(world: World) -> str:
    """What could be delivered now, in words."""
    heads = [str(delivery_of(lane)) for lane in world.ready[:SHOWN]]
    more = len(world.ready) - len(heads)
    if not heads:
        return "nothing is deliverable"
    return f"deliverable is {'; '.join(heads)}{f'; and {more} more' if more else ''}"
