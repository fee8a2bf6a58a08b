"""The small scenarios hold, and what their laws speak of does happen in them."""

import functools
from collections import Counter
from collections.abc import Callable

import pytest

from slabrace.actors.shrink_slab import VERSIONS
from slabrace.runtime.campaign import run
from slabrace.runtime.monitor import Event
from slabrace.runtime.result import Result
from slabrace.runtime.scenario import NEVER
from slabrace.runtime.world import World
from slabrace.scenarios.catalogue import Catalogue

PUT_TO_THE_TEST = {
    "drop_caches_vs_memcg_removal": {"memcg_freed", "shrinker_called", "mm_shrink_slab_end"},
    "expand_vs_reclaim": {"shrinker_info_published", "shrinker_called", "set_shrinker_bit"},
    "free_vs_reclaim": {"shrinker_gone", "shrinker_called", "super_block_gone"},
    "mount_vs_umount": {"shrinker_registered", "shrinker_gone", "shrinker_called"},
    "offline_vs_reclaim": {"memcg_freed", "shrinker_called", "reparent_shrinker_deferred"},
    "register_vs_reclaim": {"shrinker_registered", "shrinker_called", "set_shrinker_bit"},
}
"""What has to happen in some run, or the verdict would say nothing: notes and functions."""

SMALL = pytest.mark.parametrize("name", PUT_TO_THE_TEST)


def counting(seen: Counter[str]) -> Callable[[World], None]:
    """Furnish a world with an ear for every event and function."""

    def furnish(world: World) -> None:
        def hear(event: Event) -> None:
            seen[event.fields["name"] if event.name == "function" else event.name] += 1

        world.tap(hear)

    return furnish


@functools.cache
def campaign(name: str, version: str = "refcount_rcu_fixed") -> tuple[Result, Counter[str]]:
    seen: Counter[str] = Counter()
    scenario = Catalogue().find(name)
    return run(scenario, {"version": version}, furnish=[counting(seen)]), seen


def test_these_are_all_of_them() -> None:
    own = {each.name for each in Catalogue() if each.function.__module__.count(".") == 2}
    large = {"phases", "stress", "umount_storm", "drop_caches_growth"}
    assert own - large == set(PUT_TO_THE_TEST)


@SMALL
def test_a_search_knows_what_it_must_reach(name: str) -> None:
    reach = Catalogue().find(name).reach
    assert {what.removeprefix("function name=") for what in reach} == PUT_TO_THE_TEST[name]


@SMALL
def test_no_law_is_broken_in_the_fixed_kernel(name: str) -> None:
    result, _ = campaign(name)
    assert result.held
    assert (result.runs, result.positive, result.bound) == (200, 0, 0)


@SMALL
def test_what_the_laws_speak_of_happens(name: str) -> None:
    _, seen = campaign(name)
    assert {what for what in PUT_TO_THE_TEST[name] if not seen[what]} == set()


def test_objects_are_freed_in_some_run_and_not_in_every() -> None:
    """The walk and the umount each win sometimes."""
    freed = set()

    def furnish(world: World) -> None:
        world.watch("mm_shrink_slab_end", lambda event: freed.add(event.fields["retval"]))

    run(Catalogue().find("free_vs_reclaim"), furnish=[furnish])
    assert freed == {0, 1}


@SMALL
@pytest.mark.parametrize("version", ["rwsem_flat", "srcu", "rwsem", "refcount_rcu"])
def test_the_older_kernels_are_safe_there_too(name: str, version: str) -> None:
    result = run(Catalogue().find(name), {"version": version}, runs=60)
    assert (result.observed, result.bound) == (NEVER, 0)


A3 = "offline_vs_reclaim"
"""With enough runs it finds A3, which was merged in 2018 and is fixed in the last version only."""


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@SMALL
def test_nothing_is_found_with_more_runs(name: str, version: str) -> None:
    result = run(Catalogue().find(name), {"version": version}, seed=1, runs=3000)
    assert result.bound == 0
    if name == A3 and version != "refcount_rcu_fixed":
        assert {found.law for found in result.found.values()} == {"lost_bit"}
    else:
        assert result.observed is NEVER


def test_the_verdicts_are_claims_of_never() -> None:
    assert {Catalogue().find(name).verdict for name in PUT_TO_THE_TEST} == {NEVER}
