"""The views of a log: they say what the legend's rules say, and what the records say."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenarios.logs import kept, needs_duckdb, records_of, save

from slabrace.actors.legend import LEGEND
from slabrace.runtime.exporters.spans import WAIT, Moment, Span, lifetimes, spans
from slabrace.runtime.log_reader import Problem
from slabrace.scenarios.query.views import VIEWS, columns, views

pytestmark = needs_duckdb

Row = tuple[Any, ...]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def records(log: Path) -> list[dict[str, Any]]:
    return records_of(log)


def ask(path: Path, sql: str) -> list[Row]:
    from slabrace.scenarios.query.tables import opened  # noqa: PLC0415  # only where it is installed

    def complain(problem: Problem) -> None:
        raise AssertionError(problem)

    with opened(path, complain) as database:
        return database.execute(sql).fetchall()


def by_run(records: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for run in dict.fromkeys(record["run"] for record in records):
        yield [record for record in records if record["run"] == run]


def row(run: str, span: Span) -> Row:
    end = (None, None) if span.end is None else span.end
    return (run, span.name, span.lane, *span.begin, *end)


SPANS = "SELECT run, name, lane, begin_step, begin_vt, end_step, end_vt FROM spans"


def test_spans_are_those_of_the_legend(log: Path, records: list[dict[str, Any]]) -> None:
    expected = Counter(
        row(run[0]["run"], span)
        for run in by_run(records)
        for span in spans(run, LEGEND)
        if span.name != WAIT
    )
    assert Counter(ask(log, SPANS)) == expected
    assert {name for _, name, *_ in expected} >= {"read-side section", "shrink", "grace period"}


def step_of(stage: Moment | None) -> int | None:
    return None if stage is None else stage.step


MARKS = st.lists(
    st.tuples(
        st.sampled_from(["rcu_read_lock", "rcu_read_unlock", "memcg_walk_begin", "memcg_walk_end"]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=20,
)


@given(marks=MARKS)
@settings(max_examples=15, deadline=None)
def test_nested_and_unmatched_ends_pair_as_the_legend_pairs_them(
    marks: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = [
        {"run": "r", "step": step // 3, "vt": step, "event": event, "actor": actor}
        for step, (event, actor) in enumerate(marks)
    ] or [{"run": "r", "step": 0, "vt": 0, "event": "x", "actor": "a"}]
    path = save(tmp_path_factory.mktemp("marks") / "log", *made)
    expected = Counter(row("r", span) for span in spans(made, LEGEND))
    assert Counter(ask(path, SPANS)) == expected


def test_lifetimes_are_those_of_the_legend(log: Path, records: list[dict[str, Any]]) -> None:
    expected = Counter(
        (run[0]["run"], life.object, life.kind or None, *map(step_of, life[2:]))
        for run in by_run(records)
        for life in lifetimes(run, LEGEND)
    )
    found = ask(
        log,
        "SELECT run, object, kind, allocated_step, published_step, retired_step, freed_step "
        "FROM lifetimes",
    )
    assert Counter(found) == expected


def test_a_name_that_is_allocated_again_is_another_object(tmp_path: Path) -> None:
    made = [
        {"run": "r", "step": step, "vt": step, "event": event, "object": "o", "kind": "k"}
        for step, event in enumerate(["kmalloc", "kfree", "kmalloc", "kfree"])
    ]
    found = ask(save(tmp_path / "log", *made), "SELECT allocated_step, freed_step FROM lifetimes")
    assert sorted(found) == [(0, 1), (2, 3)]


def test_events_has_each_event_with_all_of_its_fields(
    log: Path, records: list[dict[str, Any]]
) -> None:
    found = ask(log, "SELECT run, step, event, json_keys(fields) FROM events")
    assert found == [(each["run"], each["step"], each["event"], list(each)) for each in records]


def test_a_message_is_joined_with_when_it_was_sent(
    log: Path, records: list[dict[str, Any]]
) -> None:
    times = {
        (each["run"], each["step"]): each["vt"] for each in records if each["event"] == "deliver"
    }
    expected = sorted(
        (each["run"], each["step"], each["vt"] - times.get((each["run"], each["cause"]), 0))
        for each in records
        if each["event"] == "deliver"
    )
    assert sorted(ask(log, "SELECT run, step, latency FROM messages")) == expected


def test_an_answer_that_came_later_is_in_its_message(tmp_path: Path) -> None:
    asked = lock(1, "a", "MutexLock", deferred=True)
    answer = {"run": "r", "step": 4, "vt": 40, "event": "answer", "actor": "m", "to": "a", "of": 1,
              "answer": 7}  # fmt: skip
    found = ask(
        save(tmp_path / "log", asked, answer),
        "SELECT answer, answered_step, answered_vt FROM messages",
    )
    assert found == [("7", 4, 40)]


def lock(step: int, actor: str, kind: str, **fields: Any) -> dict[str, Any]:
    record = {"run": "r", "step": step, "vt": step * 10, "event": "deliver", "actor": actor}
    return {**record, "to": "m", "message": f"{kind}()", "type": kind, "cause": 0, **fields}


LOCKS = "SELECT lock, holder, wait, hold FROM locks ORDER BY asked_step"


def test_a_lock_is_waited_for_and_held(tmp_path: Path) -> None:
    made = [
        lock(1, "a", "MutexLock"),
        lock(2, "b", "MutexLock", deferred=True),
        lock(5, "a", "MutexUnlock"),
        {"run": "r", "step": 5, "vt": 50, "event": "answer", "actor": "m", "to": "b", "of": 2},
        lock(9, "b", "MutexUnlock"),
    ]
    assert ask(save(tmp_path / "log", *made), LOCKS) == [("m", "a", 0, 40), ("m", "b", 30, 40)]


def test_a_trylock_that_failed_holds_nothing(tmp_path: Path) -> None:
    made = [
        lock(1, "a", "DownReadTrylock", answer=False),
        lock(2, "b", "DownReadTrylock", answer=True),
        lock(3, "b", "UpRead"),
    ]
    assert ask(save(tmp_path / "log", *made), LOCKS) == [("m", "b", 0, 10)]


def test_waits_of_a_recording_come_from_its_contention_events(tmp_path: Path) -> None:
    made = [
        {"run": "r", "step": step, "vt": step * 10, "event": event, "actor": "t", "lock": "m",
         "waiter": "t"}
        for step, event in ((1, "contention_begin"), (4, "contention_end"))
    ]  # fmt: skip
    assert ask(save(tmp_path / "log", *made), LOCKS) == [("m", "t", 30, None)]


def test_a_refcount_that_was_not_taken_did_not_change(tmp_path: Path) -> None:
    made = [
        lock(1, "a", "r", message="refcount_inc_not_zero()", answer=True),
        lock(2, "a", "r", message="refcount_dec_and_test()", answer=True),
        lock(3, "b", "r", message="refcount_inc_not_zero()", answer=False),
    ]
    found = ask(save(tmp_path / "log", *made), 'SELECT step, "by", change FROM refcounts')
    assert sorted(found) == [(1, "a", 1), (2, "a", -1), (3, "b", 0)]


def test_a_shrink_has_what_was_asked_for_and_what_was_freed(
    log: Path, records: list[dict[str, Any]]
) -> None:
    found = ask(log, "SELECT sum(freed) FROM shrinks")
    ends = [each["retval"] for each in records if each["event"] == "mm_shrink_slab_end"]
    assert ends
    assert found == [(sum(ends),)]


@pytest.mark.parametrize("name", [view.name for view in VIEWS])
def test_each_view_can_be_asked(log: Path, name: str) -> None:
    assert ask(log, f"SELECT count(*) FROM {name}")[0][0] > 0  # noqa: S608  # a name of ours


def test_every_field_of_a_rule_is_a_column() -> None:
    fields = {column.field for column in columns()}
    assert fields >= {"shr", "rcuname", "gpevent", "rhp", "info", "waiter"}


def test_no_two_columns_have_one_name() -> None:
    names = [column.name for column in columns()]
    assert len(names) == len(set(names))


def test_fields_is_left_out_where_it_is_not_wanted() -> None:
    (events, *_), (more, *_) = views(whole=False), views(whole=True)
    assert '"fields"' not in events.query
    assert '"fields"' in more.query
