"""Cause: the two deliveries whose order decides whether a law is broken.

Of a run that breaks a law, each race (history.py) is turned round, the one nearest to the end
first: the run is made again with the later delivery before the earlier one. Everything else keeps
its order as far as that is possible; or the later one's lane goes on until it has to wait; or the
earlier one's comes last of all; or the later one comes as early as it can. That last is then done
with the pairs that conflict and are no races, because others stand between. If one of these runs
has the two the other way round, comes to rest and breaks no law, that pair is the cause. This is
seen, not guessed; and it is no more than what was seen: that one run passes. If no pair does it,
that is what is said.

Beside it, ``last_conflict``: a cheap guess at the same, to tell bugs apart by the thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
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
BUDGET: Final = 500
"""Pairs that are turned round before it is said that none decides."""


class Cause(NamedTuple):
    """``first`` comes before ``second``, in words, and that decides; both None: no single pair.

    ``places`` are the numbers of the two deliveries in the run, from 0. ``tried`` pairs were turned
    round, of ``pairs`` that conflict.
    """

    first: str | None
    second: str | None
    places: tuple[int, int] | None
    tried: int
    pairs: int

    def __str__(self) -> str:
        if self.first is not None:
            return (
                f"What decides: {self.first} comes before {self.second}. "
                "The other way round, the run breaks no law."
            )
        if not self.pairs:
            return "No single pair of deliveries decides: no two conflict."
        which = "the" if self.tried == self.pairs else f"the last {self.tried} of the"
        return (
            f"No single pair of deliveries decides: none of {which} {self.pairs} that conflict, "
            "turned round, saves the run."
        )


def find_cause(build: Callable[[], World], picks: Sequence[int], *, budget: int = BUDGET) -> Cause:
    """The cause of the violation in the run with the raw ``picks``, best a minimised one.

    Turns round at most ``budget`` pairs. Raises a `UsageError` if the run breaks no law.
    """
    happened, outcome = witnessed(build, RawReplay(picks), len(picks) + 1)
    if outcome.end is not End.VIOLATION:
        raise UsageError("this run breaks no law, so there is no cause to find")
    history = History(happened)
    races = list(history.reversible())
    pairs = [*races, *history.conflicts()]
    described = describe(build, picks)
    most = min(MAX_STEPS, 10 * len(picks) + 1000)
    for tried, (first, second) in enumerate(pairs[:budget], 1):
        for course in ways(described, history, first, second, race=tried <= len(races)):
            others, outcome = witnessed(build, Lenient(course), most)
            if outcome.end is End.QUIET and comes_first(others, happened[second], happened[first]):
                told = told_of(happened[first]), told_of(happened[second])
                return Cause(*told, (first, second), tried, len(pairs))
    return Cause(None, None, None, min(budget, len(pairs)), len(pairs))


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


def ways(
    described: Sequence[Pick], history: History, first: int, second: int, *, race: bool
) -> Iterator[Course]:
    """The courses in which that pair is the other way round; time passes before the same ones."""
    happened = history.happened
    values = course_of(described).values
    pauses: dict[int, list[Pause]] = {}
    number = 0
    for pick in described:
        if isinstance(pick, Skip):
            pauses.setdefault(number, []).append(Pause(pick.nanoseconds))
        number += isinstance(pick, Delivery)

    def turns(order: Sequence[int]) -> Iterator[Block | Pause]:
        for each in order:
            yield from pauses.get(each, ())
            yield Block(*named_lane(happened[each]), 1)

    if race:
        order = history.flipped(first, second)
        place = order.index(second) + 1
        head, tail = order[:place], order[place:]
        lane = happened[first].lane
        others = [each for each in tail if happened[each].lane is not lane]
        last = [each for each in tail if happened[each].lane is lane]
        calmly = Block(*named_lane(happened[second]), None)
        yield Course(joined(turns(order)), values)
        yield Course(joined([*turns(head), calmly, *turns(tail)]), values)
        yield Course(joined(turns([*head, *others, *last])), values)
    yield Course(joined(turns(history.hurried(second))), values)


def named_lane(event: Happened) -> LaneName:
    """The lane of a delivery, by name."""
    return event.lane.owner.label, event.lane.key


def comes_first(happened: Sequence[Happened], one: Happened, other: Happened) -> bool:
    """Whether both deliveries were made again, and ``one`` before ``other``."""
    wanted = {identity(each) for each in (one, other)}
    found = [name for name in map(identity, happened) if name in wanted]
    return found == [identity(one), identity(other)]


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
    """Two deliveries that conflict, in the order in which they came: ``Kfree(x)``, ``Load(x)``."""

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
    for second in range(last, -1 if rests else last - 1, -1):
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
