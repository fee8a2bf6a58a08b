"""Optimal DPOR: one run for each Mazurkiewicz trace, and not one more.

Theory. Two runs that differ only in the order of deliveries that commute are the same trace. The
search keeps one run, the present one, as a stack of nodes. When it has ended, each of its races
(causality.py) is turned round: from the node before the earlier delivery, what does not depend on
it and then the later one must be tried, unless something that begins that sequence already was
(the node's sleep set) or is about to be (its wakeup tree). Then the deepest node that still has a
branch takes it, and from the end of what the wakeup tree says the run goes on as it likes.

 - No run is made for nothing: what a wakeup tree holds wakes every sleeper, so no run ends in a
   state in which all that could be delivered is asleep. ``blocked`` counts such runs; it stays 0
   but after a violation, for which see ``go_round`` (search_stack.py).
 - A data choice is part of the delivery during which it is made. Where the run goes on as it likes,
   every value is a branch; where a wakeup tree leads, the values are those of the tree.
 - Time is left out: a timer may run out as soon as it is set.
 - What a delivery touches beside its addressee may depend on what came before. Where the search
   must know what it would touch elsewhere, it goes there and looks: such a *probe* (probe.py) ends
   as ``REDUNDANT`` and counts for nothing but ``probes``.

Sources: Abdulla, Aronis, Jonsson, Sagonas, J. ACM 64(4), 2017 (algorithm 2). Differences: a race is
looked at once, in the first run that has its later delivery, if nothing is chosen or touched
beside an addressee; data choices; deliveries to active actors, which are heard only while the actor
listens.

A guided tour: ``begin`` cuts the stack back to the next branch; ``pick`` follows it and then
appends; ``_settle`` works out what the last delivery was, once it is over; ``end`` turns the races
round. What commutes is dependence.py's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slabrace.runtime.causality import Happening
from slabrace.runtime.errors import MachineError
from slabrace.runtime.outcome import End, Stop
from slabrace.runtime.probe import Probe
from slabrace.runtime.search_stack import Stack
from slabrace.runtime.trust import Trust
from slabrace.runtime.wakeup_tree import Branch, Node

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["Dpor"]


class Dpor(Stack):
    """See the head of this file. ``runs`` counts traces."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = 0
        self.blocked = 0
        self.cut = 0
        self.finished = False
        self.probes = 0
        self._over = False  # a run is, and the next one has not begun
        self._probe: Probe | None = None  # the present run, if it is one

    # -- a run -------------------------------------------------------------------------

    def begin(self, world: World) -> bool:
        """Cut the stack back to the deepest node with something left to try."""
        if self.finished or (self._over and not self.unsure and not self.backtrack()):
            self.finished = True
            return False
        world.clock.eager = True
        if self.unsure:
            self._probe = Probe(world, self.observer, self.events, *self.unsure[-1])
            return True
        self._over = False
        self.world = world
        self._lanes = world.lanes
        self._index = 0  # of the event under way; event 0 is the start
        self._kept = len(self.events)  # events to be repeated
        self._chosen: list[int] = []
        self._options: list[int] = []
        self._chosen_at = -1  # the event whose values these are
        self._settled = self._kept > 0
        self.taken.clear()
        self._branch: Branch | None = None
        self.observer.begin(world)
        self.early.begin(self._kept)
        world.joined = self.early.joined
        if not self._kept and self.nodes[0].todo:
            self._branch = self.take(self.nodes[0])
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """Repeat what is kept, follow the wakeup tree, or go on."""
        if self._probe is not None:
            on_the_way = self._probe.pick()
            if on_the_way is None:
                raise self._nothing_in(self._probe.way[self._probe.at].lane)
            return on_the_way.slot
        index = self._index = self._index + 1
        if index < self._kept:
            event = self.events[index]
            lane = self._lanes[event.number]
            if event.question is not None:
                self.early.repeat(lane[0], event.question)
            return lane.slot
        if self._settled:
            self._resume()
        else:
            self._settle()
        node = self.nodes[-1]
        branch = self._branch = self.take(node) if node.todo else None
        lane = self._freely(ready, node) if branch is None else self._led_to(branch)
        self.observer.deliver(lane)
        self._settled = False
        return lane.slot

    def choose(self, label: str, options: int, /) -> int:
        """The value that was kept or that the wakeup tree says, or else the first."""
        if self._probe is not None:
            return self._probe.choose()
        index = self._index
        if self._chosen_at != index:
            self._chosen_at = index
            self._chosen.clear()
            self._options.clear()
        place = len(self._chosen)
        if index < self._kept:
            told = self.events[index].choices
            if place >= len(told):
                raise MachineError(
                    f"a run that was repeated has a new choice, {label}: the scenario draws from "
                    "something that is not the machine's, or keeps something from run to run"
                )
        else:
            told = self._branch.key[1] if self._branch is not None else ()
            self._options.append(options)
        value = told[place] if place < len(told) else 0
        self._chosen.append(value)
        return value

    def end(self, outcome: Outcome) -> None:
        """Turn the races of what was new round."""
        if self._probe is not None:
            self._look(self._probe, outcome)
            return
        if outcome.end is End.INTERRUPTED:
            self.abandon(self._kept)
            return
        self._over = True
        if not self._settled:
            self._settle()
        if outcome.end is End.REDUNDANT:
            self.blocked += 1
        else:
            self.runs += 1
            self.cut += outcome.end is End.BOUND
        self.turn_races_round(max(self._kept, 1))
        for lane in self.observer.waiting():
            self.wait_in_vain(lane)
        if outcome.end is End.VIOLATION and len(self.world.ready):
            self.go_round(self.world.ready)

    def _look(self, probe: Probe, outcome: Outcome) -> None:
        """A probe is over. It is no run of its own, however it ended."""
        self._probe = None
        touches = probe.over()
        if outcome.end is End.INTERRUPTED:
            return
        self.probes += 1
        depth, suffix = self.unsure.pop()
        self.nodes[depth].insert(suffix.found(touches))
        outcome.end = End.REDUNDANT
        outcome.violations.clear()

    def describe(self) -> str:
        """As a person would type it."""
        return "dpor"

    # -- what the runs amount to -------------------------------------------------------

    def trust(self) -> Trust:
        """Exhaustive if nothing is left and nothing was cut off."""
        traces = f"{self.runs:,} trace{'s' if self.runs != 1 else ''}"
        if self.cut:
            return Trust("bounded", f"{traces}, {self.cut:,} of them cut off")
        if self.finished:
            return Trust("exhaustive", traces)
        return Trust("bounded", f"{traces} of about {self.estimate():,.0f}")

    def estimate(self) -> float:
        """How many traces there may be, from how much of the stack is done."""
        done = self.share_done()
        return self.runs / done if done else float(self.runs)

    def state(self) -> dict[str, Any]:
        """Where the search stands, in builtins."""
        counts = (self.runs, self.blocked, self.probes, self.cut, self.finished, self._over)
        return {"counts": list(counts), "stack": self.frozen()}

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from where ``state`` was taken, by the same code."""
        counts = state["counts"]
        self.runs, self.blocked, self.probes, self.cut, self.finished, self._over = counts
        self.thaw(state["stack"])

    # -- before a delivery -------------------------------------------------------------

    def _freely(self, ready: Sequence[Lane], node: Node) -> Lane:
        """Stay in the lane while it can be delivered; else the first one that is not asleep."""
        observer = self.observer
        if not node.sleep and not node.done:
            present = observer.present
            return present if present is not None and present.slot >= 0 else ready[0]
        asleep = {lane for lane, _ in node.asleep()}
        names = observer.names
        for lane in ready:
            if names[lane.number] not in asleep:
                return lane
        raise Stop(End.REDUNDANT)

    def _led_to(self, branch: Branch) -> Lane:
        """The lane of ``branch`` in this run."""
        name = branch.key[0]
        lane = self.observer.lane_of(name)
        if lane is None or lane.slot < 0:
            raise self._nothing_in(name)
        return lane

    def _nothing_in(self, name: int) -> MachineError:
        known = {number: text for text, number in self.observer.lanes.items()}
        return MachineError(
            f"the search expected something to deliver in lane {known[name]}, and there is "
            "nothing: two deliveries that were taken to commute do not. Which, says "
            "dependence.py; what actors share outside their messages must be told by touch()"
        )

    def _resume(self) -> None:
        """What was kept is repeated: here begins what is new."""
        observer, delivered = self.observer, self.causality.delivered
        observer.resume(self.events[-1])
        for lane in observer.full():
            name = observer.names[lane.number]
            for place, envelope in enumerate(lane, delivered[name]):
                self.early.resume(envelope, name, place)
        self.early.resumed()

    # -- after a delivery --------------------------------------------------------------

    def _settle(self) -> None:
        """The event under way is over: say what it was, and open the node after it."""
        self._settled = True
        chose = self._chosen_at == len(self.events)
        observer, causality, early = self.observer, self.causality, self.early
        event = observer.settle(tuple(self._chosen) if chose else ())
        if early.open or early.joined:
            early.settle(event, observer.head, causality)
            for key in [touch[0] for touch in event.footprint if touch[0] in early.tied]:
                for one in (key[0], event.lane):  # a Question: its lane, and who awaited it
                    observer.beside.setdefault(one, set()).add(key)
        for envelope, lane, number in observer.early:
            early.sent(envelope, lane, causality.sends(lane) + number)
        node = self.nodes[-1]
        if chose:
            observer.beside.setdefault(event.lane, set())  # what it chose matters as a touch does
            self._add_values(node, event)
        causality.grow(event, heard=observer.heard)
        sleep = node.after(event) if node.sleep or node.done else {}
        self.nodes.append(Node(sleep, self._branch))

    def _add_values(self, node: Node, event: Happening) -> None:
        """Every other value of a choice that nobody told is a branch of its own."""
        branch = self._branch
        told = len(branch.key[1]) if branch is not None else 0
        others = [
            Branch((event.lane, (*event.choices[:place], value)), event.footprint, open=True)
            for place, options in enumerate(self._options)
            for value in range(options)
            if value != event.choices[place]
        ]
        wanted = [
            other
            for other in others
            if len(other.key[1]) > told or (branch is not None and branch.spread)
        ]
        node.add_values(wanted)
        if len(wanted) < len(others):
            node.spare[event.lane] = [other for other in others if other not in wanted]
