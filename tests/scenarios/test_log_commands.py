"""`slabrace log`: what each of its commands prints, and what it says of bad input."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.scenarios.console import Command, process
from tests.scenarios.logs import kept, needs_duckdb, records_of, save, written

A2 = "A2_teardown_race"
REFUSED = [
    (["show", "LOG", "--time", "1h.."], "--time 1h..: expected a number and ns, us, ms or s"),
    (["show", "LOG", "--around", "3", "--context", "-1"], "expected 0 or more lines"),
    (["show", "LOG", "--where", "x"], "--where x: expected field=value"),
    (["show", "LOG", "--before", "99999"], "no delivery at this step; the nearest are at"),
    (["show", "LOG", "--follow", "--json"], "--follow has no end"),
    (["show", "LOG", "--follow", "--after", "3"], "--follow has no end"),
    (["why", "LOG", "99999"], "no delivery at step 99999"),
    (["why", "LOG"], "no law is broken in this log"),
    (["why", "LOG", "3", "--limit", "0"], "expected 1 or more"),
    (["why", "EMPTY", "3"], "EMPTY has no event"),
    (["diff", "LOG", "EMPTY"], "EMPTY has no event"),
    (["diff", "LOG", "LOG", "--run-a", "x"], "has no run x"),
    (["stats", "EMPTY"], "has no event; is it a log that slabrace wrote?"),
    (["stats", "GONE"], "cannot read the log"),
    (["convert", "LOG", "LOG"], "a log cannot be converted into itself"),
    (["convert", "LOG", "no/where/x.jsonl"], "cannot write the log"),
    (["convert", "EMPTY", "OUT"], "has no event; is it a log that slabrace wrote?"),
]


@pytest.fixture
def slabrace(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs that break a law and runs that do not."""
    path = tmp_path_factory.mktemp("broken") / "runs.jsonl"
    return written(path, "run", A2, "--runs", "300", "--seed", "0")


def rows(out: str) -> list[str]:
    return [line for line in out.splitlines() if "us  " in line]


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "told"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_makes_no_sense_is_refused_and_why(
    slabrace: Command, log: Path, tmp_path: Path, words: list[str], told: str
) -> None:
    empty = tmp_path / "EMPTY"
    empty.write_text("")
    names = {"LOG": log, "EMPTY": empty, "GONE": tmp_path / "gone", "OUT": tmp_path / "out.jsonl"}
    said = slabrace("log", *(names.get(word, word) for word in words))
    assert said.code == 2
    assert told in said.err + said.out
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize(
    "command", ["show", "why", "stats", "diff", pytest.param("query", marks=needs_duckdb)]
)
@pytest.mark.parametrize(
    "content",
    [b"\x7fELF\x02\x01\x00" * 500, b"\x1f\x8b\x08\x00garbage", b"PAR1 not really", b"hello\n" * 50],
    ids=["binary", "no gzip", "no parquet", "text"],
)
def test_a_file_of_another_kind_is_told_and_never_a_traceback(
    slabrace: Command, tmp_path: Path, command: str, content: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    more: dict[str, list[str | Path]] = {"diff": [path], "query": ["select 1"]}
    said = slabrace("log", command, path, *more.get(command, []))
    assert said.code == 2
    assert "Traceback" not in said.err
    assert len(said.err.splitlines()) < 30


def test_two_logs_written_into_one_another_are_read_as_far_as_they_go(
    slabrace: Command, log: Path, tmp_path: Path
) -> None:
    whole = log.read_text().splitlines(keepends=True)
    path = tmp_path / "mixed"
    path.write_text("".join([*whole[:5], whole[5][:30], *whole[6:20], whole[5][30:], *whole[20:]]))
    said = slabrace("log", "stats", path, "--json")
    assert said.code == 0
    assert [each["line"] for each in said.json["skipped"]] == [6, 20]


# -- show -----------------------------------------------------------------------------------------


def test_show_filters_by_cpu_node_and_time(slabrace: Command, log: Path) -> None:
    said = slabrace(
        "log", "show", log, "--cpu", "0", "--nid", "0", "--time", "20us..60us", "--json"
    )
    events = said.json["events"]
    assert events
    assert {(each["cpu"], each["nid"]) for each in events} == {(0, 0)}
    assert all(20_000 <= each["vt"] <= 60_000 for each in events)


def test_show_around_a_step_has_context(slabrace: Command, log: Path) -> None:
    said = slabrace("log", "show", log, "--event", "deliver", "--around", "40", "--context", "2")
    assert [int(row.split()[0]) for row in rows(said.out)] == [38, 39, 40, 41, 42] * 3


def test_show_before_a_step_leaves_out_what_is_concurrent(slabrace: Command, log: Path) -> None:
    earlier = slabrace("log", "show", log, "--event", "deliver", "--steps", "..40", "--json").json
    said = slabrace("log", "show", log, "--event", "deliver", "--before", "40", "--json")
    steps = [each["step"] for each in said.json["events"]]
    run = said.json["events"][0]["run"]
    assert steps[-1] == 40
    assert len(steps) < len([each for each in earlier["events"] if each["run"] == run])


def test_show_between_two_steps_is_in_both_cones(slabrace: Command, log: Path) -> None:
    words: list[str | Path] = ["log", "show", log, "--event", "deliver", "--json"]
    before = slabrace(*words, "--before", "60").json["events"]
    after = slabrace(*words, "--after", "9").json["events"]
    between = slabrace(*words, "--after", "9", "--before", "60").json["events"]
    assert between == [each for each in before if each in after]


def test_show_lets_no_escape_sequence_through(slabrace: Command, tmp_path: Path) -> None:
    hostile = "\x1b[2J<b>\nx"
    path = save(tmp_path / "log", {"run": "r", "step": 1, "vt": 1, "event": "x", "actor": hostile})
    said = slabrace("log", "show", path)
    assert "\x1b" not in said.out
    assert r"\x1b[2J<b>\nx" in said.out


def on_a_terminal(words: list[str | Path], **environment: str) -> bytes:
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "slabrace", *words],
        stdout=theirs,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    )
    os.close(theirs)
    out = b""
    while True:
        try:
            some = os.read(ours, 1 << 16)
        except OSError:  # nobody is at the other end any more
            break
        if not some:
            break
        out += some
    os.close(ours)
    assert running.wait(timeout=30) == 0
    return out


def test_show_has_colours_on_a_terminal_and_none_where_they_are_not_wanted(log: Path) -> None:
    words: list[str | Path] = ["log", "show", log, "--steps", "..3"]
    assert b"\x1b[" in on_a_terminal(words, NO_COLOR="")
    assert b"\x1b[" not in on_a_terminal(words, NO_COLOR="1")


def test_show_follows_a_log_that_begins_half_written_until_ctrl_c(tmp_path: Path) -> None:
    path = save(tmp_path / "log", {"run": "r", "step": 1, "vt": 1, "event": "one"})
    whole = msgspec.json.encode({"run": "r", "step": 2, "vt": 2, "event": "two"}) + b"\n"
    with path.open("ab") as file:
        file.write(whole[:12])
    running = process(["log", "show", path, "--follow"])
    assert running.stdout is not None
    while "one" not in running.stdout.readline():
        pass
    with path.open("ab") as file:
        file.write(whole[12:])
    assert "two" in running.stdout.readline()
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "skipped" not in err


def test_show_follows_no_packed_log(slabrace: Command, log: Path, tmp_path: Path) -> None:
    slabrace("log", "convert", log, tmp_path / "log.gz")
    said = slabrace("log", "show", tmp_path / "log.gz", "--follow")
    assert "a packed log cannot be followed" in said.err


# -- why ------------------------------------------------------------------------------------------


def test_why_tells_the_chain_back_from_a_broken_law(slabrace: Command, broken: Path) -> None:
    said = slabrace("log", "why", broken)
    assert said.code == 0
    told = rows(said.out)
    assert any("KASAN: double-free of shrinker_info" in line for line in told[:2])
    assert "after the start" in told[-1]
    assert sum(" kfree(" in line for line in told) == 2  # the one that is too many, and the other
    assert any("entered by" in line for line in told)


def test_why_of_a_step_as_json(slabrace: Command, log: Path) -> None:
    document = slabrace("log", "why", log, "40", "--json").json
    steps = [link["step"] for link in document["chain"]]
    assert steps[0] == 40
    assert steps == sorted(steps, reverse=True)
    assert document["complete"]


def test_why_of_a_recording_tells_the_calls(slabrace: Command, tmp_path: Path) -> None:
    made: list[dict[str, Any]] = [
        {"run": "k", "step": 2, "vt": 0, "event": "function", "actor": "t",
         "name": "do_shrink_slab", "caller": "shrink_slab"},
        {"run": "k", "step": 3, "vt": 900, "event": "mm_shrink_slab_start", "actor": "t"},
    ]  # fmt: skip
    path = save(tmp_path / "log", *made)
    told = rows(slabrace("log", "why", path, "3").out)
    assert "mm_shrink_slab_start" in told[0]
    assert told[1].endswith("do_shrink_slab() entered by t called by shrink_slab() (not recorded)")
    document = slabrace("log", "why", path, "3", "--json").json
    assert [call["name"] for call in document["calls"]] == ["do_shrink_slab"]


def test_why_says_that_there_is_more(slabrace: Command, log: Path) -> None:
    said = slabrace("log", "why", log, "40", "--limit", "2")
    assert len([line for line in rows(said.out) if "after" in line]) == 2
    assert "the latest 2 deliveries of the chain; --limit shows more" in said.err


# -- diff -----------------------------------------------------------------------------------------


def test_diff_of_a_log_with_itself_finds_nothing(slabrace: Command, broken: Path) -> None:
    said = slabrace("log", "diff", broken, broken)
    assert said.code == 0
    assert said.out.startswith("the same: run ")


def quiet_run(path: Path) -> str:
    ends = [each for each in records_of(path) if each["event"] == "end"]
    return str(next(each["run"] for each in ends if each["how"] == "quiet"))


def test_diff_tells_the_first_pick_and_what_comes_of_it(slabrace: Command, broken: Path) -> None:
    said = slabrace("log", "diff", broken, broken, "--run-b", quiet_run(broken))
    assert said.code == 1
    first, then = said.out.index("first pick that differs"), said.out.index("then, for each actor")
    assert said.out.index("double_free") < first < then < said.out.index("only A noted")


def test_diff_as_json_has_all(slabrace: Command, broken: Path) -> None:
    said = slabrace("log", "diff", broken, broken, "--run-b", quiet_run(broken), "--json")
    document = said.json
    assert said.code == 1
    assert not document["same"]
    assert document["first"]["a"]["step"] == document["first"]["b"]["step"]
    assert (document["a"]["how"], document["b"]["how"]) == ("violation", "quiet")


def test_diff_refuses_runs_of_different_scenarios(
    slabrace: Command, log: Path, broken: Path
) -> None:
    said = slabrace("log", "diff", log, broken)
    assert said.code == 2
    assert "A is expand_vs_reclaim, B is A2_teardown_race" in said.err


# -- stats ----------------------------------------------------------------------------------------


def test_stats_tells_rates_latencies_and_the_longest(slabrace: Command, log: Path) -> None:
    said = slabrace("log", "stats", log)
    assert said.out.startswith("3 runs, ")
    for head in ("EVENT", "DURATION", "LONGEST", "SPOKEN TO", "ACTOR"):
        assert f"\n{head} " in said.out


def test_stats_as_json_counts_every_event(slabrace: Command, log: Path) -> None:
    document = slabrace("log", "stats", log, "--json").json
    assert document["events"]["count"] == len(records_of(log))
    assert sum(each["count"] for each in document["by_event"]) == document["events"]["count"]
    assert document["spans"]["read-side section"]["longest"][0]["ns"] > 0


def test_stats_of_a_recording_needs_no_deliveries(slabrace: Command, tmp_path: Path) -> None:
    made: list[dict[str, Any]] = [
        {"run": "k", "step": 2, "vt": 0, "event": "mm_shrink_slab_start", "actor": "t", "shr": "s"},
        {"run": "k", "step": 3, "vt": 900, "event": "mm_shrink_slab_end", "actor": "t", "shr": "s"},
    ]
    said = slabrace("log", "stats", save(tmp_path / "log", *made))
    assert said.code == 0
    assert ["shrink", "0.900us", "t", "2..3"] in [line.split() for line in said.out.splitlines()]


# -- query ----------------------------------------------------------------------------------------


def test_query_without_duckdb_says_how_to_get_it(
    slabrace: Command, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    said = slabrace("log", "query", log, "select 1")
    assert said.code == 2
    assert said.err == (
        "slabrace: this needs DuckDB, which is not installed: pip install 'slabrace[query]'\n"
    )


@needs_duckdb
def test_query_prints_a_table(slabrace: Command, log: Path) -> None:
    said = slabrace("log", "query", log, "select 7 as n, 'x' as text, null as nothing, true as yes")
    assert said.out == "n  text  nothing  yes\n7  x              true\n"


@needs_duckdb
def test_query_prints_csv_and_json(slabrace: Command, log: Path) -> None:
    sql = "select 'a,b' as text, 1 as n union all select 'c', 2 order by n"
    assert slabrace("log", "query", log, sql, "--csv").out == 'text,n\n"a,b",1\nc,2\n'
    assert slabrace("log", "query", log, sql, "--json").json == {
        "columns": ["text", "n"],
        "rows": [["a,b", 1], ["c", 2]],
    }


@needs_duckdb
def test_query_without_a_question_lists_views_and_columns(slabrace: Command, log: Path) -> None:
    said = slabrace("log", "query", log, "--json")
    assert {row[0] for row in said.json["rows"]} == {
        "events", "messages", "sections", "grace_periods", "lifetimes", "locks", "refcounts",
        "shrinks", "spans",
    }  # fmt: skip
    assert said.json == slabrace("log", "query", log, "--schema", "--json").json


@needs_duckdb
@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("selec 1", "syntax error"),
        ("select nothing from events", 'Referenced column "nothing" not found'),
        ("select * from nowhere", "Table with name nowhere does not exist"),
        ("select * from read_text('/etc/hostname')", "disabled by configuration"),
    ],
)
def test_query_that_duckdb_refuses_is_told_with_the_views(
    slabrace: Command, log: Path, sql: str, told: str
) -> None:
    said = slabrace("log", "query", log, sql)
    assert said.code == 2
    assert told in said.err
    assert "The views are events, messages, sections" in said.err


@needs_duckdb
@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("drop view events", "expected a select, found DROP"),
        ("copy events to 'x'", "expected a select, found COPY"),
        ("select 1; select 2", "expected one question, found 2 statements"),
        ("", "expected one question, found 0 statements"),
    ],
)
def test_query_takes_questions_only(slabrace: Command, log: Path, sql: str, told: str) -> None:
    said = slabrace("log", "query", log, sql)
    assert said.code == 2
    assert told in said.err


@needs_duckdb
def test_query_reads_a_pipe(log: Path) -> None:
    with log.open("rb") as file:
        running = process(
            ["log", "query", "/dev/stdin", "select count(*) as n from events", "--csv"], stdin=file
        )
        out, _ = running.communicate(timeout=30)
    assert out == f"n\n{len(records_of(log))}\n"


@needs_duckdb
def test_query_tells_what_is_skipped(slabrace: Command, log: Path, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(log.read_text() + "oops\n")
    said = slabrace("log", "query", path, "select count(*) from events", "--csv")
    number = len(path.read_text().splitlines())
    assert said.out == f"count_star()\n{number - 2}\n"
    assert f"line {number} is skipped: not JSON: 'oops'" in said.err


# -- convert, and every command on what it makes --------------------------------------------------


@needs_duckdb
def test_every_command_reads_parquet_as_it_reads_lines(
    slabrace: Command, log: Path, tmp_path: Path
) -> None:
    other = tmp_path / "log.parquet"
    assert slabrace("log", "convert", log, other, "--json").json["events"] == len(records_of(log))
    for words in (
        ["show", "LOG", "--event", "mm_*"], ["why", "LOG", "40"], ["stats", "LOG"],
        ["show", "LOG", "--before", "30"],
        ["query", "LOG", "select actor, count(*) from events group by all order by all"],
    ):  # fmt: skip
        one, two = (
            slabrace("log", *(path if word == "LOG" else word for word in words))
            for path in (log, other)
        )
        assert (one.code, one.out) == (two.code, two.out)
    assert slabrace("log", "diff", log, other).code == 0


def test_a_conversion_that_fails_leaves_what_was_there(slabrace: Command, tmp_path: Path) -> None:
    text, out = tmp_path / "text", tmp_path / "out.jsonl"
    text.write_text("hello\n")
    out.write_text("precious")
    assert slabrace("log", "convert", text, out).code == 2
    assert out.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "text"]


def test_help_waits_for_no_database() -> None:
    code = (
        "import sys; from slabrace.scenarios.cli import main; main(['log', '--help']); "
        "sys.exit('duckdb' in sys.modules or 'matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
