"""The search misses no outcome that a plain one within the same bound sees."""

import pytest
from tests.runtime.failing import Build, lost_update, seen_halfway, unlucky
from tests.runtime.test_liveness import hopeless
from tests.runtime.toys import Chooser, make

from slabrace.runtime.engine import Engine
from slabrace.runtime.outcome import End
from slabrace.runtime.strategies.dfs import DFS
from slabrace.runtime.strategies.few_preemptions import FewPreemptions
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.world import World

TOYS: dict[str, Build] = {
    "lost update": lost_update(3),
    "several rounds": lost_update(2, rounds=2, bystanders=1),
    "seen halfway": seen_halfway(3, bystanders=1),
    "unlucky": unlucky,
}


def endings(build: Build, strategy: Strategy) -> tuple[set[str], int]:
    """How runs end, in words, and how many runs it took."""
    seen = set()
    runs = 0
    while strategy.begin(world := build()):
        outcome = Engine(world, strategy).run()
        strategy.end(outcome)
        runs += 1
        if outcome.end is not End.REDUNDANT:
            seen.add(str(outcome.violations))
    world.discard()
    return seen, runs


@pytest.mark.parametrize("most", [0, 1, 2])
@pytest.mark.parametrize("build", TOYS.values(), ids=list(TOYS))
def test_it_sees_all_endings_in_no_more_runs_than_a_plain_search(build: Build, most: int) -> None:
    plain, runs = endings(build, DFS(preemptions=most))
    seen, fewer = endings(build, FewPreemptions(most))
    assert seen == plain
    assert fewer <= runs


def test_what_commutes_is_not_searched_in_both_orders() -> None:
    build = lost_update(2, bystanders=4)
    _, runs = endings(build, DFS(preemptions=0))
    _, fewer = endings(build, FewPreemptions(0))
    assert runs == 6 * 5 * 4 * 3 * 2
    assert 3 * fewer < runs


def test_every_value_is_a_branch() -> None:
    def build() -> World:
        return make(populate)

    def populate(world: World) -> None:
        world.spawn(Chooser(2, 3))

    assert endings(build, FewPreemptions(0))[1] == 6


def test_a_lane_that_goes_round_with_no_preemption_left_is_cut_off() -> None:
    search = FewPreemptions(0)
    made = []
    while search.begin(world := hopeless()):
        outcome = Engine(world, search).run()
        search.end(outcome)
        made.append((outcome.end, len(outcome.picks) < 10))
    world.discard()
    assert set(made) == {(End.BOUND, True)}
