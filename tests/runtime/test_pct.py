"""PCT: who has the highest priority goes, what work causes keeps it, and the bound holds."""

from collections import Counter
from collections.abc import Callable

import pytest
from tests.runtime.toys import Add, Cell, Chooser, Relay, Stepper, make, race, turn

from slabrace.runtime.actor import Actor
from slabrace.runtime.engine import Engine
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.strategies.fair import Fair
from slabrace.runtime.strategies.pct import PCT
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World

PERMUTATIONS = ("abc", "acb", "bac", "bca", "cab", "cba")
HOLD = Delay.parse("for=1..5 p=0.5")


def went(strategy: PCT, *steps: int) -> str:
    """Who went, as letters."""
    outcome = turn(strategy, race(*steps))
    assert outcome is not None
    return "".join("abcdefgh"[number] for number in outcome.picks)


def log(strategy: PCT, world: World) -> str:
    strategy.begin(world)
    outcome = Engine(world, strategy).run()
    strategy.end(outcome)
    found: str = world.report()["log"]
    return found


# -- priorities ------------------------------------------------------------------------------------


def test_without_a_point_the_actors_go_one_after_another_in_any_order() -> None:
    strategy = PCT(1, depth=1)
    runs = Counter(went(strategy, 3, 3, 3) for _ in range(600))
    assert sorted(runs) == sorted("".join(each * 3 for each in order) for order in PERMUTATIONS)
    assert min(runs.values()) > 60


def test_at_a_point_whoever_would_go_falls_behind_all_others() -> None:
    strategy = PCT(1, depth=2, length=4)
    for _ in range(50):
        world = make(race(4, 4))
        strategy.begin(world)
        (at,) = strategy.points
        outcome = Engine(world, strategy).run()
        strategy.end(outcome)
        first = outcome.picks[0] if at > 1 else 1 - outcome.picks[0]
        assert outcome.picks == [first] * (at - 1) + [1 - first] * 4 + [first] * (5 - at)


def test_points_lie_within_the_run() -> None:
    strategy = PCT(3, depth=4, length=7)
    seen = set()
    for _ in range(200):
        world = make(race(1))
        strategy.begin(world)
        world.discard()
        seen |= set(strategy.points)
        assert set(strategy.points.values()) <= {-3, -2, -1}
    assert seen == set(range(1, 8))


# -- chains ----------------------------------------------------------------------------------------


class Poster(Stepper):
    """Sends without waiting."""

    async def run(self) -> None:
        for number in range(self.steps):
            self.send(self.cell, Add(number))


def relayed(world: World) -> None:
    """Each of a, b sends twice through a relay to a cell: relays send in lanes of their own."""
    cell = world.add(Cell(), "cell")
    relay = world.add(Relay(cell), "relay")
    world.spawn(Poster(relay, 2), name="a")
    world.spawn(Poster(relay, 2), name="b")
    world.report = lambda: {"log": " ".join(relay.log), "picks": world.picks}


def test_what_a_passive_actor_sends_belongs_to_the_work_that_caused_it() -> None:
    """So whoever is preferred is done, relay and all, before the other begins."""
    strategy = PCT(1, depth=1)
    seen: Counter[str] = Counter()
    for _ in range(100):
        world = make(relayed)
        log(strategy, world)
        assert world.picks[:4].count(2) == 2, "two posts, and both passed on in the relay's lane"
        seen[world.report()["log"]] += 1
    assert set(seen) == {"a0 a1 b0 b1", "b0 b1 a0 a1"}
    assert min(seen.values()) > 30


def test_work_whose_messages_are_under_way_side_by_side_has_several_chains() -> None:
    strategy = PCT(1, depth=1)
    for _ in range(20):
        log(strategy, make(relayed))
    assert len(strategy.works) == 2
    assert {len(work.chains) for work in strategy.works.values()} <= {1, 2}
    assert strategy.width == 4


def test_an_actor_that_awaits_is_one_chain_however_many_it_asks() -> None:
    class Visitor(Actor):
        def __init__(self, cells: list[Cell]) -> None:
            self.cells = cells

        async def run(self) -> None:
            for _ in range(2):
                for cell in self.cells:
                    await self.ask(cell, Add(0))

    def populate(world: World) -> None:
        cells = [world.add(Cell()) for _ in range(3)]
        world.spawn(Visitor(cells), Visitor(cells))

    strategy = PCT(1)
    for _ in range(50):
        turn(strategy, populate)
    assert strategy.width == 2


@pytest.mark.parametrize(
    "wrap", [lambda s: Fair(s, 3), lambda s: Delayed(s, [HOLD], 1)], ids=["fair", "delayed"]
)
def test_it_follows_whatever_a_wrapper_makes_of_its_picks(
    wrap: Callable[[Strategy], Strategy],
) -> None:
    strategy = PCT(1, depth=3)
    for _ in range(50):
        assert turn(wrap(strategy), relayed) is not None
        left = [chain.pending for work in strategy.works.values() for chain in work.chains]
        assert sum(left) == 1, "after the last delivery nobody asks any more"


# -- the bound -------------------------------------------------------------------------------------


def hits(depth: int, runs: int, seed: int) -> tuple[int, float]:
    """How often b's step 2 falls between a's steps 3 and 4 (depth 2), with c and d about."""
    strategy = PCT(seed, depth=depth, length=20)
    hit = 0
    for _ in range(runs):
        world = make(race(5, 5, 5, 5))
        happened = log(strategy, world).split()
        where = [happened.index(step) for step in ("a3", "b2", "a4")]
        hit += where == sorted(where)
    return hit, strategy.chance(20)


@pytest.mark.parametrize("depth", [2, 3])
def test_a_bug_of_depth_two_is_hit_as_often_as_promised(depth: int) -> None:
    runs = 2_000
    hit, chance = hits(depth, runs, seed=11)
    assert chance == pytest.approx(1 / (4 * 20 ** (depth - 1)))
    assert hit >= 0.8 * runs * chance


def test_a_bug_of_depth_one_is_hit_as_often_as_promised() -> None:
    """That all of c comes last needs c to have the lowest priority: one in n, no more, no less."""
    strategy = PCT(2, depth=1)
    last = Counter(went(strategy, 2, 2, 2, 2)[-1] for _ in range(4_000))
    assert all(850 < last[each] < 1_150 for each in "abcd")


def test_the_chance_of_missing_is_stated_for_what_was_measured() -> None:
    strategy = PCT(1, depth=2)
    for _ in range(21):
        turn(strategy, race(5, 5))
    assert (strategy.width, strategy.length.now) == (2, 10)
    missed = (1 - 1 / 20) ** 20 * (1 - 1 / 128)  # the first run took a run to have 64
    assert strategy.trust().how == "sampled"
    assert strategy.trust().why == (
        f"chance of missing a depth-2 bug <= {missed + 0.005:.2f}; per run it is hit with at least "
        "1 in 20: n = 2 chains, k = 10 deliveries"
    )


def test_runs_longer_than_expected_promise_nothing() -> None:
    strategy = PCT(1, depth=2, length=5)
    for _ in range(1_000):
        turn(strategy, race(5, 5))
    assert strategy.trust().why.startswith("chance of missing a depth-2 bug <= 1;")


def test_data_choices_divide_the_bound() -> None:
    def populate(world: World) -> None:
        world.spawn(Chooser(2, 3))

    strategy = PCT(1, depth=1)
    turn(strategy, populate)
    assert strategy.chance(64) == 1 / 6
    assert "6 ways to choose" in strategy.trust().why


# -- runs ------------------------------------------------------------------------------------------


def test_a_run_can_be_made_alone_with_the_length_it_had() -> None:
    strategy = PCT(5)
    runs = [went(strategy, 4, 4, 4) for _ in range(9)]
    assert went(PCT(5, first=8, length=12), 4, 4, 4) == runs[8]


def test_it_describes_itself_as_typed() -> None:
    assert PCT(3).describe() == "pct --depth 3 --seed 3"
    assert PCT(3, depth=2, length=8).describe() == "pct --depth 2 --length 8 --seed 3"
