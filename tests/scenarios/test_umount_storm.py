"""umount_storm: what a grace period in every umount costs, and that nothing else costs as much."""

from __future__ import annotations

import pytest

from slabrace.actors.costs import Costs
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.profiling import Measured, measure


def storm(version: str, *settings: str) -> Measured:
    scenario = Catalogue().find("umount_storm")
    asked = [*scenario.perf, "processes=24", "rounds=4", f"version={version}"]
    return measure(scenario, scenario.parse(asked), Costs.of(None, settings))


def test_srcu_loses_most_of_the_operations() -> None:
    before, srcu = storm("rwsem_flat"), storm("srcu")
    assert srcu.umounts_per_second < 0.3 * before.umounts_per_second


def test_the_merged_form_loses_nothing_to_speak_of() -> None:
    before, after = storm("rwsem_flat"), storm("refcount_rcu")
    assert after.umounts_per_second == pytest.approx(before.umounts_per_second, rel=0.05)


def test_expedited_grace_periods_give_most_of_it_back() -> None:
    before, srcu, expedited = (storm(each) for each in ("rwsem_flat", "srcu", "srcu_expedited"))
    assert srcu.umounts_per_second < expedited.umounts_per_second < before.umounts_per_second


def test_it_is_the_grace_period_that_costs() -> None:
    """The same storm with timers of no length: SRCU is as fast as what came before it."""
    quick = ("srcu_start=0", "srcu_end=0")
    before, srcu = storm("rwsem_flat", *quick), storm("srcu", *quick)
    assert srcu.umounts_per_second == pytest.approx(before.umounts_per_second, rel=0.15)


def test_an_umount_takes_as_long_as_the_grace_period_it_waits_for() -> None:
    jiffies = Costs().srcu_start + Costs().srcu_end
    median = sorted(storm("srcu").umounts)[48]
    assert jiffies * Costs().jiffy <= median <= 2 * jiffies * Costs().jiffy


@pytest.mark.parametrize("version", ["rwsem_flat", "srcu", "srcu_expedited", "refcount_rcu"])
def test_every_mount_is_unmounted(version: str) -> None:
    assert len(storm(version).umounts) == 24 * 4
