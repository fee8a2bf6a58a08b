"""Optimal DPOR: one run for each Mazurkiewicz trace, and not one more.

Theory. Two runs that differ only in the order of deliveries that commute are the same trace. The
search keeps one run, the present one, as a stack of nodes. When it has ended, each of its races
(causality.py) is turned round: from the node before the earlier delivery, what does not depend on
it and then the later one must be tried, unless something that begins that sequence already was
(the node's sleep set) or is about to be (its wakeup tree). Then the deepest node that still has a
branch takes it, and from the end of what the wakeup tree says the run goes on as it likes.

 - No run is made for nothing: what a wakeup tree holds wakes every sleeper, so no run ends in a
   state in which all that could be delivered is asleep. ``blocked`` counts such runs; it stays 0
   but after a violation, for which see ``_go_round``.
 - A data choice is part of the delivery during which it is made. Where the run goes on as it likes,
   every value is a branch; where a wakeup tree leads, the values are those of the tree.
 - Time is left out: a timer may run out as soon as it is set.

Sources: Abdulla, Aronis, Jonsson, Sagonas, J. ACM 64(4), 2017 (algorithm 2). Differences: a race is
looked at once, in the first run that has its later delivery; data choices; deliveries to active
actors, which are heard only while the actor listens.

A guided tour: ``begin`` cuts the stack back to the next branch; ``pick`` follows it and then
appends; ``_settle`` works out what the last delivery was, once it is over; ``end`` turns the races
round. What commutes is dependence.py's to say.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.actor import Actor
from slabrace.runtime.causality import START, Causality, Happening, Names
from slabrace.runtime.dependence import Access, conflicting
from slabrace.runtime.early import Early
from slabrace.runtime.errors import MachineError
from slabrace.runtime.outcome import End, Stop
from slabrace.runtime.trace import canonical
from slabrace.runtime.trust import Trust
from slabrace.runtime.wakeup_tree import Branch, Key, Node, Suffix, Tried

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.message import Envelope
    from slabrace.runtime.monitor import Event
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.world import World

__all__ = ["Dpor"]


class Dpor:
    """See the head of this file. ``runs`` counts traces."""

    def __init__(self) -> None:
        self.lanes = Names()
        self.actors = Names()
        self.causality = Causality()
        self.early = Early()
        self.nodes = [Node({})]
        self.runs = 0
        self.blocked = 0
        self.cut = 0
        self.finished = False
        self._doubts = False  # something was touched that no message tells of
        self._over = False  # a run is, and the next one has not begun
        self._taken: list[tuple[Node, Branch]] = []

    # -- a run -------------------------------------------------------------------------

    def begin(self, world: World) -> bool:
        """Cut the stack back to the deepest node with something left to try."""
        if self.finished or (self._over and not self._backtrack()):
            self.finished = True
            return False
        self._over = False
        self.world = world
        self._ready = world.ready
        self._index = 0  # of the event under way; event 0 is the start
        self._kept = len(self.causality.events)  # events to be repeated
        self._chosen: list[int] = []
        self._options: list[int] = []
        self._objects: dict[Actor, int] = {}
        self._names: list[int] = []  # of the lanes of this run
        self._lengths: list[int] = []
        self._open: set[Actor] = set()
        self._present: Lane | None = None
        self._head: Envelope | None = None
        self._addressee: Actor | None = None
        self._settled = self._kept > 0
        self._taken.clear()
        self._slept = False
        world.clock.eager = True
        self._touched: list[tuple[Hashable, bool]] = []
        world.footprint = self._touched
        self.early.begin(self._kept)
        world.joined = self.early.joined
        for event in world.relations:
            world.foresee(event, self._relate)
        if not self._kept:
            self._branch = self._take(self.nodes[0])
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        """Repeat what is kept, follow the wakeup tree, or go on."""
        self._index += 1
        index = self._index
        if index < self._kept:
            self._chosen.clear()
            event = self.causality.events[index]
            lane = self.world.lanes[event.number]
            if event.question is not None:
                self.early.repeat(lane[0], event.question)
            return lane.slot
        if self._settled:
            self._resume(index)
        else:
            self._settle()
        node = self.nodes[-1]
        branch = self._branch = self._take(node)
        lane = self._led_to(branch) if branch is not None else self._freely(ready, node)
        head = self._head = lane[0]
        addressee = head.addressee
        message = head.message
        number = self._objects.get(addressee)
        if number is None:
            number = self._objects[addressee] = self.actors.of_actor(addressee)
        if addressee.run is None:
            self._access = Access(number, message.part(), message.writes)
        else:
            self._access = Access(number, None, True)  # a namedtuple's field
        self._addressee = addressee
        self._present = lane
        self._settled = False
        self._chosen.clear()
        self._options.clear()
        self._touched.clear()
        return lane.slot

    def choose(self, label: str, options: int, /) -> int:
        """The value that was kept or that the wakeup tree says, or else the first."""
        place = len(self._chosen)
        if self._index < self._kept:
            told = self.causality.events[self._index].choices
            if place >= len(told):
                raise MachineError(
                    f"a run that was repeated has a new choice, {label}: the scenario draws from "
                    "something that is not the machine's, or keeps something from run to run"
                )
        else:
            told = self._branch.key.choices if self._branch is not None else ()
            self._options.append(options)
        value = told[place] if place < len(told) else 0
        self._chosen.append(value)
        return value

    def end(self, outcome: Outcome) -> None:
        """Turn the races of what was new round."""
        if outcome.end is End.INTERRUPTED:
            self._abandon()
            return
        self._over = True
        if not self._settled:
            self._settle()
        if outcome.end is End.REDUNDANT:
            self.blocked += 1
        else:
            self.runs += 1
            self.cut += outcome.end is End.BOUND
        events = self.causality.events
        for index in range(max(self._kept, 1), len(events)):
            for first in events[index].races:
                self._turn_round(first, index)
        for task in self.world.tasks:
            for lane in task.actor.parked:
                self._wait_in_vain(lane)
        if outcome.end is End.VIOLATION and len(self._ready):
            self._go_round()

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
        """How many traces there may be, from how much of each node of the stack is done.

        Each branch of a node is taken to be as large as any other (Concuerror's estimator; after
        Knuth, "Estimating the Efficiency of Backtrack Programs", 1975).
        """
        share, done = 1.0, 0.0
        for node in self.nodes:
            share /= len(node.done) + len(node.todo) + 1
            done += share * len(node.done)
        return self.runs / done if done else float(self.runs)

    # -- before a delivery -------------------------------------------------------------

    def _take(self, node: Node) -> Branch | None:
        """The first branch that is to be tried at ``node``, if there is one."""
        if not node.todo:
            return None
        branch = node.todo.pop(0)
        self._taken.append((node, branch))
        return branch

    def _freely(self, ready: Sequence[Lane], node: Node) -> Lane:
        """Stay in the lane while it can be delivered; else the first one that is not asleep."""
        present = self._present
        if not node.sleep and not node.done:
            return present if present is not None and present.slot >= 0 else ready[0]
        asleep = {key.lane for key in (*node.sleep, *node.done)}
        for lane in ready:
            if self._names[lane.number] not in asleep:
                return lane
        raise Stop(End.REDUNDANT)

    def _led_to(self, branch: Branch) -> Lane:
        """The lane of ``branch`` in this run."""
        lanes, name = self.world.lanes, branch.key.lane
        lane = lanes[self._names.index(name)] if name in self._names else None
        if lane is None or lane.slot < 0:
            known = {number: text for text, number in self.lanes.items()}
            raise MachineError(
                f"the search expected something to deliver in lane {known[name]}, and there is "
                "nothing: two deliveries that were taken to commute do not. Which, says "
                "dependence.py; what actors share outside their messages must be told by touch()"
            )
        return lane

    def _resume(self, index: int) -> None:
        """What was kept is repeated: here begins what is new."""
        lanes = self.world.lanes
        self._name_lanes()
        self._lengths = list(map(len, lanes))
        self._open = {task.actor for task in self.world.tasks if not task.actor.deaf}
        self._present = lanes[self.causality.events[index - 1].number] if index > 1 else None
        for lane, name in zip(lanes, self._names, strict=True):
            for place, envelope in enumerate(lane, self.causality.delivered.get(name, 0)):
                self.early.resume(envelope, name, place)
        self.early.resumed()

    def _name_lanes(self) -> None:
        lanes, names = self.world.lanes, self._names
        while len(names) < len(lanes):
            names.append(self.lanes.of_lane(lanes[len(names)]))

    # -- after a delivery --------------------------------------------------------------

    def _settle(self) -> None:
        """The event under way is over: say what it was, and open the node after it."""
        self._settled = True
        self._name_lanes()
        node, names, present = self.nodes[-1], self._names, self._present
        if present is None:
            event = Happening(START, -1)
        else:
            event = Happening(names[present.number], present.number)
            event.footprint = (self._access,)
            if self._touched:
                self._doubts = True
                event.footprint += tuple(self._access_to(what, w) for what, w in self._touched)
        event.choices = tuple(self._chosen)
        addressee = self._addressee
        for task in self.world.tasks:
            if not task.actor.deaf:
                self._note_listening(event, task.actor)
            elif self._open:
                self._open.discard(task.actor)
        self.early.settle(event, self._head, self.causality)
        self._note_sends(event)
        if self._options:
            self._add_values(node, event)
        self.causality.grow(event, heard=addressee is not None and addressee.run is not None)
        sleep: dict[Key, Tried] = {}
        if node.sleep or node.done:
            sleep = {
                key: tried
                for key, tried in node.asleep
                if key.lane != event.lane and not conflicting(tried.footprint, event.footprint)
            }
        branch = self._branch
        self.nodes.append(Node(sleep, branch))

    def _note_sends(self, event: Happening) -> None:
        """Which lanes grew: one that was delivered from has one message less."""
        lanes, before = self.world.lanes, self._lengths
        lengths = list(map(len, lanes))
        before.extend([0] * (len(lengths) - len(before)))
        present = self._present
        if present is not None:
            before[present.number] -= 1
        for number, length in enumerate(lengths):
            if length > before[number]:
                name = self._names[number]
                place = len(self.causality.sent.get(name, ()))
                for at in range(before[number], length):
                    event.grown.append(name)
                    self.early.sent(lanes[number][at], name, place)
                    place += 1
        self._lengths = lengths

    def _access_to(self, what: Hashable, writes: bool) -> Access:
        """What ``touch()`` told: an actor counts as one that was sent a message."""
        return Access(self.actors.of_actor(what) if isinstance(what, Actor) else what, None, writes)

    def _note_listening(self, event: Happening, actor: Actor) -> None:
        """``actor`` listens: since this event, if it did not before or was spoken to in it."""
        if actor not in self._open or actor is self._addressee:
            self._open.add(actor)
            event.opened.append(self.actors.of_actor(actor))

    def _add_values(self, node: Node, event: Happening) -> None:
        """Every other value of a choice that nobody told is a branch of its own."""
        branch = self._branch
        told = len(branch.key.choices) if branch is not None else 0
        others = [
            Branch(Key(event.lane, (*event.choices[:place], value)), event.footprint, open=True)
            for place, options in enumerate(self._options)
            for value in range(options)
            if value != event.choices[place]
        ]
        wanted = [
            other
            for other in others
            if len(other.key.choices) > told or (branch is not None and branch.spread)
        ]
        node.add_values(wanted)
        if len(wanted) < len(others):
            node.spare[event.lane] = [other for other in others if other not in wanted]

    def _relate(self, event: Event) -> None:
        """A monitor sees ``event`` and compares it with others."""
        if self._index >= self._kept:
            for law, field, writes in self.world.relations[event.name]:
                what = canonical(event.fields[field]) if field else ""
                self._touched.append(((law, what), writes))

    # -- after a run -------------------------------------------------------------------

    def _turn_round(self, first: int, second: int) -> None:
        """Have tried, from before ``first``, what does not depend on it and then ``second``."""
        causality = self.causality
        suffix = Suffix(
            causality.events,
            [*causality.concurrent(first, second), second],
            instead=first == causality.events[second].instead,
            doubts=self._doubts or bool(self.early.tied),
        )
        self.nodes[first].insert(suffix)

    def _wait_in_vain(self, lane: Lane) -> None:
        """Nobody heard the head of ``lane``: it might have been heard instead of another."""
        if not lane:
            return
        event = Happening(self._names[lane.number], lane.number)
        event.footprint = (Access(self.actors.of_actor(lane[0].addressee), None, True),)
        index = len(self.causality.events)
        self.causality.grow(event, heard=True)
        for first in event.races:
            self._turn_round(first, index)
        self.causality.cut(index)

    def _go_round(self) -> None:
        """The last delivery broke a law and what else was under way did not come about.

        So nobody knows what it races with. Another lane is tried in its place, with that delivery
        asleep; if nothing wakes it, the run is one that was seen, and is not counted.
        """
        causality = self.causality
        last = len(causality.events) - 1
        node = self.nodes[last]
        if last < 1 or node.todo:
            return
        asleep = {key.lane for key in (*node.sleep, *node.done)} | {causality.events[last].lane}
        for lane in self._ready:
            name = self._names[lane.number]
            if not lane or name in asleep or lane[0].addressee.deaf:
                continue
            if causality.sent[name][causality.delivered.get(name, 0)] < last:
                head = lane[0]
                number = self.actors.of_actor(head.addressee)
                access = Access(number, head.message.part(), head.message.writes)
                node.todo.append(Branch(Key(name, ()), (access,), open=True))
                return

    def _backtrack(self) -> bool:
        """Leave the last branch of the deepest node that has another one."""
        nodes, events = self.nodes, self.causality.events
        nodes.pop()  # the one at which the run ended
        while nodes:
            node, event = nodes[-1], events[-1]
            node.finish(Key(event.lane, event.choices), event.footprint)
            self.causality.cut(len(events) - 1)
            if node.todo:
                return True
            nodes.pop()
        return False

    def _abandon(self) -> None:
        """Somebody broke the run off: as if it had not begun. The next one will be the same."""
        self.causality.cut(self._kept)
        del self.nodes[self._kept + 1 :]
        for node, branch in reversed(self._taken):
            node.todo.insert(0, branch)
