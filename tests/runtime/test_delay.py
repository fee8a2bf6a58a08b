"""Delay injection holds some messages back, and leaves a schedule like any other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import UsageError
from slabrace.runtime.message import Message
from slabrace.runtime.outcome import End
from slabrace.runtime.pick import Skip
from slabrace.runtime.replaying import describe, replay
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay, Span
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.recorder import Recorder
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.trace import Trace
from slabrace.runtime.world import World


class Add(Message, frozen=True, gc=False):
    amount: int


class Counter(Actor):
    def __init__(self) -> None:
        self.log: list[str] = []
        self.times: list[int] = []

    @handles(Add)
    def add(self, message: Add) -> None:
        self.log.append(self.sender.name)
        self.times.append(self.world.clock.now)


class User(Actor):
    def __init__(self, counter: Actor, rounds: int, nap: int = 0) -> None:
        self.counter = counter
        self.rounds = rounds
        self.nap = nap

    async def run(self) -> None:
        for _ in range(self.rounds):
            if self.nap:
                await self.sleep(self.nap)
            await self.ask(self.counter, Add(1))


def build(nap: int = 0, rounds: int = 4) -> World:
    world = World()
    counter = world.add(Counter(), "counter")
    for name in "abc":
        world.spawn(User(counter, rounds, nap), name=name)
    world.report = lambda: {"log": "".join(counter.log), "times": counter.times}
    return world


def log(*policies: str, nap: int = 0, rounds: int = 4) -> str:
    world = build(nap, rounds)
    strategy = Delayed(RoundRobin(), [Delay.parse(policy) for policy in policies])
    strategy.begin(world)
    assert Engine(world, strategy).run().end is End.QUIET
    found: str = world.report()["log"]
    return found


# -- reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("20", Span(20, 20, timed=False)),
        ("1..50", Span(1, 50, timed=False)),
        ("5us", Span(5_000, 5_000, timed=True)),
        ("3ms", Span(3_000_000, 3_000_000, timed=True)),
        ("10ns..2s", Span(10, 2_000_000_000, timed=True)),
        ("0..5us", Span(0, 5_000, timed=True)),
        ("exp:20us", Span(20_000, 20_000, timed=True, exponential=True)),
        ("exp:7", Span(7, 7, timed=False, exponential=True)),
    ],
    ids=str,
)
def test_reads_how_long(text: str, span: Span) -> None:
    assert Delay.parse(f"for={text}").span == span


def test_reads_pairs_separated_by_spaces_or_commas() -> None:
    spaced = Delay.parse("from=cpu* to=rcu message=GpEnd for=1..200 p=0.5")
    commas = Delay.parse("from=cpu*,to=rcu, message=GpEnd,for=1..200,p=0.5")
    assert (spaced.sender, spaced.addressee, spaced.message) == ("cpu*", "rcu", "GpEnd")
    assert (spaced.span, spaced.probability) == (commas.span, commas.probability)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "cannot read '' in the delay ''"),
        ("from=cpu*", "does not say for how long: add for=20 or for=5us"),
        ("form=a for=1", r"unknown key 'form'.*did you mean 'for' or 'from'\?"),
        ("for", r"cannot read 'for'.*expected key=value pairs"),
        ("for=", "expected key=value pairs"),
        ("for=soon", "cannot read for='soon': expected a number of picks"),
        ("for=5min", "ns, us, ms or s"),
        ("for=9..1", "the range is empty"),
        ("for=9us..1us", "the range is empty"),
        ("for=1..5us", "one end is a number of picks and the other a time"),
        ("for=exp:1..5", "a mean, not a range"),
        ("for=1 p=2", "cannot read p='2': expected a probability from 0 to 1"),
        ("for=1 p=often", "expected a probability"),
        ("for=1 for=2", "'for' stands twice"),
    ],
)
def test_what_cannot_be_read_is_explained(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        Delay.parse(text)


word = st.text("abc*?[]_/0", min_size=1, max_size=6)
spans = st.one_of(
    st.integers(0, 999).map(str),
    st.tuples(st.integers(0, 9), st.integers(10, 99)).map("{0[0]}..{0[1]}".format),
    st.tuples(st.sampled_from(["", "exp:"]), st.integers(1, 99)).map("{0[0]}{0[1]}us".format),
)


@given(word, word, word, spans, st.floats(0, 1))
def test_every_part_is_read_as_written(
    sender: str, to: str, message: str, span: str, probability: float
) -> None:
    text = f"to={to} p={probability} message={message} for={span} from={sender}"
    delay = Delay.parse(text)
    assert (delay.sender, delay.addressee, delay.message) == (sender, to, message)
    assert delay.probability == probability
    assert delay.span == Span.parse(span)
    assert Delay.parse(str(delay)) == delay


@given(st.text(max_size=30))
def test_any_other_text_is_a_usage_error(text: str) -> None:
    try:
        delay = Delay.parse(text)
    except UsageError:
        return
    assert Delay.parse(str(delay)) == delay


# -- holding ---------------------------------------------------------------------------------------


def test_without_a_policy_that_fits_nothing_changes() -> None:
    assert log() == log("from=x for=5") == log("message=Sub for=5") == "abcabcabcabc"


def test_a_held_message_lets_others_go_first() -> None:
    assert log("from=a for=2") == "bcabcbcabcaa"


def test_the_first_policy_that_fits_counts() -> None:
    assert log("from=a for=2", "from=* for=0") == log("from=a for=2")


def test_what_is_held_for_long_goes_when_nothing_else_is_left() -> None:
    assert log("from=a for=1000") == "bcbcbcbcaaaa"


def test_a_timed_hold_moves_the_clock_when_nothing_else_is_left() -> None:
    world = build(rounds=1)
    strategy = Delayed(RoundRobin(), [Delay.parse("from=a for=3ms")])
    strategy.begin(world)
    Engine(world, strategy).run()
    assert world.report()["log"] == "bca"
    assert world.report()["times"][-1] >= 3_000_000


def test_a_timer_that_runs_out_earlier_comes_first() -> None:
    assert log("from=a for=3ms", nap=50_000, rounds=2) == "bcbcaa"


def test_a_probability_holds_some() -> None:
    held = log("from=a for=1000 p=0.5")
    assert held not in (log(), log("from=a for=1000"))
    assert sorted(held) == sorted(log())
    assert log("from=a for=1000 p=0") == log()


POLICIES = [
    ["from=a for=3 p=0.5"],
    ["for=5us..3ms"],
    ["for=exp:20us p=0.3", "to=counter for=1..200"],
    ["message=Add for=7"],
    ["message=Timeout for=1ms"],
]


@pytest.mark.parametrize("policies", POLICIES, ids=str)
@pytest.mark.parametrize("nap", [0, 4_000], ids=["busy", "napping"])
def test_a_delayed_run_replays_without_the_policy(policies: list[str], nap: int) -> None:
    for seed in range(20):
        world = build(nap)
        trace = Trace(world)
        delays = [Delay.parse(policy) for policy in policies]
        recorder = Recorder(Delayed(RandomWalk(seed), delays, seed))
        recorder.begin(world)
        outcome = Engine(world, recorder, tell=trace.tell).run()
        assert outcome.end is End.QUIET
        assert describe(lambda: build(nap), outcome.picks) == recorder.picks
        schedule = Schedule("s", {}, recorder.picks, recorder.describe(), end=outcome.end)
        again = build(nap)
        replayed = Trace(again)
        assert replay(again, schedule, tell=replayed.tell) == outcome
        assert replayed.lines() == trace.lines()
        assert [step.time for step in replayed.steps] == [step.time for step in trace.steps]


def test_a_skip_of_the_clock_is_a_pick_by_name() -> None:
    world = build(rounds=1)
    recorder = Recorder(Delayed(RoundRobin(), [Delay.parse("for=1ms")]))
    recorder.begin(world)
    Engine(world, recorder).run()
    assert Skip(999_000) in recorder.picks


def test_the_same_seed_gives_the_same_delays() -> None:
    def picks(seed: int) -> list[int]:
        world = build()
        strategy = Delayed(RoundRobin(), [Delay.parse("for=1..9 p=0.5")], seed)
        strategy.begin(world)
        return Engine(world, strategy).run().picks

    assert picks(1) == picks(1)
    assert picks(1) != picks(2)


def test_it_describes_itself_as_typed() -> None:
    strategy = Delayed(RandomWalk(3), [Delay.parse("from=a  for=1"), Delay.parse("for=2us")])
    assert strategy.describe() == 'random --seed 3 --delay "from=a  for=1" --delay "for=2us"'
