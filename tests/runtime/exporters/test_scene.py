"""A scene is what a picture shows, whoever draws it."""

from tests.runtime.exporters.races import race, title

from slabrace.runtime.exporters.scene import plain_title, staged


def test_the_columns_are_those_who_act_in_the_order_in_which_they_come() -> None:
    trace, violation, _ = race()
    titles = staged(trace, violation, title).titles
    assert titles == {"writer0": "CPU0 (writer0)", "writer1": "CPU1 (writer1)"}


def test_a_row_says_what_it_tells_of() -> None:
    trace, violation, _ = race()
    rows = staged(trace, violation).rows
    assert [(row.kind, row.step) for row in rows if row.actor == "writer1"] == [
        ("function", None), ("access", 1), ("access", 3),
    ]  # fmt: skip


def test_the_pair_that_decides_are_two_of_the_rows() -> None:
    trace, violation, cause = race()
    scene = staged(trace, violation, plain_title, cause)
    assert scene.pair is not None
    first, second = (scene.rows[each] for each in scene.pair)
    assert f"{first.text.partition(' =')[0]} by {first.actor}" == cause.first
    assert f"{second.text.partition(' =')[0]} by {second.actor}" == cause.second


def test_without_a_cause_nothing_decides() -> None:
    trace, violation, _ = race()
    scene = staged(trace, violation)
    assert (scene.pair, scene.cause) == (None, "")
