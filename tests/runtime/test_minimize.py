"""A failing run becomes the smallest that breaks the same law, and stays that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.failing import (
    Build,
    Incrementer,
    Total,
    Var,
    fails,
    idle,
    lost_update,
    seen_halfway,
    unlucky,
)
from tests.runtime.test_liveness import hopeless, turn

from slabrace.runtime.course import course_of
from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import UsageError, Violation
from slabrace.runtime.minimize import Minimized, again, breaks, minimize
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.pick import Arrival, Choice
from slabrace.runtime.replaying import describe, replay
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.delay import Delayed
from slabrace.runtime.strategies.delay_policy import Delay
from slabrace.runtime.strategies.dfs import DFS
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.runtime.strategies.raw_replay import RawReplay
from slabrace.runtime.world import World

TOYS: dict[str, Build] = {
    "lost update": lost_update(),
    "lost update of three": lost_update(3),
    "lost update among bystanders": lost_update(bystanders=2),
    "seen halfway": seen_halfway(),
    "seen halfway among bystanders": seen_halfway(3, bystanders=1),
}
TOY = pytest.mark.parametrize("build", TOYS.values(), ids=list(TOYS))


def least_preemptions(build: Build) -> int:
    """By brute force: every run within a bound, the bound being raised."""
    for most in range(4):
        search = DFS(preemptions=most)
        while search.begin(world := build()):
            outcome = Engine(world, search).run()
            search.end(outcome)
            if outcome.violations:
                return most
        world.discard()
    raise AssertionError("not found")


@TOY
@given(seed=st.integers(0, 500))
def test_it_breaks_the_same_law_in_no_more_preemptions_and_is_stable(
    build: Build, seed: int
) -> None:
    failed = fails(build, seed)
    small = minimize(build, failed.picks)
    assert [each.signature for each in small.outcome.violations] == [small.signature]
    assert (small.preemptions, small.deliveries) <= small.before
    assert small.exact
    once_more = minimize(build, small.picks)
    assert once_more.picks == small.picks
    assert once_more.before == (small.preemptions, small.deliveries)


SMALL = ["lost update", "lost update of three", "seen halfway"]


@pytest.mark.parametrize("build", [TOYS[name] for name in SMALL], ids=SMALL)
def test_no_run_has_fewer_preemptions(build: Build) -> None:
    small = minimize(build, fails(build).picks)
    assert small.exact
    assert small.preemptions == least_preemptions(build) == 1


def test_who_has_nothing_to_do_with_it_does_not_get_a_turn() -> None:
    build = seen_halfway(3, bystanders=2)
    small = minimize(build, fails(build).picks)
    assert small.deliveries == 3
    assert {pick.owner for pick in small.described} == {"publisher", "reader"}  # type: ignore[union-attr]  # all are deliveries


def test_values_that_do_not_matter_are_0_and_others_as_small_as_they_can_be() -> None:
    small = minimize(unlucky, fails(unlucky).picks)
    chosen = [pick for pick in small.described if isinstance(pick, Choice)]
    assert [(each.label, each.value) for each in chosen] == [
        ("dice", 0), ("dice", 3), ("dice", 0), ("coin", 1),
    ]  # fmt: skip


def test_a_schedule_is_taken_as_well_and_must_fit() -> None:
    build = lost_update()
    failed = fails(build)
    schedule = Schedule("toy", {}, describe(build, failed.picks), "test", end=End.VIOLATION)
    assert minimize(build, schedule).picks == minimize(build, failed.picks).picks


def test_the_result_replays_by_its_raw_picks_and_by_name() -> None:
    build = seen_halfway()
    small = minimize(build, fails(build).picks)
    world = build()
    strategy = RawReplay(small.picks)
    strategy.begin(world)
    assert breaks(Engine(world, strategy).run(), small.signature)
    schedule = Schedule("toy", {}, small.described, "test", end=End.VIOLATION)
    assert breaks(replay(build(), schedule), small.signature)


def test_a_run_that_breaks_nothing_cannot_be_minimised() -> None:
    with pytest.raises(UsageError, match="expected a run that breaks a law"):
        minimize(idle, [0, 0])


def test_a_run_that_breaks_another_law_cannot_be_minimised() -> None:
    build = lost_update()
    with pytest.raises(UsageError, match="expected a run that breaks another"):
        minimize(build, fails(build).picks, "another")


def test_what_came_from_outside_cannot_be_put_in_another_order() -> None:
    with pytest.raises(UsageError, match="cannot be edited"):
        course_of([Arrival("someone", 0)])


@pytest.mark.parametrize(
    ("signature", "same"),
    [("law", True), ("law:a:b", True), ("law:a:b [x < y]", True), ("law:a", False)],
)
def test_a_law_is_named_alone_or_with_its_parties(signature: str, *, same: bool) -> None:
    outcome = Outcome(End.VIOLATION, [], 0, [Violation("law", "", ["a", "b"])])
    assert breaks(outcome, signature) is same


def test_a_budget_that_ran_out_proves_nothing() -> None:
    build = lost_update(3, rounds=2, bystanders=2)
    small = minimize(build, fails(build).picks, budget=3)
    assert small.runs <= 4
    assert not small.exact


def counted(build: Build) -> tuple[Build, list[list[int]]]:
    """``build``, and the picks of every run that is made of its worlds."""
    runs: list[list[int]] = []

    def counting() -> World:
        world = build()
        runs.append(world.picks)
        return world

    return counting, runs


@pytest.mark.parametrize("seed", range(3))
def test_a_lasso_is_made_small_in_runs_that_are_no_longer_than_it_takes_to_see_them_go_round(
    seed: int,
) -> None:
    failed = turn(hopeless(), RandomWalk(seed))
    build, runs = counted(hopeless)
    small = minimize(build, failed.picks)
    assert (small.preemptions, small.deliveries) <= small.before
    assert breaks(turn(hopeless(), RawReplay(small.picks)), small.signature)
    assert max(map(len, runs[:-2])) < 100, "one lane went straight on for ever"
    assert minimize(build, small.picks).picks == small.picks


def test_no_run_that_is_made_is_longer_than_the_scenario_allows() -> None:
    failed = turn(hopeless(), RandomWalk(0))
    build, runs = counted(hopeless)
    minimize(build, failed.picks, max_steps=len(failed.picks) + 3)
    assert max(map(len, runs)) <= len(failed.picks) + 3


def test_nor_one_that_is_made_to_find_it_again() -> None:
    known = minimize(hopeless, turn(hopeless(), RandomWalk(0)).picks)
    build, runs = counted(hopeless)
    assert again(build, known, max_steps=3) is None
    assert max(map(len, runs)) == 3


class Late(Incrementer):
    async def run(self) -> None:
        await self.sleep(50_000)
        await super().run()


def with_a_timer() -> World:
    """The update can be lost only if the timer runs out early, or everybody else is slow."""
    world = World()
    x = world.add(Var(), "x")
    world.spawn(Incrementer(x, rounds=1), name="w0")
    world.spawn(Late(x, rounds=1), name="w1")
    world.judge(Total(x, 2))
    return world


def test_a_run_in_which_a_timer_ran_out_early_can_be_minimised() -> None:
    search = DFS()
    failed = None
    while failed is None and search.begin(world := with_a_timer()):
        outcome = Engine(world, search).run()
        search.end(outcome)
        failed = outcome if outcome.violations else None
    assert failed is not None
    small = minimize(with_a_timer, failed.picks)
    assert (small.preemptions, small.deliveries, small.exact) == (1, 5, True)
    assert minimize(with_a_timer, small.picks).picks == small.picks


def test_a_run_in_which_time_was_skipped_can_be_minimised() -> None:
    held = Delayed(RandomWalk(0), [Delay.parse("from=w0 message=Put for=1ms")])
    held.begin(world := with_a_timer())
    small = minimize(with_a_timer, Engine(world, held).run().picks)
    assert (small.preemptions, small.deliveries) == (1, 5)


def small_of(build: Build) -> Minimized:
    return minimize(build, fails(build).picks)


def test_a_known_run_is_found_again_in_another_world() -> None:
    known = small_of(lost_update(3))
    found = again(lost_update(2), known)
    assert found is not None
    assert (found.preemptions, found.deliveries) == (1, 4)


def test_what_no_turns_lead_to_is_searched_for() -> None:
    known = small_of(lost_update(2))
    renamed = lost_update(2)

    def build() -> World:
        world = renamed()
        for task in world.tasks:
            task.actor.label = f"other {task.actor.label}"
        return world

    found = again(build, known)
    assert found is not None
    assert found.preemptions == 1


def test_what_is_not_there_is_not_found() -> None:
    assert again(idle, small_of(lost_update())) is None
