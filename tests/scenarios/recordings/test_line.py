from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.scenarios.recordings.line import (
    FUNCTION,
    LONGEST,
    Line,
    Lost,
    Skipped,
    begins,
    nanoseconds,
    read,
)

HEAD = "         kswapd1-137     [003] d..2.    10.700010: "


def line(text: str) -> Line:
    found = read(text)
    assert isinstance(found, Line)
    return found


@pytest.mark.parametrize(
    ("head", "comm", "tgid", "flags"),
    [
        ("         kswapd1-137   [011] 66671.878236: ", "kswapd1", None, ""),
        ("         kswapd1-137   [011] ..... 66671.878236: ", "kswapd1", None, "....."),
        ("         kswapd1-137   (    130) [011] d..2. 66671.878236: ", "kswapd1", 130, "d..2."),
        ("         kswapd1-137   (-------) [011] d..2. 66671.878236: ", "kswapd1", None, "d..2."),
        ("kswapd1   137 [011] 66671.878236: vmscan:", "kswapd1", None, ""),
        ("kswapd1   130/137 [011] 66671.878236:          1 vmscan:", "kswapd1", 130, ""),
        ("           <...>-137   [011] .... 66671.878236: ", "<...>", None, "...."),
        ("   kworker/0:1-137   [011] .... 66671.878236: ", "kworker/0:1", None, "...."),
        ("  my - task 7-137   [011] .N.. 66671.878236: ", "my - task 7", None, ".N.."),
        (" 137   [011] .... 66671.878236: ", "<...>", None, "...."),
        ("      -137   [011] .... 66671.878236: ", "<...>", None, "...."),
    ],
)
def test_the_layouts_of_a_head(head: str, comm: str, tgid: int | None, flags: str) -> None:
    found = line(head + "sched_waking: pid=1")
    assert (found.comm, found.tgid, found.flags) == (comm, tgid, flags)
    assert (found.cpu, found.stamp, found.event) == (11, "66671.878236", "sched_waking")
    assert found.pid == 137


@pytest.mark.parametrize(
    ("rest", "name", "caller", "args"),
    [
        ("call_rcu <-task_work_run", "call_rcu", "task_work_run", ""),
        ("list_lru_add.isra.0 <-d_lru_add", "list_lru_add.isra.0", "d_lru_add", ""),
        ("xfs_log [xfs] <-xfs_do+0x10/0x20 [xfs]", "xfs_log", "xfs_do", ""),
        ("function:             call_rcu <-- task_work_run", "call_rcu", "task_work_run", ""),
        ("ftrace:function: call_rcu <-- task_work_run", "call_rcu", "task_work_run", ""),
        ("function:             call_rcu", "call_rcu", "", ""),
        ("function:                call_rcu+0x4", "call_rcu", "", ""),
        ("down_read(sem=0xffff) <-iterate", "down_read", "iterate", "sem=0xffff"),
        ("down_read <-iterate (repeats: 3)", "down_read", "iterate", "(repeats: 3)"),
    ],
)
def test_the_layouts_of_a_call(rest: str, name: str, caller: str, args: str) -> None:
    found = line(HEAD + rest)
    assert (found.event, found.payload) == (FUNCTION, name)
    assert (found.caller, found.args) == (caller, args)


def test_a_symbol_is_a_name_without_what_the_compiler_added() -> None:
    assert line(HEAD + "list_lru_add.isra.0 <-d_lru_add").symbol == "list_lru_add"


@pytest.mark.parametrize(
    ("rest", "event", "payload"),
    [
        ("sched_wakeup: comm=a pid=1", "sched_wakeup", "comm=a pid=1"),
        ("sched:sched_wakeup:        comm=a pid=1", "sched_wakeup", "comm=a pid=1"),
        ("tracing_mark_write: a <-b", "tracing_mark_write", "a <-b"),
        (
            "print:                tracing_mark_write: phase over",
            "tracing_mark_write",
            "phase over",
        ),
        ("print: tracing_mark_writer: x", "print", "tracing_mark_writer: x"),
        ("mm_lru_activate:", "mm_lru_activate", ""),
        ("my.event-2: x", "my.event-2", "x"),
    ],
)
def test_the_layouts_of_an_event(rest: str, event: str, payload: str) -> None:
    found = line(HEAD + rest)
    assert (found.event, found.payload) == (event, payload)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Skipped.BLANK),
        ("   \t", Skipped.BLANK),
        ("# tracer: nop", Skipped.COMMENT),
        ("cpus=4", Skipped.COMMENT),
        ("version = 6", Skipped.COMMENT),
        (" => do_shrink_slab", Skipped.STACK),
        ("<stack trace>", Skipped.STACK),
        ("hello, world", Skipped.FOREIGN),
        (" 0)   1.234 us    |  do_shrink_slab();", Skipped.FOREIGN),
        (HEAD, Skipped.BROKEN),
        (HEAD + "call_rcu <-", Skipped.BROKEN),
        (HEAD + "no name at all", Skipped.BROKEN),
        (HEAD + "function: two words", Skipped.BROKEN),
        ("x" * (LONGEST + 1), Skipped.FOREIGN),
        (HEAD + "e: " + "x" * LONGEST, Skipped.BROKEN),
    ],
)
def test_a_line_that_is_no_event_says_why(text: str, why: Skipped) -> None:
    assert read(text) is why


@pytest.mark.parametrize("cut", [35, 40, len(HEAD) + 3, len(HEAD) + 10, len(HEAD) + 30])
def test_a_line_into_which_another_was_written_is_broken(cut: int) -> None:
    whole = HEAD + "cgroup_mkdir: root=0 id=1624 level=2 path=/test/x0"
    assert read(whole[:cut] + whole) is Skipped.BROKEN


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("CPU:2 [LOST 12 EVENTS]", Lost(2, 12)),
        ("CPU:2 [LOST EVENTS]", Lost(2, None)),
        ("CPU:7 [204600 EVENTS DROPPED]", Lost(7, 204600)),
        ("CPU:0 [EVENTS DROPPED]", Lost(0, None)),
    ],
)
def test_lost_events_are_told_by_each_writer(text: str, lost: Lost) -> None:
    assert read(text) == lost


def test_the_first_line_of_a_writer_begins_a_recording() -> None:
    assert begins("# tracer: nop")
    assert begins("cpus=4")
    assert not begins("#           TASK-PID     CPU#")


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [("7.118746", 7_118_746_000), ("0.000000001", 1), ("12.5", 12_500_000_000), ("4711", 4711)],
)
def test_a_time_is_nanoseconds(stamp: str, expected: int) -> None:
    assert nanoseconds(stamp) == expected


def test_a_line_takes_no_longer_than_its_length() -> None:
    """Each would take minutes if a part could be matched in many ways."""
    for text in (
        "a" + " " * 4000,
        "1 " * 2000,
        HEAD + "f(" + ") <-b (" * 550,
        HEAD + "e: " + "[1 " * 1300,
        "(" * 4000,
    ):
        for _ in range(20):
            read(text)


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,30}", fullmatch=True)
COMMS = st.from_regex(r"[a-zA-Z<][a-zA-Z0-9_/:. >-]{0,13}[a-zA-Z>]", fullmatch=True)
STAMPS = st.tuples(st.integers(0, 10**9), st.integers(0, 10**6 - 1)).map(
    lambda parts: f"{parts[0]}.{parts[1]:06}"
)
FLAGS = st.from_regex(r"[d.][.Nn][.hHs][.1-9][.1-9]", fullmatch=True)
PAYLOADS = st.from_regex(
    r"[a-z_]{1,9}=[a-zA-Z0-9_|/-]{1,20}( [a-z]{1,9}=[0-9]{1,9}){0,3}", fullmatch=True
)


@given(
    comm=COMMS, pid=st.integers(0, 2**22), cpu=st.integers(0, 8191), flags=FLAGS, stamp=STAMPS,
    event=NAMES.filter(lambda name: name not in ("function", "print")), payload=PAYLOADS,
)  # fmt: skip
def test_what_any_writer_prints_comes_back(
    *, comm: str, pid: int, cpu: int, flags: str, stamp: str, event: str, payload: str
) -> None:
    expected = Line(comm, pid, None, cpu, flags, stamp, event, payload)
    kernel = f"{comm:>16}-{pid:<7} [{cpu:03}] {flags} {stamp:>12}: {event}: {payload}"
    trace_cmd = f"{comm:>16}-{pid:<5} [{cpu:03}] {flags} {stamp:>12}: {event + ':':<21} {payload}"
    perf = f"{comm:>16} {pid:>5} [{cpu:03}] {stamp:>12}: {'sys:' + event + ':':>30} {payload}"
    assert read(kernel) == expected
    assert read(trace_cmd) == expected
    assert read(perf) == Line(comm, pid, None, cpu, "", stamp, event, payload)


@given(comm=COMMS, pid=st.integers(0, 2**22), name=NAMES, caller=NAMES, stamp=STAMPS)
def test_what_the_function_tracer_prints_comes_back(
    *, comm: str, pid: int, name: str, caller: str, stamp: str
) -> None:
    head = f"{comm:>16}-{pid:<7} [001] ..... {stamp}: "
    expected = Line(comm, pid, None, 1, ".....", stamp, FUNCTION, name, caller)
    assert read(f"{head}{name} <-{caller}") == expected
    assert read(f"{head}function:             {name} <-- {caller}") == expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_makes_it_fail(before: str, after: str) -> None:
    for text in (before, HEAD + after, before + HEAD + after, HEAD + "e: " + after, after + " <-f"):
        assert isinstance(read(text), Line | Lost | Skipped)
