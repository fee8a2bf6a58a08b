"""What random walks come upon, an exhausted search has seen: its traces, and the laws it breaks.

On every scenario that can be exhausted in little time. A walk that ends by breaking a law is cut
off there, so its trace need not be one of the search; the law must be.

Under weak memory only what the messages touch is compared: what a store buffer decides by is told
with more touches than there are decisions, and which of them a walk meets says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.quality.orders import Orders
from tests.quality.test_commuting import LARGE, walk

from slabrace.runtime.engine import Engine
from slabrace.runtime.errors import Overdue
from slabrace.runtime.outcome import End, Outcome
from slabrace.runtime.scenario import Scenario, abandon
from slabrace.runtime.strategies.dpor import Dpor
from slabrace.runtime.strategy import Strategy
from slabrace.scenarios.catalogue import Catalogue

SCENARIOS = [each for each in Catalogue() if each.name not in LARGE and each.fair is None]
MOST = 20_000


def turn(scenario: Scenario, strategy: Strategy) -> Outcome | None:
    """One run; None if there is none left. A timer may run out at once, as in a search."""
    world = scenario.build()
    if not strategy.begin(world):
        abandon(world)
        return None
    world.clock.eager = True
    outcome = Engine(world, strategy, max_steps=MOST).run()
    strategy.end(outcome)
    world.discard()
    return outcome


def laws(outcome: Outcome) -> set[str]:
    return {violation.law for violation in outcome.violations}


def searched(orders: Orders, scenario: Scenario, traces: int) -> Iterator[Outcome]:
    """Each run of an exhaustive search; the test ends here if there are more than ``traces``."""
    for _ in range(traces):
        outcome = turn(scenario, orders)
        if outcome is None:
            return
        if any(isinstance(violation, Overdue) for violation in outcome.violations):
            pytest.skip("whether it is overdue is a matter of how many picks there were")
        yield outcome
    pytest.skip(f"more than {traces} traces")


def misses_nothing(scenario: Scenario, traces: int, walks: int) -> None:
    weak = "memory" in scenario.parameters
    search = Dpor()
    orders = Orders(search)
    seen = set()
    broken: set[str] = set()
    for outcome in searched(orders, scenario, traces):
        if outcome.end is not End.REDUNDANT:
            order = orders.order(messages=weak)
            assert weak or order not in seen
            seen.add(order)
            broken |= laws(outcome)
    if not broken:
        assert search.blocked == 0
    for seed in range(walks):
        walked = Orders(walk(seed))
        walk_outcome = turn(scenario, walked)
        assert walk_outcome is not None
        assert laws(walk_outcome) <= broken
        assert broken or walked.order(messages=weak) in seen


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_walks_find_nothing_that_the_search_did_not(scenario: Scenario) -> None:
    misses_nothing(scenario, traces=40, walks=30)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_many_walks_find_nothing_that_the_search_did_not(scenario: Scenario) -> None:
    misses_nothing(scenario, traces=2_000, walks=1_000)
