"""A profile: stacks, what is booked to them, and the lines that are made of it."""

from slabrace.runtime.perf import UNKNOWN, Line, Profile


def sample() -> Profile:
    profile = Profile()
    profile.stack(("main",)).service["a"] = 10
    profile.stack(("main", "walk")).service["a"] = 20
    profile.stack(("main", "walk")).stall["b"] = 5
    profile.stack(("main", "walk", "walk")).service["b"] = 1  # it called itself
    profile.stack(("exit", "walk")).service["b"] = 100
    profile.stack(("exit",)).sleep["a"] = 1_000
    return profile


def test_the_same_functions_are_the_same_stack() -> None:
    profile = Profile()
    assert profile.stack(()) is profile.root
    assert profile.stack(("a", "b")) is profile.stack(("a",)).under("b")
    assert profile.stack(("a", "b")) is not profile.stack(("b", "a"))
    assert profile.stack(("a", "b")).leaf == "b"


def test_a_function_has_its_place_within_a_stack_or_below_it() -> None:
    profile = Profile()
    inner = profile.stack(("a", "b", "c"))
    assert inner.places["b"] is profile.stack(("a", "b"))
    assert inner.places["c"] is inner
    assert inner.places["d"] is profile.stack(("a", "b", "c", "d"))
    assert inner.places["d"] is inner.places["d"]


def test_lines_have_what_is_their_own_and_what_they_called() -> None:
    assert sample().lines() == [
        Line("walk", own=126, inclusive=126, stall=5, sleep=0),
        Line("main", own=10, inclusive=36, stall=0, sleep=0),
        Line("exit", own=0, inclusive=100, stall=0, sleep=1_000),
    ]


def test_lines_of_one_actor_are_its_alone() -> None:
    assert sample().lines("a") == [
        Line("walk", own=20, inclusive=20, stall=0, sleep=0),
        Line("main", own=10, inclusive=30, stall=0, sleep=0),
        Line("exit", own=0, inclusive=0, stall=0, sleep=1_000),
    ]
    assert sample().lines("nobody") == []


def test_own_time_adds_up_to_the_total_and_sleep_is_not_in_it() -> None:
    profile = sample()
    assert profile.total() == sum(line.own for line in profile.lines()) == 136
    assert (profile.total("a"), profile.total("b"), profile.total("c")) == (30, 106, 0)


def test_asking_books_nothing() -> None:
    profile = sample()
    profile.lines("nobody")
    profile.total("nobody")
    assert profile.actors() == ["a", "b"]


def test_what_no_function_did_has_the_name_that_perf_has_for_it() -> None:
    profile = Profile()
    profile.root.service["a"] = 3
    assert profile.lines() == [Line(UNKNOWN, own=3, inclusive=3, stall=0, sleep=0)]


def test_equals_are_sorted_by_what_they_called_and_then_by_name() -> None:
    profile = Profile()
    for symbols in (("b",), ("a",), ("c",), ("c", "d")):
        profile.stack(symbols).service["me"] = 1
    assert [line.symbol for line in profile.lines()] == ["c", "a", "b", "d"]


def test_stacks_come_callers_first() -> None:
    assert [stack.symbols for stack in sample().stacks()] == [
        (),
        ("main",),
        ("main", "walk"),
        ("main", "walk", "walk"),
        ("exit",),
        ("exit", "walk"),
    ]


def test_clear_forgets_what_was_booked_and_keeps_the_stacks() -> None:
    profile = sample()
    before = list(profile.stacks())
    profile.clear()
    assert (profile.total(), profile.lines(), profile.actors()) == (0, [], [])
    assert list(profile.stacks()) == before
