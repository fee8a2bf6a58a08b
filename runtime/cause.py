"""Cause: the two deliveries whose order decides whether a law is broken.

Of a run that breaks a law, every pair of deliveries that conflict (history.py) is turned round, the
one nearest to the end first: the run is made again with the later delivery before the earlier one.
First the races, with everything else in its order as far as that is possible, or with the later
one's lane going on until it has to wait; if none does it, other pairs so; then with the later one
as early as it can come; then with the earlier one's lane last of all. If such a run has the two the
other way round, comes to rest and breaks no law, that pair is the cause. This is seen, not guessed;
and it is no more than what was seen: that one run passes. If no pair does it, that is what is said.

Beside it, ``last_conflict``: a cheap guess at the same, to tell bugs apart by the thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from slabrace.runtime.course import Block, Course, LaneName, Pause, course_of, joined
from slabrace.runtime.dependence import racing
from slabrace.runtime.engine import MAX_STEPS, Engine
from slabrace.runtime.errors import UsageError, Violation
from slabrace.runtime.history import Chronicler, Happened, History
from slabrace.runtime.message import Envelope
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.pick import Delivery, Pick, Skip
from slabrace.runtime.replaying import describe
from slabrace.runtime.strategies.lenient import Lenient
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World

__all__ = ["BUDGET", "Cause", "Conflict", "find_cause", "last_conflict"]

DEADLOCK: Final = "deadlock"
"""The law of deadlock.py: it is judged at rest, though nobody is done."""
BUDGET: Final = 300
"""Pairs that are turned round before it is said that none decides."""


class Cause(NamedTuple):
    """``first`` comes before ``second``, in words, and that decides; both None: no single pair.

    ``places`` are the numbers of the two deliveries in the run, from 0. ``tried`` pairs that
    conflict were turned round, ``more`` says that there are others.
    """

    first: str | None
    second: str | None
    places: tuple[int, int] | None
    tried: int
    more: bool

    def __str__(self) -> str:
        if self.first is not None:
            return (
                f"What decides: {self.first} comes before {self.second}. "
                "The other way round, the run breaks no law."
            )
        if not self.tried:
            return "No single pair of deliveries decides: no two conflict."
        which = "last" if self.more else ""
        pairs = f"{self.tried} pair{'s' if self.tried != 1 else ''}"
        return (
            f"No single pair of deliveries decides: none of the {which} {pairs} that conflict, "
            "turned round, saves the run."
        ).replace("  ", " ")


def find_cause(build: Callable[[], World], picks: Sequence[int], *, budget: int = BUDGET) -> Cause:
    """The cause of the violation in the run with the raw ``picks``, best a minimised one.

    Turns round at most ``budget`` pairs. Raises a `UsageError` if the run breaks no law.
    """
    happened, outcome = witnessed(build, RawReplay(picks), len(picks) + 1)
    if outcome.end is not End.VIOLATION:
        raise UsageError("this run breaks no law, so there is no cause to find")
    history = History(happened)
    pairs = list(islice(history.pairs(), budget + 1))
    more = len(pairs) > budget
    del pairs[budget:]
    turner = Turner(history, describe(build, picks))
    most = min(MAX_STEPS, 10 * len(picks) + 1000)
    races = [pair for pair in pairs if history.race(*pair)]
    others = [pair for pair in pairs if pair not in races]
    for way, some in (
        (turner.gently, races), (turner.gently, others), (turner.hurried, pairs),
        (turner.last, pairs),
    ):  # fmt: skip
        for first, second in some:
            for course in way(first, second):
                if passes(build, course, (happened[second], happened[first]), most):
                    told = told_of(happened[first]), told_of(happened[second])
                    return Cause(*told, (first, second), len(pairs), more)
    return Cause(None, None, None, len(pairs), more)


def witnessed(
    build: Callable[[], World], strategy: Strategy, most: int
) -> tuple[list[Happened], Outcome]:
    """One run, and what happened in it."""
    world = build()
    chronicler = Chronicler(strategy)
    chronicler.begin(world)
    outcome = Engine(world, chronicler, max_steps=most).run()
    if outcome.end is End.INTERRUPTED:
        raise KeyboardInterrupt
    chronicler.end(outcome)
    return chronicler.happened, outcome


def passes(
    build: Callable[[], World], course: Course, wanted: tuple[Happened, Happened], most: int
) -> bool:
    """Whether the run has the two deliveries in that order, comes to rest and breaks no law."""
    try:
        happened, outcome = witnessed(build, Lenient(course), most)
    except Exception:  # noqa: BLE001  # the scenario's own: such a run has not come to rest
        return False
    return outcome.end is End.QUIET and come_in_order(happened, wanted)


class Turner:
    """The courses in which a pair is the other way round; time passes before the same ones."""

    def __init__(self, history: History, described: Sequence[Pick]) -> None:
        self.history = history
        self.values = course_of(described).values
        self.pauses: dict[int, list[Pause]] = {}
        number = 0
        for pick in described:
            if isinstance(pick, Skip):
                self.pauses.setdefault(number, []).append(Pause(pick.nanoseconds))
            number += isinstance(pick, Delivery)

    def gently(self, first: int, second: int) -> Iterator[Course]:
        """With everything else in its order; and with the later one's lane going on."""
        order = self.history.flipped(first, second)
        place = order.index(second) + 1
        lane = named_lane(self.history.happened[second])
        yield self.course(self.turns(order))
        yield self.course(
            [*self.turns(order[:place]), Block(*lane, None), *self.turns(order[place:])]
        )

    def hurried(self, first: int, second: int) -> Iterator[Course]:
        """With the later one as early as it can come."""
        yield self.course(self.turns(self.history.hurried(second)))

    def last(self, first: int, second: int) -> Iterator[Course]:
        """With what is left of the earlier one's lane last of all."""
        happened = self.history.happened
        order = self.history.flipped(first, second)
        place = order.index(second) + 1
        lane = happened[first].lane
        tail = sorted(order[place:], key=lambda each: happened[each].lane is lane)
        yield self.course(self.turns([*order[:place], *tail]))

    def turns(self, order: Sequence[int]) -> Iterator[Block | Pause]:
        """One turn for each delivery."""
        for each in order:
            yield from self.pauses.get(each, ())
            yield Block(*named_lane(self.history.happened[each]), 1)

    def course(self, blocks: Iterable[Block | Pause]) -> Course:
        """The same choices in that order."""
        return Course(joined(blocks), self.values)


def named_lane(event: Happened) -> LaneName:
    """The lane of a delivery, by name."""
    return event.lane.owner.label, event.lane.key


def come_in_order(happened: Sequence[Happened], wanted: tuple[Happened, Happened]) -> bool:
    """Whether both deliveries were made again, in that order."""
    names = [identity(each) for each in wanted]
    return [name for name in map(identity, happened) if name in names] == names


def identity(event: Happened) -> tuple[Hashable, ...]:
    """What makes a delivery the same one in another run: its place in its lane, and what it is."""
    envelope = event.envelope
    return (
        named_lane(event), event.place, envelope.addressee.name, type(envelope.message).__name__,
    )  # fmt: skip


def told_of(event: Happened) -> str:
    """A delivery as a diagram shows it, without the answer, and who sent it."""
    sent = event.envelope
    return f"{sent.message.told(sent.addressee.name)} by {sent.sender.name}"


# -- telling bugs apart ----------------------------------------------------------------


class Conflict(NamedTuple):
    """Two deliveries that conflict, in the order in which they came: ``Put(x)``, ``Get(x)``."""

    first: str
    second: str


def last_conflict(
    delivered: Sequence[tuple[Hashable, Envelope]], violation: Violation, *, at_rest: bool = False
) -> Conflict | None:
    """What ``violation`` probably comes from: a guess, and mostly the same whenever a bug is hit.

    ``delivered`` is lane (or its name) and envelope of each delivery. The last one of them, and the
    one before it from another lane that it conflicts with. If the violation was judged ``at_rest``,
    as every deadlock is: the last two by different senders that conflict at one of its parties.
    None if there are no such two.
    """
    rests = at_rest or violation.law == DEADLOCK
    last = len(delivered) - 1
    for second in range(last, -1 if rests else max(last - 1, -1), -1):
        lane, later = delivered[second]
        if rests and later.addressee.name not in violation.parties:
            continue
        for other, earlier in reversed(delivered[:second]):
            apart = earlier.sender is not later.sender if rests else other != lane
            if apart and racing(earlier, later):
                return Conflict(named(earlier), named(later))
    return None


def named(envelope: Envelope) -> str:
    """Class of the message and name of the addressee: the same in every run."""
    return f"{type(envelope.message).__name__}({envelope.addressee.name})"
