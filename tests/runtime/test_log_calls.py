"""How somebody came to do something: functions and their callers."""

from typing import Any

import pytest
from tests.runtime.logbook import event, lines

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_calls import DEEPEST, calls


def entry(step: int, name: str, caller: str | None, actor: str = "t") -> dict[str, Any]:
    return event(step, "function", actor, name=name, caller=caller)


STORY = (
    entry(1, "walk", "main"),
    entry(2, "visit", "walk"),
    entry(3, "visit", "walk", "other"),
    entry(4, "count", "visit"),
    event(5, "counted", "t", number=3),
)


def names(step: int, *records: dict[str, Any]) -> list[tuple[int, str]]:
    _, found = calls(lines(*records), step)
    return [(call.step, call.name) for call in found]


def test_an_event_is_followed_back_through_the_callers_of_its_actor() -> None:
    assert names(5, *STORY) == [(4, "count"), (2, "visit"), (1, "walk")]


def test_the_last_entry_of_a_caller_counts() -> None:
    again = (entry(6, "visit", "walk"), entry(7, "count", "visit"))
    assert names(7, *STORY, *again) == [(7, "count"), (6, "visit"), (1, "walk")]


def test_a_caller_that_is_not_recorded_ends_the_chain() -> None:
    _, found = calls(lines(*STORY), 1)
    assert [(call.name, call.caller) for call in found] == [("walk", "main")]


def test_an_event_before_any_function_has_no_chain() -> None:
    fields, found = calls(lines(event(1, "first", "t")), 1)
    assert (fields["event"], found) == ("first", [])


def test_functions_that_call_one_another_make_no_endless_chain() -> None:
    ring = [entry(step, "ab"[step % 2], "ba"[step % 2]) for step in range(1, 500)]
    _, found = calls(lines(*ring), 499)
    assert len(found) <= DEEPEST + 1


def test_a_step_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="no event at step 9"):
        calls(lines(*STORY), 9)
