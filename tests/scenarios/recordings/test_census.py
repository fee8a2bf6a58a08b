from slabrace.scenarios.recordings import census as module
from slabrace.scenarios.recordings.census import OTHERS, Census
from slabrace.scenarios.recordings.line import Skipped


def test_the_most_frequent_event_comes_first() -> None:
    census = Census()
    for name in "abbcb":
        census.event(name)
    assert list(census.to_json()["by_event"].items()) == [("b", 3), ("a", 1), ("c", 1)]


def test_names_without_end_are_counted_together() -> None:
    census = Census()
    for number in range(module.NAMES + 100):
        census.event(f"event{number}")
    assert census.by_event[OTHERS] == 100
    assert sum(census.by_event.values()) == census.events


def test_a_comment_is_no_loss_and_is_not_quoted() -> None:
    census = Census()
    assert census.skip(Skipped.COMMENT, "# tracer: nop") is None
    assert census.skip(Skipped.BROKEN, "half a li") is not None
    assert [each.text for each in census.unusable] == ["half a li"]
    assert census.skipped_lines == 2


def test_a_quotation_is_short() -> None:
    census = Census()
    census.skip(Skipped.FOREIGN, "x" * 10_000)
    assert len(census.unusable[0].text) == module.QUOTE
