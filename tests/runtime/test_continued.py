"""A schedule is followed past small edits, or says where it parted; then others pick."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.failing import Build, Get, Program, Put, Var, fails, lost_update

from slabrace.runtime.engine import Engine
from slabrace.runtime.mailbox import Lane
from slabrace.runtime.message import Message
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.pick import Delivery, Pick
from slabrace.runtime.replaying import describe
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.continued import Continued
from slabrace.runtime.strategies.dfs import DFS
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.runtime.strategies.wrapper import Wrapper
from slabrace.runtime.world import World

LOOK, SET, UP = Get(), Put(1), Put(2)


class Runner(Program):
    def __init__(self, *steps: tuple[Var, Message], dice: int = 0) -> None:
        super().__init__()
        self.steps = steps
        self.dice = dice

    async def run(self) -> None:
        for variable, message in self.steps:
            for number in range(self.dice):
                self.choose(f"dice {number}", 6)
            await self.do(variable, message)


def programs(a: str, b: str, dice: int = 0) -> Build:
    """Two runners; ``x`` reads x, ``X`` writes it, ``y`` and ``Y`` the same with y."""

    def build() -> World:
        world = World()
        variables = {name: world.add(Var(), name) for name in "xyz"}
        for name, text in (("a", a), ("b", b)):
            steps = [(variables[e.lower()], SET if e.isupper() else LOOK) for e in text]
            world.spawn(Runner(*steps, dice=dice), name=name)
        return world

    return build


class Last(Wrapper):
    """Counts what it was asked."""

    def __init__(self) -> None:
        super().__init__(RoundRobin())
        self.asked = 0

    def pick(self, ready: Sequence[Lane], /) -> int:
        self.asked += 1
        return super().pick(ready)


def recorded(build: Build, order: str) -> Schedule:
    """The run in which these lanes have a delivery each."""
    picks: list[int] = []
    world = build()

    class Told(RoundRobin):
        def pick(self, ready: Sequence[Lane], /) -> int:
            owner = order[world.deliveries]
            return next(i for i, lane in enumerate(ready) if lane.owner.label == owner)

    outcome = Engine(world, Told()).run()
    picks = outcome.picks
    return Schedule("toy", {}, describe(build, picks), "test", end=End.QUIET)


def go_on(schedule: Schedule, build: Build) -> tuple[Continued, Last, str]:
    then = Last()
    strategy = Continued(schedule, then)
    world = build()
    strategy.begin(world)
    outcome = Engine(world, strategy).run()
    strategy.end(outcome)
    order = "".join(world.lanes[each].owner.label for each in outcome.picks if each >= 0)
    return strategy, then, order


def numbers(picks: Sequence[tuple[int, Pick]]) -> list[int]:
    return [number for number, _ in picks]


def test_where_nothing_changed_it_is_a_replay() -> None:
    build = programs("xXy", "Yx")
    strategy, then, order = go_on(recorded(build, "abaab"), build)
    assert order == "abaab"
    assert (strategy.parted, strategy.missing, strategy.new) == (None, [], [])
    assert strategy.followed == 5
    assert then.asked == 0


@given(st.integers(0, 300))
def test_an_unchanged_run_is_followed_to_its_violation(seed: int) -> None:
    build = lost_update(3, bystanders=1)
    failed = fails(build, seed)
    schedule = Schedule("toy", {}, describe(build, failed.picks), "test", end=failed.end)
    strategy = Continued(schedule, RoundRobin())
    world = build()
    strategy.begin(world)
    outcome: Outcome = Engine(world, strategy).run()
    assert outcome.picks == failed.picks
    assert strategy.parted is None


def test_a_delivery_that_was_added_is_let_through() -> None:
    schedule = recorded(programs("xY", "Xy"), "abba")
    strategy, then, order = go_on(schedule, programs("xzY", "Xy"))
    assert order == "abbaa"
    assert [str(pick) for pick in strategy.new] == ["Get from a to z in lane a"]
    assert (strategy.parted, strategy.followed, then.asked) == (None, 4, 0)


def test_a_delivery_that_was_removed_is_missing() -> None:
    schedule = recorded(programs("xzY", "Xy"), "abbaa")
    strategy, _, order = go_on(schedule, programs("xY", "Xy"))
    assert order == "abba"
    assert numbers(strategy.missing) == [3]
    assert (strategy.parted, strategy.followed) == (None, 4)


def test_what_an_actor_that_is_gone_did_is_missing() -> None:
    schedule = recorded(programs("xX", "yY"), "abab")
    strategy, _, order = go_on(schedule, programs("xX", ""))
    assert order == "aa"
    assert numbers(strategy.missing) == [1, 3]


def test_it_parts_where_it_cannot_be_told_which_one_it_is() -> None:
    schedule = recorded(programs("zxyx", "Y"), "abaaa")
    strategy, then, _ = go_on(schedule, programs("xyx", "Y"))
    assert strategy.parted is not None
    assert strategy.parted.pick == 0
    assert "the schedule expects Get from a to z in lane a" in str(strategy.parted)
    assert "found that deliverable is Get from a to x in lane a" in str(strategy.parted)
    assert then.asked == 4


def test_it_parts_where_it_ends_and_the_run_does_not() -> None:
    schedule = recorded(programs("x", "Y"), "ab")
    strategy, then, order = go_on(schedule, programs("xy", "Y"))
    assert order == "aba"
    assert strategy.parted is not None
    assert strategy.parted.pick == 2
    assert "nothing more: it ends here" in str(strategy.parted)
    assert then.asked == 1


def test_it_parts_where_all_that_it_has_is_missing() -> None:
    schedule = recorded(programs("xX", ""), "aa")
    strategy, then, order = go_on(schedule, programs("", "Yy"))
    assert order == "bb"
    assert strategy.parted is not None
    assert strategy.parted.pick == 0
    assert (strategy.missing, then.asked) == ([], 2)


def test_choices_are_followed_by_label_and_new_ones_are_plain() -> None:
    before, after = programs("x", "", dice=1), programs("x", "", dice=2)
    strategy, _, _ = go_on(recorded(before, "a"), after)
    assert [str(pick) for pick in strategy.new] == ["the choice dice 1 = 0"]
    strategy, _, _ = go_on(recorded(after, "a"), before)
    assert numbers(strategy.missing) == [1]


def test_what_the_run_did_not_come_to_is_missing() -> None:
    schedule = recorded(programs("xX", "yY"), "abab")
    build = programs("xX", "yY")
    strategy = Continued(schedule, RoundRobin())
    world = build()
    strategy.begin(world)
    strategy.end(Engine(world, strategy, max_steps=2).run())
    assert numbers(strategy.missing) == [2, 3]


def test_a_search_goes_through_all_that_may_follow() -> None:
    before, after = programs("xX", ""), programs("xX", "YY")
    schedule = recorded(before, "aa")
    strategy = Continued(schedule, DFS())
    seen = set()
    while strategy.begin(world := after()):
        strategy.end(Engine(world, strategy).run())
        seen.add("".join(world.lanes[each].owner.label for each in world.picks))
    world.discard()
    assert seen == {"aabb"}


def test_it_says_who_is_followed_and_who_goes_on() -> None:
    schedule = recorded(programs("x", ""), "a")
    assert Continued(schedule, RoundRobin()).describe() == (
        "replay of test, continued with round_robin"
    )
    assert isinstance(schedule.picks[0], Delivery)
