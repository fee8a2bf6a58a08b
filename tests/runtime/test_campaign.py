"""A campaign makes runs and says what they amount to."""

from pathlib import Path
from typing import Any

import pytest

from slabrace.runtime import campaign
from slabrace.runtime.errors import MachineError, UsageError
from slabrace.runtime.outcome import Outcome
from slabrace.runtime.replaying import replay
from slabrace.runtime.scenario import ALWAYS, NEVER, SOMETIMES, Scenario, scenario
from slabrace.runtime.world import World
from slabrace.scenarios.scripts import from_path

script = from_path(Path(__file__).parents[1] / "data" / "lost_update.py")
lost_update: Scenario = script.lost_update


def test_the_same_seed_gives_the_same_result() -> None:
    one, two = (campaign.run(lost_update, seed=4) for _ in range(2))
    assert one.positive == two.positive
    assert [each.picks for each in one.found.values()] == [e.picks for e in two.found.values()]


def test_another_seed_gives_other_runs() -> None:
    counts = {campaign.run(lost_update, seed=seed).positive for seed in range(5)}
    assert len(counts) > 1


def test_a_run_can_be_made_again_alone() -> None:
    whole = campaign.run(lost_update, runs=20)
    (found,) = whole.found.values()
    alone = campaign.run(lost_update, first=found.run, runs=1)
    (again,) = alone.found.values()
    assert (again.run, again.picks) == (found.run, found.picks)


def test_a_delayed_run_can_be_made_again_alone() -> None:
    delays = ["message=Load for=1..5 p=0.5"]
    whole = campaign.run(lost_update, {"writers": 4}, runs=20, delays=delays)
    (found,) = whole.found.values()
    alone = campaign.run(lost_update, {"writers": 4}, first=found.run, runs=1, delays=delays)
    (again,) = alone.found.values()
    assert again.picks == found.picks


def test_violations_are_counted_by_signature_and_told_by_the_shortest_run() -> None:
    result = campaign.run(lost_update, {"writers": 3})
    (found,) = result.found.values()
    assert found.signature == "no_update_lost:counter"
    assert found.count == result.positive > 1
    assert len(found.picks) == 6


def test_the_schedule_of_a_violation_replays_to_it() -> None:
    result = campaign.run(lost_update)
    (found,) = result.found.values()
    assert found.schedule is not None
    outcome = replay(lost_update.build(), found.schedule)
    assert [each.signature for each in outcome.violations] == [found.signature]


@pytest.mark.parametrize(
    ("name", "observed", "held"),
    [
        ("lost_update", SOMETIMES, True),
        ("kept_update", NEVER, True),
        ("wrong_claim", SOMETIMES, False),
        ("one_too_few", ALWAYS, True),
    ],
)
def test_the_verdict_is_held_against_what_was_observed(
    name: str, observed: object, held: bool
) -> None:
    result = campaign.run(getattr(script, name))
    assert (result.observed, result.held, result.how) == (observed, held, "sampled")


def test_sometimes_is_held_by_runs_that_all_fail() -> None:
    result = campaign.run(lost_update, strategy="round_robin")
    assert (result.observed, result.held) == (ALWAYS, True)


def test_sometimes_is_not_held_by_a_violation_of_another_law() -> None:
    def add(world: World) -> None:
        world.judge(script.Suspicious())

    result = campaign.run(lost_update, furnish=[add])
    assert {each.law for each in result.found.values()} == {"suspicion"}
    assert not result.held


def test_a_strategy_that_draws_nothing_makes_one_run_and_is_bounded() -> None:
    result = campaign.run(script.kept_update, strategy="round_robin")
    assert (result.runs, result.how, result.held) == (1, "bounded", True)


def test_a_run_that_reaches_the_bound_is_no_success() -> None:
    result = campaign.run(script.endless, max_steps=50)
    assert (result.runs, result.bound, result.negative) == (1, 1, 0)
    assert (result.how, result.held) == ("inconclusive", False)


class Interrupting:
    """A Progress that behaves like Ctrl-C at the given run."""

    def __init__(self, at: int) -> None:
        self.at = at

    def begin(self, number: int, runs: int, world: World) -> None:
        if number == self.at:
            raise KeyboardInterrupt

    def end(self, outcome: Outcome) -> None:
        pass


def test_an_interrupted_campaign_keeps_what_it_has() -> None:
    result = campaign.run(lost_update, runs=20, progress=Interrupting(10))
    assert result.interrupted
    assert result.runs == 10
    assert result.positive > 0


def test_an_interrupted_campaign_that_found_nothing_is_inconclusive() -> None:
    result = campaign.run(script.kept_update, runs=20, progress=Interrupting(10))
    assert (result.how, result.held) == ("inconclusive", False)


def test_stats_are_the_report_of_the_last_run() -> None:
    assert campaign.run(script.kept_update, {"writers": 5}).stats == {"value": 5}


def test_what_draws_from_elsewhere_is_told_that_it_cannot_be_repeated() -> None:
    worlds: list[World] = []

    @scenario(verdict=SOMETIMES)
    def moody(world: World) -> None:
        """Be different each time."""
        worlds.append(world)
        script.populate(world, 2 + len(worlds), atomic=False)

    with pytest.raises(MachineError, match="cannot be repeated"):
        campaign.run(moody, strategy="round_robin")


@pytest.mark.parametrize("host", ["trio", "asyncio"])
def test_what_a_live_host_finds_the_engine_replays(host: str) -> None:
    result = campaign.run(lost_update, host=host, runs=20, jitter=0.0001)
    assert result.held
    (found,) = result.found.values()
    assert found.schedule is not None
    outcome = replay(lost_update.build(), found.schedule)
    assert [each.signature for each in outcome.violations] == [found.signature]


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"host": "engin"}, "unknown host 'engin'; did you mean 'engine'?"),
        ({"strategy": "randon"}, "unknown strategy 'randon'; did you mean 'random'"),
        ({"delays": ["message=Load"]}, "does not say for how long"),
    ],
)
def test_an_option_that_is_unknown_is_named(option: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as raised:
        campaign.run(lost_update, **option)
    assert told in str(raised.value)
