"""Continued: follow a schedule as far as it goes, say where it parted, then let others pick.

For a schedule that was recorded before an edit (a fix, say) and a run made after it. Picks are
known by what they deliver: lane, sender, addressee, class of the message, and their place among
those that look alike. While the next one is there it is followed. If it is not, then of its lane

 - nothing can be delivered: it is *missing*, and the next pick is looked at;
 - something is deliverable that the schedule has nowhere later: that is *new*, and is delivered;
 - something is deliverable that it has once later: what it has before that is missing;
 - something is deliverable that it has several times later: which of them this is, nobody knows.
   The schedule parts from the run here.

It also parts if all that it still has is missing, and where it ends and the run does not. A choice
that the schedule does not have gets the plain case, 0, and is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.clock import TIMER
from slabrace.runtime.errors import Divergence
from slabrace.runtime.pick import Choice, Delivery, Pick, Skip, delivery_of
from slabrace.runtime.strategies.replay import deliverable
from slabrace.runtime.strategies.wrapper import Wrapper

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.schedule import Schedule
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Continued"]


class Continued(Wrapper):
    """Follows ``schedule`` and goes on with ``then``.

    ``parted`` says where and why, once it has. ``followed`` counts the picks that were followed;
    ``missing`` are the others, with their numbers in the schedule; ``new`` is what it did not have.
    """

    def __init__(self, schedule: Schedule, then: Strategy) -> None:
        super().__init__(then)
        self.schedule = schedule
        self._picks = schedule.picks
        self.parted: Divergence | None = None

    def begin(self, world: World) -> bool:
        """Stand before the first pick; False if ``then`` has nothing left to try."""
        self.world = world
        self.at = 0
        self.parted = None
        self.followed = 0
        self.missing: list[tuple[int, Pick]] = []
        self.new: list[Pick] = []
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._lanes_seen = 0
        return self.inner.begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        """The lane that the schedule names, as long as it can be made out."""
        if self.parted is None:
            lane = self._follow()
            if lane is not None:
                return lane.slot
        return self.inner.pick(ready)

    def choose(self, label: str, options: int, /) -> int:
        """The value that the schedule names; 0 where it names none."""
        if self.parted is not None:
            return self.inner.choose(label, options)
        pick = self._picks[self.at] if self.at < len(self._picks) else None
        if isinstance(pick, Choice) and pick.label == label and 0 <= pick.value < options:
            self.at += 1
            self.followed += 1
            return pick.value
        self.new.append(Choice(label, 0))
        return 0

    def end(self, outcome: Outcome) -> None:
        """The run is over: what the schedule still has is missing."""
        if self.parted is None:
            self.missing += enumerate(self._picks[self.at :], self.at)
        self.inner.end(outcome)

    def describe(self) -> str:
        """Who was followed, and who goes on."""
        return f"replay of {self.schedule.made_by}, continued with {self.inner.describe()}"

    # -- following ---------------------------------------------------------------------

    def _follow(self) -> Lane | None:
        """The lane of the next pick that can be followed; None where the schedule parts."""
        picks = self._picks
        first = self.at
        while self.at < len(picks):
            pick = picks[self.at]
            if isinstance(pick, Skip):
                self.at += 1
                self.followed += 1
                self.world.clock.skip(pick.nanoseconds)
                continue
            lane = self._deliverable(pick) if isinstance(pick, Delivery) else None
            if lane is not None:
                head = delivery_of(lane)
                if head == pick:
                    self.at += 1
                    self.followed += 1
                    return lane
                later = picks[self.at + 1 :].count(head)
                if later == 0:
                    self.new.append(head)
                    return lane
                if later > 1:
                    break
            elif not isinstance(pick, Delivery | Choice):  # what came from outside
                break
            self.missing.append((self.at, pick))
            self.at += 1
        else:
            self.at = first  # nothing that it still has is there
        self._part()
        return None

    def _part(self) -> None:
        """From here on the run is somebody else's."""
        number, picks = self.at, self._picks
        expected = str(picks[number]) if number < len(picks) else "nothing more: it ends here"
        self.parted = Divergence(number, expected, f"that {deliverable(self.world)}")
        self.missing = [each for each in self.missing if each[0] < number]

    def _deliverable(self, pick: Delivery) -> Lane | None:
        """The lane of that name, if something in it can be delivered."""
        lanes = self.world.lanes
        while self._lanes_seen < len(lanes):
            lane = lanes[self._lanes_seen]
            self._lanes[lane.owner.label, lane.key] = lane
            self._lanes_seen += 1
        found = self._lanes.get((pick.owner, pick.key))
        if found is None or found.slot < 0:
            self.world.clock.fire()
            if pick.key == TIMER:
                self.world.clock.hurry()
            found = self._lanes.get((pick.owner, pick.key))
        return found if found is not None and found.slot >= 0 else None
