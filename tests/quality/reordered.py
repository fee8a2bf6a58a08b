"""Reordered: one run of a scenario, made once more in another order that the relation allows.

What the relation calls independent (dependence.py) must commute: if the same deliveries, told by
lane and place, come in another order that keeps lanes, causes and conflicts, then every lane can be
followed to the letter, every answer is the same, and so are the end, what is violated, and the
words of all that was touched. Where that is not so, the two neighbours are found whose exchange
makes the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from slabrace.runtime.actor import Actor
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Overdue
from slabrace.runtime.history import Chronicler, History
from slabrace.runtime.message import UNANSWERED
from slabrace.runtime.outcome import End, Stop
from slabrace.runtime.strategies.wrapper import Wrapper
from slabrace.runtime.trace import canonical

if TYPE_CHECKING:
    from slabrace.runtime.mailbox import Lane
    from slabrace.runtime.outcome import Outcome
    from slabrace.runtime.strategy import Strategy
    from slabrace.runtime.world import World

__all__ = ["Event", "Run", "differences", "follow", "guilty", "record", "shuffled"]

Build = Callable[[], "World"]
MOST = 20_000


class Event(NamedTuple):
    """A delivery: the ``place``-th of ``lane``."""

    lane: str
    place: int


@dataclass
class Run:
    """What came of it. ``told`` is by event: message, addressee, answer."""

    events: list[Event] = field(default_factory=list)
    told: dict[Event, str] = field(default_factory=dict)
    choices: dict[Event | None, list[int]] = field(default_factory=dict)
    end: str = ""
    words: dict[str, str] = field(default_factory=dict)
    history: History | None = None
    of_time: bool = False  # it ended as it did because of how many picks there were


class Values(Wrapper):
    """The strategy ``inner``; keeps the values chosen in each delivery (None: before the first)."""

    def begin(self, world: World) -> bool:
        self.places: dict[Lane, int] = {}
        self.event: Event | None = None
        self.chosen: dict[Event | None, list[int]] = {}
        return super().begin(world)

    def pick(self, ready: Sequence[Lane], /) -> int:
        index = super().pick(ready)
        lane = ready[index]
        place = self.places[lane] = self.places.get(lane, -1) + 1
        self.event = Event(lane.name, place)
        return index

    def choose(self, label: str, options: int, /) -> int:
        value = super().choose(label, options)
        self.chosen.setdefault(self.event, []).append(value)
        return value


class Follower:
    """The lanes of ``events``, in that order, with the values of ``choices``."""

    def __init__(self, events: Sequence[Event], choices: dict[Event | None, list[int]]) -> None:
        self.events = events
        self.choices = choices

    def begin(self, world: World) -> bool:
        self.world = world
        self.at = 0
        self.values = list(self.choices.get(None, ()))
        return True

    def pick(self, ready: Sequence[Lane], /) -> int:
        if self.at < len(self.events):
            event = self.events[self.at]
            self.at += 1
            self.values = list(self.choices.get(event, ()))
            for index, lane in enumerate(ready):
                if lane.name == event.lane:
                    return index
        raise Stop(End.INTERRUPTED)  # there is nothing in that lane, or more than there was

    def choose(self, label: str, options: int, /) -> int:
        if not self.values or self.values[0] >= options:
            raise Stop(End.INTERRUPTED)
        return self.values.pop(0)

    def end(self, outcome: Outcome) -> None:
        pass

    def describe(self) -> str:
        return "follower"


def record(build: Build, strategy: Strategy) -> Run:
    """Make one run."""
    world = build()
    values = Values(strategy)
    chronicler = Chronicler(values)
    chronicler.begin(world)
    outcome = Engine(world, chronicler, max_steps=MOST).run()
    chronicler.end(outcome)
    run = Run(choices=values.chosen, history=History(chronicler.happened))
    run.of_time = outcome.end is End.BOUND or any(
        isinstance(violation, Overdue) for violation in outcome.violations
    )
    said = sorted(violation.signature for violation in outcome.violations)
    run.end = f"{outcome.end.value} {said}"
    touched: dict[Actor, None] = {}
    for each in chronicler.happened:
        envelope = each.envelope
        event = Event(each.lane.name, each.place)
        answer = "none" if envelope.answer is UNANSWERED else canonical(envelope.answer)
        run.events.append(event)
        run.told[event] = f"{envelope.addressee.name}: {canonical(envelope.message)} = {answer}"
        touched.setdefault(envelope.addressee)
    run.words = {thing.name: words(thing) for thing in touched if thing.run is None}
    world.discard()
    return run


def words(thing: Actor) -> str:
    """All that ``thing`` holds."""
    names = dict.fromkeys(
        name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())
    )
    names |= dict.fromkeys(getattr(thing, "__dict__", ()))
    uncounted = {name for kind in type(thing).__mro__ for name in getattr(kind, "uncounted", ())}
    return ", ".join(
        f"{name}={canonical(value)}"
        for name in sorted(set(names) - uncounted)
        if not callable(value := getattr(thing, name, None))
    )


def shuffled(run: Run, random: Random) -> list[int]:
    """The numbers of its deliveries in any order that the relation allows, at random.

    The one that broke a law stays the last: what comes after it does not come about.
    """
    assert run.history is not None
    past = run.history.past
    size = len(run.events)
    after: list[list[int]] = [[] for _ in range(size)]
    missing = []
    for number in range(size):
        before = [each for each in range(number) if past[number] >> each & 1]
        if number == size - 1 and not run.end.startswith(End.QUIET.value):
            before = list(range(number))
        missing.append(len(before))
        for each in before:
            after[each].append(number)
    free = [number for number in range(size) if not missing[number]]
    order = []
    while free:
        number = free.pop(random.randrange(len(free)))
        order.append(number)
        for each in after[number]:
            missing[each] -= 1
            if not missing[each]:
                free.append(each)
    return order


def follow(build: Build, run: Run, order: Sequence[int]) -> Run:
    """The same deliveries in that order."""
    return record(build, Follower([run.events[number] for number in order], run.choices))


def differences(run: Run, other: Run) -> list[str]:
    """What is not the same, in words; the first few."""
    found = [
        f"{event.lane} #{event.place}: {run.told[event]}, and then {other.told.get(event)}"
        for event in run.events
        if other.told.get(event) != run.told[event]
    ]
    if run.end != other.end:
        found.append(f"it ended {run.end}, and then {other.end}")
    if not found:
        found = [
            f"{name} holds {run.words.get(name)}, and then {other.words.get(name)}"
            for name in run.words | other.words
            if run.words.get(name) != other.words.get(name)
        ]
    return found[:4]


def sorting(order: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Ever closer to the original, one exchange of neighbours at a time: and where it was."""
    now = list(order)
    for end in range(len(now) - 1, 0, -1):
        for at in range(end):
            if now[at] > now[at + 1]:
                now[at], now[at + 1] = now[at + 1], now[at]
                yield list(now), at


def guilty(build: Build, run: Run, order: Sequence[int]) -> str:
    """The two neighbours whose exchange makes ``order`` differ, and how."""
    steps = [(list(order), 0), *sorting(order)]
    low, high = 0, len(steps) - 1  # the first is wrong, the last is the run itself
    while high - low > 1:
        middle = (low + high) // 2
        if differences(run, follow(build, run, steps[middle][0])):
            low = middle
        else:
            high = middle
    wrong, (right, at) = steps[low][0], steps[high]
    one, two = (run.events[right[each]] for each in (at, at + 1))
    assert run.history is not None
    happened = run.history.happened
    names = {each.footprint[0][0]: each.envelope.addressee.name for each in happened}
    touches = [
        [
            (names.get(key, key), part, writes)
            for key, part, writes in happened[right[each]].footprint
        ]
        for each in (at, at + 1)
    ]
    told = differences(run, follow(build, run, wrong))
    return "\n  ".join(
        [
            "these two are said to commute and do not:",
            f"{one.lane} #{one.place}: {run.told[one]}, touching {touches[0]}",
            f"{two.lane} #{two.place}: {run.told[two]}, touching {touches[1]}",
            "since the other way round",
            *told,
        ]
    )
