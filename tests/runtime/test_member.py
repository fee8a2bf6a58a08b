"""Members of a search, and the shares in which they do their work."""

import time

import pytest
from tests.data.lost_update import breaks_off, endless, lost_update, one_too_few
from tests.runtime.toys import race

from slabrace.runtime.errors import MachineError
from slabrace.runtime.member import Member, Share, Workshop
from slabrace.runtime.scenario import NEVER, Scenario, scenario
from slabrace.runtime.strategy_table import STRATEGIES, Options
from slabrace.runtime.world import World

DRAWING = ("random", "pct", "pos")
IN_ORDER = ("dpor", "dfs", "delay")


@scenario(verdict=NEVER)
def racing(world: World) -> None:
    """Three actors that meet in one cell."""
    race(2, 2, 2)(world)


def workshop(member: Member, story: Scenario = racing, **more: object) -> Workshop:
    return Workshop(story, {}, [member], until_violation=False, **more)  # type: ignore[arg-type]


def told(share: Share) -> tuple[object, ...]:
    """All of a share but how long it took."""
    return tuple(
        value for name, value in sorted(vars(share).items()) if name not in {"seconds", "found"}
    )


@pytest.mark.parametrize("name", DRAWING)
def test_a_share_of_one_who_draws_does_not_depend_on_those_before_it(name: str) -> None:
    member = Member(name, Options(seed=4))
    whole = workshop(member)
    whole.share(0, 0, 8)
    assert told(whole.share(0, 8, 16)) == told(workshop(member).share(0, 8, 16))


def test_delays_of_a_share_do_not_depend_on_those_before_it() -> None:
    member = Member("random", Options(seed=4), ("p=0.5 for=1..3",))
    whole = workshop(member)
    whole.share(0, 0, 8)
    assert told(whole.share(0, 8, 16)) == told(workshop(member).share(0, 8, 16))


@pytest.mark.parametrize("name", DRAWING)
def test_two_shares_of_one_who_draws_have_other_runs(name: str) -> None:
    shop = workshop(Member(name))
    assert shop.share(0, 0, 8).numbers != shop.share(0, 8, 8).numbers


@pytest.mark.parametrize("name", IN_ORDER)
def test_one_who_goes_through_a_tree_goes_on_where_the_last_share_ended(name: str) -> None:
    parts, whole = workshop(Member(name)), workshop(Member(name)).share(0, 0, 10_000)
    runs: list[Share] = []
    while not runs or runs[-1].made == 7:
        runs.append(parts.share(0, 7 * len(runs), 7))
    assert sum(share.runs for share in runs) == whole.runs
    assert (runs[-1].finished, runs[-1].trust) == (True, whole.trust)


@pytest.mark.parametrize("name", IN_ORDER)
def test_one_who_goes_through_a_tree_can_go_on_in_another_process(name: str) -> None:
    member = Member(name)
    here, whole = workshop(member), workshop(member).share(0, 0, 10_000)
    before = here.share(0, 0, 7)
    there = workshop(member, states={0: here.state(0)})
    after = there.share(0, 7, 10_000)
    assert (before.runs + after.runs, after.trust) == (whole.runs, whole.trust)


def test_a_share_counts_each_bug_and_keeps_its_shortest_run() -> None:
    share = workshop(Member("random"), lost_update).share(0, 0, 500)
    (found,) = share.found.values()
    assert (found.law, found.count) == ("no_update_lost", share.positive)
    assert found.count > 100
    assert len(found.picks) == 4


def test_a_share_ends_at_the_first_violation_if_that_is_what_is_looked_for() -> None:
    share = Workshop(one_too_few, {}, [Member("random")]).share(0, 0, 50)
    assert (share.runs, share.positive) == (1, 1)


def test_no_run_is_begun_after_the_deadline_but_the_first() -> None:
    share = workshop(Member("random")).share(0, 0, 50, time.monotonic() - 1)
    assert share.runs == 1


def test_no_run_is_begun_after_somebody_wants_it_to_stop() -> None:
    assert workshop(Member("random"), stop=lambda: True).share(0, 0, 50).runs == 1


def test_runs_that_reach_the_bound_of_picks_are_told_from_those_that_a_search_ended() -> None:
    picks = Workshop(endless, {}, [Member("random")], max_steps=30).share(0, 0, 2)
    assert (picks.bound, picks.cut) == (2, 2)
    steps = workshop(Member("dfs", Options(steps=3))).share(0, 0, 10_000)
    assert steps.bound > 0
    assert steps.cut == 0


@pytest.mark.parametrize("name", ["random", "pos", "pct"])
def test_a_member_may_be_fair(name: str) -> None:
    strategy = Member(name, fair=3).make(0)
    assert strategy.describe().endswith(" --fair 3")
    assert workshop(Member(name, fair=3)).share(0, 0, 10).runs == 10


class Remembered:
    """What a scenario must not have: something that is left from one run to the next."""

    runs = 0


@scenario(verdict=NEVER)
def remembering(world: World) -> None:
    """Every second world is another one."""
    Remembered.runs += 1
    race(1 + Remembered.runs % 2)(world)


def test_a_checked_member_sees_that_a_run_does_not_follow_from_its_picks() -> None:
    with pytest.raises(MachineError, match="does not follow from its picks"):
        workshop(Member("random", checked=True), remembering).share(0, 0, 10)


@pytest.mark.parametrize("name", [each for each in STRATEGIES if each != "round_robin"])
def test_checking_changes_no_run(name: str) -> None:
    checked = workshop(Member(name, checked=True)).share(0, 0, 10)
    plain = workshop(Member(name)).share(0, 0, 5)
    assert (checked.runs, plain.runs) == (10, 5)
    assert set(checked.numbers) == set(plain.numbers)
    assert checked.trust == plain.trust


def test_an_error_in_a_run_says_in_which() -> None:
    with pytest.raises(KeyError) as raised:
        workshop(Member("pos", Options(seed=3)), breaks_off).share(0, 8, 1)
    assert raised.value.__notes__ == ["In run 8 of breaks_off by pos --seed 3."]
