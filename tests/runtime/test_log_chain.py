"""Why: causes, the write that a read saw, functions on the way, and where a chain stops."""

import pytest
from tests.runtime.logbook import HEADER, Act, deliver, event, lines, recorded

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_chain import Link, access, links, reasons, word_of

STORY = (
    event(0, "actor", "x", kind="cell", active=False),
    deliver(1, "a", "x", "Store(head, 7)"),
    event(1, "function", "a", name="publish"),
    deliver(2, "a", "x", "Store(tail, 8)", cause=1),
    deliver(3, "b", "x", "Load(head)", 7, writes=False),
    event(3, "function", "b", name="walk"),
    event(3, "function", "b", name="look"),
    event(3, "function", "a", name="elsewhere"),
    deliver(4, "b", "y", "Wipe()", cause=3),
    event(4, "violation", "y", law="l", message="m"),
)


def chain(step: int | None, limit: int = 40) -> list[Link]:
    whole = lines(*STORY)
    found, at = reasons(whole, step)
    return links(whole, found, found.back(at, limit))


def test_a_chain_follows_causes_and_the_writes_that_reads_saw() -> None:
    assert [(link.step, link.cause, link.saw) for link in chain(4)] == [
        (4, 3, None),
        (3, 0, 1),
        (1, 0, None),
    ]


def test_the_default_is_where_a_law_was_broken() -> None:
    found, step = reasons(lines(*STORY), None)
    assert step == 4
    assert [fields["event"] for fields in found.events] == ["violation"]


def test_functions_that_the_sender_entered_on_the_way_are_told() -> None:
    assert [link.entered for link in chain(4)] == [["walk", "look"], [], []]


def test_a_limit_keeps_the_latest() -> None:
    assert [link.step for link in chain(4, limit=2)] == [4, 3]


def test_a_read_of_another_word_saw_another_write() -> None:
    records = (*STORY[:4], deliver(3, "b", "x", "Load(tail)", 8, writes=False))
    found, _ = reasons(lines(*records), 3)
    assert found.saw(3) == 2


def test_a_message_without_a_word_saw_the_last_write_of_any() -> None:
    records = (*STORY[:4], deliver(3, "b", "x", "Look()", 1, writes=False))
    found, _ = reasons(lines(*records), 3)
    assert found.saw(3) == 2


def test_what_wipes_all_is_seen_by_reads_of_every_word() -> None:
    records = (
        deliver(1, "a", "x", "Store(head, 7)"),
        deliver(2, "a", "x", "Wipe()"),
        deliver(3, "b", "x", "Load(head)", 0, writes=False),
    )
    found, _ = reasons(lines(*records), 3)
    assert found.saw(3) == 2


def test_where_a_log_tells_which_words_changed_those_were_written() -> None:
    records = (
        deliver(1, "a", "x", "Store(head, 7)", changes={"head": 7}),
        deliver(2, "a", "x", "Get()", changes={"count": 1}),
        deliver(3, "b", "x", "Load(head)", 7, writes=False),
    )
    found, _ = reasons(lines(*records), 3)
    assert found.saw(3) == 1


def test_what_is_asked_for_has_found_something_whatever_it_answered() -> None:
    records = (deliver(1, "a", "x", "Free()"), deliver(2, "b", "x", "Free()", cause=0))
    found, _ = reasons(lines(*records), 2)
    assert found.saw(2) == 1


def test_the_run_is_the_first_that_has_the_step() -> None:
    later = [{**record, "run": "s"} for record in (*STORY, deliver(5, "b", "x", "Wipe()"))]
    found, step = reasons(lines(*STORY, HEADER | event(0, "x"), *later), 5)
    assert (found.run, step) == ("s", 5)


def test_a_step_without_a_delivery_is_told() -> None:
    with pytest.raises(UsageError, match="no delivery at step 9"):
        reasons(lines(*STORY), 9)


def test_a_log_without_deliveries_has_no_causes() -> None:
    with pytest.raises(UsageError, match="this log has no deliveries"):
        reasons(lines(event(1, "x")), 1)


def test_without_a_broken_law_a_step_has_to_be_given() -> None:
    with pytest.raises(UsageError, match="no law is broken in this log"):
        reasons(lines(*STORY[:-1]), None)


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("Load(head)", "head"),
        ("Store(head, 3)", "head"),
        ("Load(info->unit)", "info->unit"),
        ("Set(3)", ""),
        ("Look()", ""),
        ("Put(sb-S)", ""),
        ("nothing", ""),
    ],
)
def test_the_word_of_a_message_is_its_first_argument_if_that_is_a_name(
    message: str, word: str
) -> None:
    assert word_of(message) == word


@pytest.mark.parametrize(
    ("message", "answer", "told"),
    [
        ("Load(head)", 7, "Load(x->head) = 7"),
        ("Store(head, 3)", None, "Store(x->head, 3)"),
        ("Add(3)", "five", "Add(x, 3) = five"),
        ("Look()", False, "Look(x) = false"),
        ("Link(other)", None, "Link(x, other)"),
        ("odd", None, "odd(x)"),
    ],
)
def test_an_access_is_written_with_its_addressee(message: str, answer: object, told: str) -> None:
    assert access(deliver(1, "a", "x", message, answer), {"other"}) == told


def test_an_access_that_was_answered_later_says_so() -> None:
    fields = {**deliver(1, "a", "x", "Take()"), "deferred": True}
    assert access(fields) == "Take(x) (no answer yet)"


def test_a_chain_of_a_real_run_goes_back_to_the_start_in_time() -> None:
    programs = [[Act("write", 0, "x"), Act("tell", 1, "y", 0)], [Act("read", 0, "y")] * 3]
    records = recorded(programs, seed=3)
    whole = lines(*records)
    last = max(each["step"] for each in records)
    found, step = reasons(whole, last)
    steps = found.back(step, 100)
    assert steps == sorted(steps, reverse=True)
    assert found.cause(steps[-1]) == 0
