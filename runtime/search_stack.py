"""Stack: the present run of a search by partial orders, and what is still to be tried along it.

``events[i]`` is the delivery number ``i`` of the run, ``nodes[i]`` the state before it; the last
node is the state in which the run ended. A race of two events is turned round at the node before
the first: there, what does not depend on it and then the second must be tried. Where it is
``unsure`` whether that is so, it is found out by going there and having a look (probe.py).

A stack can be frozen, as text, and thawed in another process: a long search may be broken off.

Who follows the stack and makes the runs is strategies/dpor.py, whose theory this is a part of.
"""

from __future__ import annotations

import base64
import io
import pickle
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from slabrace.runtime.causality import Causality, Happening
from slabrace.runtime.early import Early
from slabrace.runtime.errors import UsageError
from slabrace.runtime.observer import Observer
from slabrace.runtime.suffix import Suffix
from slabrace.runtime.wakeup_tree import Branch, Node, Tried

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane

__all__ = ["Stack"]

OURS: Final = ("causality", "early", "observer", "suffix", "wakeup_tree")
"""The modules of which a frozen stack may hold objects."""


class Stack:
    """See the head of this file. ``taken``: the branches that the present run took, and where."""

    def __init__(self) -> None:
        self.observer = Observer()
        self.causality = Causality()
        self.early = Early()
        self.nodes = [Node({})]
        self.events = self.causality.events
        self.taken: list[tuple[Node, Branch]] = []
        self.unsure: list[tuple[int, Suffix]] = []
        self._left = False  # a branch of the last node, and whether there is another is not known

    def take(self, node: Node) -> Branch:
        """The first branch that is to be tried at ``node``."""
        branch = node.todo.pop(0)
        self.taken.append((node, branch))
        return branch

    def turn_races_round(self, kept: int) -> None:
        """All races of the events from number ``kept`` on, and of earlier ones if these matter.

        An event that touches something beside its addressee matters to every race that it may come
        before: where it does, either of the two may turn out to touch the same. So does an event
        in which a value was chosen, for a sequence that holds it asks for that value alone.
        """
        events = self.events
        for index in range(kept, len(events)):
            for first in events[index].races:
                self.turn_round(first, index)
        if not self.observer.beside:
            return
        touching = [
            each
            for each in range(kept, len(events))
            if len(events[each].footprint) > 1 or events[each].choices
        ]
        if not touching:
            return
        for index in range(1, kept):
            for first in events[index].races:
                if not all(events[each].past >> first & 1 for each in touching):
                    self.turn_round(first, index)

    def turn_round(self, first: int, second: int) -> None:
        """Have tried, from before ``first``, what does not depend on it and then ``second``.

        What came after ``second`` is left out where no delivery chooses or touches anything beside
        its addressee. Where one does, it is not: see above.
        """
        causality = self.causality
        events = causality.events
        beside = self.observer.beside
        suffix = Suffix(
            events,
            [*causality.concurrent(first, second, to_the_end=bool(beside)), second],
            instead=first == events[second].instead,
            beside=beside,
        )
        unsure = self.nodes[first].insert(suffix)
        if unsure:
            self.unsure += [(first, each) for each in unsure]

    def wait_in_vain(self, lane: Lane) -> None:
        """Nobody heard the head of ``lane``: it might have been heard instead of another."""
        event = Happening(
            self.observer.names[lane.number], lane.number, (self.observer.touch_of(lane[0]),)
        )
        index = len(self.events)
        self.causality.grow(event, heard=True)
        for first in event.races:
            self.turn_round(first, index)
        self.causality.cut(index)

    def go_round(self, ready: Sequence[Lane]) -> None:
        """The last delivery broke a law and what else was under way did not come about.

        So nobody knows what it races with. Another lane is tried in its place, with that delivery
        asleep; if nothing wakes it, the run is one that was seen, and is not counted. Nothing was
        tried after that delivery, so it stands for nothing but itself (wakeup_tree.py).
        """
        causality, observer = self.causality, self.observer
        last = len(causality.events) - 1
        if last < 1:
            return
        node, event = self.nodes[last], causality.events[last]
        node.done[event.lane, event.choices] = Tried(event.footprint, node, broke=True)
        if node.todo:
            return
        asleep = {lane for lane, _ in node.asleep()}
        began = [actor for actor in event.opened if actor != event.footprint[0][0]]
        for lane in ready:
            name = observer.names[lane.number]
            if not lane or name in asleep or lane[0].addressee.deaf:
                continue
            if began and observer.number_of(lane[0].addressee) in began:
                continue  # before, it did not listen
            if causality.sent[name][causality.delivered[name]] < last:
                touch = observer.touch_of(lane[0])
                node.todo.append(Branch((name, ()), (touch,), open=True))
                return

    def backtrack(self) -> bool:
        """Leave the last branch of the deepest node that has another one.

        Or that may have one: what is ``unsure`` must be found out first.
        """
        nodes, events = self.nodes, self.events
        if self._left:
            self._left = False
            if nodes[-1].todo:
                return True
        depth = len(events) - 1  # the node after it is the one at which the run ended
        while depth >= 0:
            node, event = nodes[depth], events[depth]
            if node.todo or node.waiting:
                unsure = node.finish((event.lane, event.choices), event.footprint)
                self.unsure += [(depth, each) for each in unsure]
                self._left = bool(unsure)
                if node.todo or unsure:
                    break
            depth -= 1
        del nodes[depth + 1 :]
        self.causality.cut(max(0, depth))
        return depth >= 0

    def abandon(self, kept: int) -> None:
        """Somebody broke the run off: as if it had not begun. The next one will be the same."""
        self.causality.cut(kept)
        del self.nodes[kept + 1 :]
        if not kept and not self.taken:  # nothing is known of the very first run
            self.nodes[0] = Node({})
        for node, branch in reversed(self.taken):
            node.todo.insert(0, branch)

    def share_done(self) -> float:
        """How much of all there is was tried: 0 to 1.

        Each branch of a node is taken to be as large as any other (Concuerror's estimator; after
        Knuth, "Estimating the Efficiency of Backtrack Programs", 1975).
        """
        share, done = 1.0, 0.0
        for node in self.nodes:
            share /= len(node.done) + len(node.todo) + 1
            done += share * len(node.done)
        return done

    # -- broken off, and gone on with --------------------------------------------------

    def frozen(self) -> str:
        """All of it, between two runs."""
        observer = self.observer
        names = (observer.lanes, observer.actors, observer.beside)
        parts = (names, self.causality, self.early, self.nodes, self.unsure, self._left)
        return base64.b64encode(zlib.compress(pickle.dumps(parts))).decode()

    def thaw(self, text: str) -> None:
        """Be what was frozen; a UsageError if it is nothing of ours."""
        try:
            parts = Thaw(io.BytesIO(zlib.decompress(base64.b64decode(text)))).load()
            names, self.causality, self.early, self.nodes, self.unsure, self._left = parts
            self.observer.lanes, self.observer.actors, self.observer.beside = names
        except (ValueError, TypeError, EOFError, zlib.error, pickle.UnpicklingError) as error:
            raise UsageError(f"this is not where a search stood: {error}") from error
        self.events = self.causality.events
        self.taken.clear()


class Thaw(pickle.Unpickler):
    """Reads objects of the search and plain values, and nothing that could do anything else."""

    def find_class(self, module: str, name: str) -> Any:
        """A class of ours by name: one that its module defines, not what it imports or holds."""
        if (module, name) in {
            ("collections", "defaultdict"),
            ("builtins", "int"),
            ("builtins", "list"),
        }:
            return super().find_class(module, name)
        if module in {f"slabrace.runtime.{each}" for each in OURS} and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"expected objects of a search, found {module}.{name}")
