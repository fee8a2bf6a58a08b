"""A bug as it is told: small, with its cause, its picture and a schedule that repeats it."""

import pytest
from tests.data.lost_update import lost_update

from slabrace.runtime.explore import explore, members_of
from slabrace.runtime.finding import finding
from slabrace.runtime.replaying import replay
from slabrace.runtime.result import Found
from slabrace.runtime.strategy_table import Options
from slabrace.runtime.world import World

WRITERS = 4


def populate(world: World) -> None:
    lost_update(world, writers=WRITERS)


@pytest.fixture
def found() -> Found:
    """Something that a random walk has found."""
    result = explore(
        lost_update, {"writers": WRITERS}, members=members_of("random", Options(seed=1))
    )
    (found,) = result.found.values()
    return found


def test_it_is_made_small(found: Found) -> None:
    bug = finding(populate, found)
    assert bug.small is not None
    assert bug.small.preemptions == 1
    assert bug.deliveries == len(found.picks)
    assert len(bug.schedule) <= len(found.picks)


def test_it_has_a_cause_that_was_seen(found: Found) -> None:
    cause = finding(populate, found).cause
    assert cause is not None
    assert cause.first is not None
    assert str(cause).startswith("What decides: ")


def test_its_picture_shows_what_broke(found: Found) -> None:
    assert f"*** no_update_lost: {WRITERS} expected" in finding(populate, found).diagram


def test_its_schedule_repeats_it(found: Found) -> None:
    bug = finding(populate, found)
    outcome = replay(lost_update.build(writers=WRITERS), bug.schedule)
    assert [each.signature for each in outcome.violations] == [bug.violation.signature]
    assert bug.schedule.made_by.endswith(", minimised")


def test_it_may_stay_as_it_was_found(found: Found) -> None:
    bug = finding(populate, found, small=False)
    assert (bug.small, bug.cause) == (None, None)
    assert bug.schedule == found.schedule


def test_columns_are_headed_as_whoever_draws_likes(found: Found) -> None:
    bug = finding(populate, found, title="{}:{}".format)
    assert bug.diagram.startswith("0:writer")


def test_what_has_no_schedule_yet_cannot_be_told(found: Found) -> None:
    found.schedule = None
    with pytest.raises(ValueError, match="has no schedule yet"):
        finding(populate, found)
