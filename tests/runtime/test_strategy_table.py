"""What a person types makes the strategy that was meant, or an error that helps."""

import re

import pytest
from tests.runtime.toys import race, search, turn

from slabrace.runtime.errors import UsageError
from slabrace.runtime.strategies.delay_bounded import DelayBounded, DelaySampled
from slabrace.runtime.strategies.pct import PCT
from slabrace.runtime.strategy import Strategy
from slabrace.runtime.strategy_table import STRATEGIES, Options, build


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_keeps_the_protocol_and_can_be_seeded(name: str) -> None:
    strategy = build(name, Options(seed=3))
    assert isinstance(strategy, Strategy)
    assert turn(strategy, race(3, 3)) is not None
    assert strategy.describe().startswith(name)


@pytest.mark.parametrize("name", [name for name in STRATEGIES if "first" in STRATEGIES[name].takes])
def test_a_run_can_be_made_alone(name: str) -> None:
    length = 12 if "length" in STRATEGIES[name].takes else None
    sampled = name == "delay"
    whole = search(build(name, Options(2, length=length, sampled=sampled)), race(4, 4, 4), most=6)
    alone = build(name, Options(2, first=5, length=length, sampled=sampled))
    assert search(alone, race(4, 4, 4), most=1) == whole[5:]


def test_options_arrive() -> None:
    pct = build("pct", Options(depth=2, length=40))
    assert isinstance(pct, PCT)
    assert (pct.depth, pct.length.now) == (2, 40)
    assert isinstance(build("delay", Options(delays=0)), DelayBounded)
    assert isinstance(build("delay", Options(sampled=True)), DelaySampled)
    bounds = Options(preemptions=0, delays=1, steps=9)
    assert build("dfs", bounds).describe() == "dfs --preemptions 0 --delays 1 --steps 9"


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("pcd", Options(), "unknown strategy 'pcd'; did you mean 'pct'?"),
        ("pct", Options(depth=0), "depth is 0; it must be at least 1"),
        ("dfs", Options(preemptions=-1), "preemptions is -1; it must be at least 0"),
        ("dfs", Options(steps=0), "steps is 0; it must be at least 1"),
        ("random", Options(first=-1), "first is -1; it must be at least 0"),
        ("random", Options(depth=3), "random takes no depth; it takes seed, first. Taken by: pct"),
        ("dfs", Options(first=3), "dfs takes no first; it takes seed, preemptions, delays, steps."),
        ("delay", Options(first=3), "delay without --sampled takes no first; it takes seed, del"),
        ("delay", Options(steps=3, sampled=True), "delay --sampled takes no steps"),
        (
            "pos",
            Options(preemptions=2),
            "pos takes no preemptions; it takes seed, first. Taken by: ",
        ),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_explained(name: str, options: Options, complaint: str) -> None:
    with pytest.raises(UsageError, match=re.escape(complaint)):
        build(name, options)
