"""Known bugs need no more preemptions than the numbered steps that tell them.

Steps are those of docs/kernel.md 6. One that goes on on another CPU while the first one could go on
too is a preemption; a CPU that is done, or waits, is left for nothing.
"""

import pytest

from slabrace.runtime.campaign import run
from slabrace.runtime.cause import find_cause
from slabrace.runtime.minimize import Minimized, minimize
from slabrace.runtime.result import Found
from slabrace.runtime.scenario import Scenario
from slabrace.scenarios.catalogue import Catalogue

NEEDED = {
    # 1, 2 on CPU0, whose walk may then run to its end; 3 on CPU1.
    "A1_refcount_leak": 0,
    # 1 to 3 on CPU0 | 4 on CPU1 | 5 on CPU0, which is then done; 6 on CPU1.
    "A2_teardown_race": 2,
    # 1 on CPU1 | 2 on CPU2, to the end of the grace period; 3 on CPU1.
    "D1_unlink_before_wait": 1,
    # 1 on CPU1 | 2 on CPU2, to the callback; 3 on CPU1.
    "D2_put_before_lock": 1,
    # do_shrink_slab() has begun | the other CPU returns from shrinker_free() and frees the owner.
    "D3_no_wait_for_users": 1,
    # 1 on CPU0 | 2 on CPU1, to its end; 3 on CPU0.
    "D14_no_recheck": 1,
    # idr_find() | the other CPU frees, to the callback; try_get().
    "D16_idr_find_without_rcu": 1,
    # The same, with kfree() in place of the callback.
    "D16_kfree_instead_of_call_rcu": 1,
    # call_rcu() | a grace period, the callback; the walk looks the id up that is removed too late.
    "D16_idr_remove_after_free": 1,
    # the walk sleeps | the other CPU expands, to the end of the grace period; the walk goes on.
    "D17_cached_info": 1,
}
LONG = ("D1_unlink_before_wait", "D16_idr_remove_after_free")
"""It takes thousands of runs to show that there is none with fewer."""

BUG = pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else [], id=n) for n in NEEDED],
)


def found(bug: Scenario, seed: int = 0, chunk: int = 50) -> Found:
    """A run that breaks a law of the bug's own."""
    for first in range(0, 5 * bug.runs, chunk):
        result = run(bug, seed=seed, first=first, runs=chunk)
        for each in result.found.values():
            if each.law in bug.laws:
                return each
    raise AssertionError(f"{bug.name} was not found")


def small(bug: Scenario, seed: int = 0) -> Minimized:
    each = found(bug, seed)
    return minimize(bug.build, each.picks, each.signature)


@BUG
def test_a_bug_needs_no_more_preemptions_than_its_steps_and_that_is_proven(name: str) -> None:
    minimized = small(Catalogue().find(name))
    assert minimized.preemptions <= NEEDED[name]
    assert minimized.exact


@BUG
def test_what_was_minimised_stays_as_it_is(name: str) -> None:
    bug = Catalogue().find(name)
    minimized = small(bug)
    again = minimize(bug.build, minimized.picks, minimized.signature)
    assert again.picks == minimized.picks


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@BUG
def test_it_does_not_depend_on_the_run_that_was_found(name: str, seed: int) -> None:
    """Of A2, which breaks several laws, it may be another violation, and not be proven."""
    assert small(Catalogue().find(name), seed).preemptions <= NEEDED[name]


DECIDES = {
    "A1_refcount_leak": ("refcount_inc_not_zero(sb-S)", "refcount_dec_and_test(sb-S)"),
    "D2_put_before_lock": ("shrinker_free_rcu_cb(A)", "READ_ONCE(A->next)"),
    "D14_no_recheck": ("set_bit(A.unit0[0], 0)", "clear_bit(A.unit0[0], 0)"),
    "D17_cached_info": ("kfree(A.info0.1)", "A.info0.1->unit[1]"),
}


@pytest.mark.parametrize("name", DECIDES)
def test_the_pair_that_decides_is_the_one_that_the_story_tells(name: str) -> None:
    bug = Catalogue().find(name)
    cause = find_cause(bug.build, small(bug).picks)
    told = [str(text).partition(" by ")[0] for text in (cause.first, cause.second)]
    assert tuple(told) == DECIDES[name]
