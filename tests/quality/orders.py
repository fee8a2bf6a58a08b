"""Orders: a wrapper that tells the Mazurkiewicz trace of each run, by the definition.

A trace is what happened, and in which order whatever does not commute happened. A delivery goes by
its lane, its place in it and the values chosen in it. Nothing here is taken from the search under
test but the relation itself (dependence.py): no clocks, no happens-before, every pair is looked at.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from slabrace.runtime.actor import Actor
from slabrace.runtime.dependence import Access, Touch, access, overlap
from slabrace.runtime.strategies.wrapper import Wrapper
from slabrace.runtime.trace import canonical

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.monitor import Event
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Happened", "Order", "Orders"]

Order = frozenset[Hashable]


class Happened:
    """One delivery, or what came before the first: ``what`` it was and what it touched."""

    def __init__(self, lane: str, place: int, footprint: list[Access]) -> None:
        self.lane = lane
        self.place = place
        self.footprint = footprint
        self.choices: list[int] = []

    @property
    def name(self) -> Hashable:
        return (self.lane, self.place, *self.choices)


class Orders(Wrapper):
    """The strategy ``inner``; ``order()`` is the trace of the run that has just ended."""

    def __init__(self, inner: Strategy) -> None:
        super().__init__(inner)
        self.events: list[Happened] = []

    def begin(self, world: World) -> bool:
        self.events = [Happened("start", 0, [])]
        self.places: dict[str, int] = {}
        begun = self.inner.begin(world)
        if begun:
            # The search inside has a list of its own: this one passes on to it.
            self.told: list[tuple[Hashable, bool]] = Told(self, world.footprint)
            world.footprint = self.told
            self.world = world
            for event in world.relations:
                world.foresee(event, self.relate)
        return begun

    def pick(self, ready: Sequence[Lane], /) -> int:
        index = self.inner.pick(ready)
        lane = ready[index]
        head = access(lane[0])
        place = self.places[lane.name] = self.places.get(lane.name, 0) + 1
        named = Access(lane[0].addressee.name, head.part, head.writes)
        self.events.append(Happened(lane.name, place, [named]))
        return index

    def choose(self, label: str, options: int, /) -> int:
        value = self.inner.choose(label, options)
        self.events[-1].choices.append(value)
        return value

    def touch(self, what: Hashable, *, writes: bool) -> None:
        """What acts now uses ``what``."""
        key = what.name if isinstance(what, Actor) else what
        self.events[-1].footprint.append(Access(key, None, writes))

    def relate(self, event: Event) -> None:
        """A monitor sees ``event`` and compares it with others."""
        for law, field, writes in self.world.relations[event.name]:
            what = canonical(event.fields[field]) if field else ""
            self.touch((law, what), writes=writes)

    def end(self, outcome: Outcome) -> None:
        self.inner.end(outcome)

    def order(self, *, messages: bool = False) -> Order:
        """What happened, and each ordered pair of what does not commute.

        ``messages``: only for what they touch at their addressee.
        """
        events = self.events
        names = [event.name for event in events]
        footprints = [event.footprint for event in events]
        if messages:
            footprints = [[], *(footprint[:1] for footprint in footprints[1:])]
        pairs: set[Hashable] = set()
        known: dict[Hashable, list[tuple[int, Touch]]] = {}
        for late, footprint in enumerate(footprints):
            for touch in footprint:
                before = known.setdefault(touch[0], [])
                pairs.update(
                    (names[early], names[late])
                    for early, other in before
                    if early != late and overlap(other, touch)
                )
                before.append((late, touch))
        return frozenset([*names, *pairs])


class Told(list[tuple[Hashable, bool]]):
    """``world.footprint`` for two: whoever is inside, and the one who counts."""

    def __init__(self, orders: Orders, inside: list[tuple[Hashable, bool]] | None) -> None:
        super().__init__()
        self.orders = orders
        self.inside = inside

    def append(self, told: tuple[Hashable, bool], /) -> None:
        what, writes = told
        self.orders.touch(what, writes=writes)
        if self.inside is not None:
            self.inside.append(told)
