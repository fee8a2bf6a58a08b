"""The arrangement of a run in tracks that all viewers with tracks are given."""

import pytest
from tests.runtime.exporters.recorded import LEGEND, actor, deliver, long, note, recorded

from slabrace.runtime.exporters.timeline import Slice, Track, timeline
from slabrace.runtime.run_log import RunLog


def track(name: str, run: RunLog | None = None) -> Track:
    told = timeline(run or recorded(), LEGEND)
    return next(track for track in told.tracks if track.name == name)


def shape(one: Slice) -> tuple[str, int, int | None]:
    return one.name, one.begin, one.end


def test_the_legend_says_in_which_order_actors_come() -> None:
    assert [each.name for each in timeline(recorded(), LEGEND).tracks] == [
        "a", "b", "c", "x", "door",
    ]  # fmt: skip


def test_a_message_lasts_from_its_cause_to_its_delivery() -> None:
    assert shape(track("b").rows()[0][0]) == ("Enter()", 0, 1000)
    assert ("Store(x, 6)", 1000, 6000) in [shape(one) for one in track("b").slices]


def test_a_message_that_waits_lasts_until_its_answer() -> None:
    waited = track("a").rows()[0][0]
    assert shape(waited) == ("Enter()", 0, 5000)
    assert waited.fields["answered"] == 5


def test_a_message_that_nobody_answers_has_no_end() -> None:
    assert [shape(one) for one in track("c").slices] == [("Enter()", 0, None)]


def test_what_does_not_nest_goes_into_another_row() -> None:
    assert [[shape(one) for one in row] for row in track("b").rows()] == [
        [("Enter()", 0, 1000), ("section", 1000, 3000), ("Load(x)", 1000, 3000),
         ("Leave()", 3000, 5000), ("Load(x)", 6000, 9000)],
        [("Store(x, 6)", 1000, 6000)],
    ]  # fmt: skip


@pytest.mark.parametrize("run", [recorded(), long(60)], ids=["recorded", "long"])
def test_in_a_row_everything_nests(run: RunLog) -> None:
    for each in timeline(run, LEGEND).tracks:
        for row in each.rows():
            stack: list[float] = []
            for one in row:
                end = float("inf") if one.end is None else one.end
                while stack and stack[-1] <= one.begin:
                    stack.pop()
                assert not stack or end <= stack[-1], shape(one)
                stack.append(end)


def test_an_arrow_leads_from_each_message_to_where_it_is_handled() -> None:
    told = timeline(recorded(), LEGEND)
    leaves = [one.leaves for each in told.tracks for one in each.slices if one.leaves]
    points = [point for each in told.tracks for point in each.points]
    assert sorted(leaves) == [1, 2, 3, 5, 6, 7, 8, 9]
    leaves += [point.leaves for point in points if point.leaves]
    assert sorted(leaves) == sorted(point.arrives for point in points if point.arrives)


def test_the_life_of_an_object_has_its_ages_in_it() -> None:
    assert [shape(one) for one in track("x").rows()[0]] == [
        ("thing", 0, 8000), ("published", 0, 8000), ("retired", 8000, 8000),
    ]  # fmt: skip


def test_what_begins_or_ends_a_span_is_no_point_besides() -> None:
    names = {point.name for point in track("b").points}
    assert names == {"made", "shown"}
    assert "take_away()" in {point.name for point in track("a").points}


def test_an_actor_of_no_name_has_one_that_viewers_take() -> None:
    run = RunLog({}, "r", [actor("a", "writer", active=True), note(1, "lost", "")])
    assert [each.name for each in timeline(run, LEGEND).tracks] == ["a", "?"]


def test_a_recording_without_causes_has_messages_of_no_length() -> None:
    told = deliver(4, "a", "x", "Load(x)", 0, {})
    del told["cause"]
    assert [shape(one) for one in track("a", RunLog({}, "r", [told])).slices] == [
        ("Load(x)", 4000, 4000)
    ]
