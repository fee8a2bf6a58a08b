"""A log in DuckDB: whatever it is packed in, whatever is wrong with it, and nothing but it."""

from pathlib import Path

import pytest
from tests.scenarios.logs import kept, needs_duckdb, save

from slabrace.runtime.errors import UsageError
from slabrace.runtime.log_reader import Header, Problem, Record, read
from slabrace.scenarios.cli import main
from slabrace.scenarios.query.tables import wants_all

pytestmark = needs_duckdb


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(tmp_path_factory.mktemp("logs"))


def count(path: Path, told: list[Problem] | None = None) -> int:
    from slabrace.scenarios.query.tables import opened  # noqa: PLC0415  # only where it is installed

    problems: list[Problem] = [] if told is None else told
    with opened(path, problems.append) as database:
        found = database.execute("SELECT count(*) FROM events").fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("ending", [".jsonl.gz", ".jsonl.zst", ".parquet"])
def test_a_log_is_the_same_table_whatever_it_is_packed_in(
    log: Path, tmp_path: Path, ending: str
) -> None:
    other = tmp_path / f"runs{ending}"
    assert main(["log", "convert", str(log), str(other)]) == 0
    assert count(other) == count(log)


@pytest.mark.parametrize("ending", [".jsonl.gz", ".jsonl.zst", ".parquet"])
def test_there_and_back_is_the_same_bytes(log: Path, tmp_path: Path, ending: str) -> None:
    there, back = tmp_path / f"runs{ending}", tmp_path / "back.jsonl"
    assert main(["log", "convert", str(log), str(there)]) == 0
    assert main(["log", "convert", str(there), str(back)]) == 0
    assert back.read_bytes() == log.read_bytes()


def test_headers_between_runs_survive_in_parquet(tmp_path: Path) -> None:
    from slabrace.scenarios.query import parquet  # noqa: PLC0415  # only where it is installed

    one = save(tmp_path / "one", {"run": "r", "step": 1, "vt": 1, "event": "x"})
    two = save(tmp_path / "two", {"run": "s", "step": 1, "vt": 1, "event": "x"})
    both = tmp_path / "both"
    both.write_bytes(one.read_bytes() + two.read_bytes())
    assert main(["log", "convert", str(both), str(tmp_path / "both.parquet")]) == 0
    found = list(parquet.read(tmp_path / "both.parquet"))
    assert found == list(read(both))
    assert [type(line) for line in found] == [Header, Record, Header, Record]


def test_parquet_of_somebody_else_is_refused(tmp_path: Path) -> None:
    import duckdb  # noqa: PLC0415  # only where it is installed

    path = tmp_path / "other.parquet"
    duckdb.connect().execute(f"COPY (SELECT 1 AS x) TO '{path}' (FORMAT parquet)")
    with pytest.raises(UsageError, match="is Parquet, but no log of ours"):
        count(path)


def test_parquet_that_is_cut_short_is_told(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs.parquet"
    assert main(["log", "convert", str(log), str(path)]) == 0
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UsageError, match=r"cannot read .*runs\.parquet"):
        count(path)


BAD = '{"run":"r","step":1,"vt":1,"event":"x","actor":"a"}\n'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("oops\n", "not JSON"),
        ("[1, 2]\n", "expected a JSON object"),
        (BAD.strip() + BAD, "not JSON"),
        (BAD.replace("1,", '"one",', 1), "Expected `int`"),
        (BAD[:20] + "\n", "not JSON"),
        ("\x00\x01\xff\n", "not JSON"),
    ],
)
def test_a_line_that_is_no_event_is_skipped_and_told(
    tmp_path: Path, line: str, reason: str
) -> None:
    path = save(tmp_path / "log", {"run": "r", "step": 1, "vt": 1, "event": "x"})
    path.write_bytes(path.read_bytes() + line.encode("latin-1") + BAD.encode())
    told: list[Problem] = []
    assert count(path, told) == 2
    assert [problem.number for problem in told] == [3]
    assert reason in told[0].reason


def test_a_packed_log_that_is_cut_short_is_read_as_far_as_it_goes(
    log: Path, tmp_path: Path
) -> None:
    path = tmp_path / "runs.jsonl.gz"
    assert main(["log", "convert", str(log), str(path)]) == 0
    path.write_bytes(path.read_bytes()[:-20])
    told: list[Problem] = []
    assert 0 < count(path, told) <= count(log)
    assert told


def test_a_name_that_looks_like_a_pattern_is_a_name(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "it's [a] *.jsonl"
    path.write_bytes(log.read_bytes())
    assert count(path) == count(log)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{other}')",
        "COPY (SELECT 1) TO '{new}'",
        "ATTACH '{new}'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_sql_reaches_nothing_but_the_log(log: Path, tmp_path: Path, sql: str) -> None:
    import duckdb  # noqa: PLC0415  # only where it is installed

    from slabrace.scenarios.query.tables import opened  # noqa: PLC0415  # the same

    other, new = tmp_path / "other", tmp_path / "new"
    other.write_text("secret")
    with opened(log, lambda _: None) as database, pytest.raises(duckdb.Error):
        database.execute(sql.format(other=other, new=new)).fetchall()
    assert not new.exists()


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("select event, count(*) from events group by all", False),
        ("select count( * ) from events", False),
        ("with a as (select step from events) select max(step) from a", False),
        ("select * from events", True),
        ("select fields ->> 'x' from events", True),
        ("from events", True),
        ("summarize events", True),
    ],
)
def test_the_column_fields_is_read_only_where_it_may_be_meant(sql: str, wanted: bool) -> None:
    assert wants_all(sql) is wanted
