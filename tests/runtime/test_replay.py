"""A replay follows its schedule to the letter or says at which pick it could not."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Divergence, Violation
from slabrace.runtime.message import Message
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.pick import Choice, Delivery, Pick
from slabrace.runtime.replaying import describe, replay
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.strategies.recorder import Recorder
from slabrace.runtime.trace import Trace
from slabrace.runtime.world import World


class Add(Message, frozen=True, gc=False):
    amount: int


class Sub(Message, frozen=True, gc=False):
    amount: int


class Counter(Actor):
    value = 0
    limit = 10**9

    @handles(Add)
    def add(self, message: Add) -> int:
        self.value += message.amount
        if self.value > self.limit:
            raise Violation("limit", f"{self.value} is over {self.limit}", [self.name])
        return self.value


class User(Actor):
    def __init__(self, counter: Actor, rounds: int, options: int = 3, nap: int = 0) -> None:
        self.counter = counter
        self.rounds = rounds
        self.options = options
        self.nap = nap

    async def run(self) -> None:
        for _ in range(self.rounds):
            amount = self.choose("amount", self.options)
            self.note("added", value=await self.ask(self.counter, Add(amount)))
            if self.nap:
                await self.sleep(self.nap)


def world(users: int = 3, *, limit: int = 10**9, **settings: Any) -> World:
    made = World()
    counter = made.add(Counter(), "counter")
    counter.limit = limit
    made.spawn(*(User(counter, **{"rounds": 4, **settings}) for _ in range(users)))
    return made


Built = Callable[[], World]


def recorded(build: Built, seed: int = 1, **options: Any) -> tuple[Schedule, Outcome, Trace]:
    fresh = build()
    trace = Trace(fresh)
    recorder = Recorder(RandomWalk(seed))
    recorder.begin(fresh)
    outcome = Engine(fresh, recorder, tell=trace.tell, **options).run()
    return Schedule("s", {}, recorder.picks, "random", end=outcome.end), outcome, trace


@pytest.mark.parametrize("build", [world, lambda: world(nap=7_000)], ids=["busy", "napping"])
def test_a_replay_is_the_run_itself(build: Built) -> None:
    for seed in range(50):
        schedule, outcome, trace = recorded(build, seed)
        again = build()
        replayed = Trace(again)
        assert replay(again, Schedule.parse(schedule.token()), tell=replayed.tell) == outcome
        assert replayed.lines() == trace.lines()
        assert [each.time for each in replayed.steps] == [each.time for each in trace.steps]


def test_the_described_picks_of_a_run_are_those_recorded_in_it() -> None:
    for seed in range(20):
        schedule, outcome, _ = recorded(world, seed)
        assert describe(world, outcome.picks) == schedule.picks


def test_a_violation_recurs_where_it_was() -> None:
    build: Built = lambda: world(limit=5)  # noqa: E731
    schedule, outcome, _ = recorded(build)
    assert outcome.end is End.VIOLATION
    again = replay(build(), schedule)
    assert (again.end, again.picks) == (outcome.end, outcome.picks)
    said = [str(each) for each in again.violations]
    assert said == [str(each) for each in outcome.violations]
    assert re.fullmatch(r"limit: [67] is over 5", said[0])
    assert describe(build, outcome.picks) == schedule.picks


def test_a_run_that_was_cut_off_is_cut_off_again() -> None:
    schedule, outcome, _ = recorded(world, max_steps=9)
    assert replay(world(), schedule) == outcome
    assert outcome.end is End.BOUND
    assert describe(world, outcome.picks) == schedule.picks


def test_a_run_that_was_interrupted_is_interrupted_again() -> None:
    schedule, _, _ = recorded(world)
    cut = Schedule("s", {}, schedule.picks[:7], "random", end=End.INTERRUPTED)
    outcome = replay(world(), cut)
    assert outcome.end is End.INTERRUPTED
    assert len(outcome.picks) == 7


def diverges(build: Built, picks: list[Pick], end: End = End.QUIET) -> Divergence:
    with pytest.raises(Divergence) as caught:
        replay(build(), Schedule("s", {}, picks, "m", end=end))
    return caught.value


ADD0 = Delivery("user0", "counter", "user0", "counter", "Add")
ADD1 = Delivery("user1", "counter", "user1", "counter", "Add")
PLAIN = Choice("amount", 0)


def one() -> World:
    return world(1, rounds=1)


def test_the_small_schedule_is_good() -> None:
    assert replay(one(), Schedule("s", {}, [PLAIN, ADD0], "m", end=End.QUIET)).end is End.QUIET


@pytest.mark.parametrize(
    ("picks", "at", "expected", "found"),
    [
        ([PLAIN, ADD1], 1, "Add from user1 to counter in lane user1/counter", "Add from user0"),
        ([PLAIN, Delivery("user0", "counter", "user0", "counter", "Sub")], 1, "Sub", "Add"),
        ([PLAIN, Delivery("user0", "counter", "user0", "other", "Add")], 1, "other", "Add"),
        ([PLAIN, Delivery("user0", "counter", "user9", "counter", "Add")], 1, "user9", "Add"),
        ([PLAIN, Delivery("user0", "x", "user0", "counter", "Add")], 1, "user0/x", "Add"),
        ([PLAIN, PLAIN], 1, "the choice amount = 0", "deliverable is Add"),
        ([ADD0], 0, "Add from user0", r"the choice amount of 0\.\.2"),
        ([Choice("size", 0)], 0, "the choice size = 0", "the choice amount"),
        ([Choice("amount", 3)], 0, "amount = 3", r"amount of 0\.\.2"),
        ([], 0, r"nothing more: it ends here \(quiet\)", "the choice amount"),
        ([PLAIN], 1, r"nothing more: it ends here \(quiet\)", "deliverable is Add from user0"),
        ([PLAIN, ADD0, ADD0], 2, "Add", "came to rest after pick 1: quiet; .* has 3 picks"),
    ],
    ids=lambda value: None if isinstance(value, int | str) else str(len(value)),
)
def test_what_no_longer_fits_is_a_divergence(
    picks: list[Pick], at: int, expected: str, found: str
) -> None:
    divergence = diverges(one, picks)
    assert divergence.pick == at
    text = str(divergence)
    assert text.startswith(f"replay diverged at pick {at}: the schedule expects ")
    assert re.search(f"expects .*{expected}.*found .*{found}", text)


def test_a_violation_that_does_not_recur_is_a_divergence() -> None:
    schedule, _, _ = recorded(lambda: world(limit=5))
    divergence = diverges(world, schedule.picks, End.VIOLATION)
    assert divergence.pick == len(schedule)
    assert "nothing more: it ends here (violation); found the choice amount" in str(divergence)


def test_a_run_that_ends_early_says_how() -> None:
    build: Built = lambda: world(limit=5)  # noqa: E731
    schedule, _, _ = recorded(build)
    one_more = [*schedule.picks, ADD0]
    divergence = diverges(build, one_more)
    told = rf"violation \(limit: \d is over 5\); the schedule has {len(one_more)} picks"
    assert re.search(told, str(divergence))


def test_only_some_of_many_deliverable_messages_are_listed() -> None:
    divergence = diverges(lambda: world(20, options=1), [*[PLAIN] * 20, Choice("x", 0)])
    assert str(divergence).count("in lane") == 8
    assert "and 12 more" in str(divergence)


def test_raw_picks_of_another_scenario_are_a_divergence() -> None:
    for raw, text in [([5], "lane number 5"), ([-1, 3], "lane number 3"), ([-9], "the value 8")]:
        strategy = RawReplay(raw)
        fresh = one()
        strategy.begin(fresh)
        with pytest.raises(Divergence, match=text):
            Engine(fresh, strategy).run()


def test_a_replay_says_what_it_follows() -> None:
    schedule, _, _ = recorded(world)
    fresh = world()
    replay(fresh, schedule)
    assert fresh.strategy.describe() == "replay of random"
