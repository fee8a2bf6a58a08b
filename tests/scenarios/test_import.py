"""`slabrace import`: what goes in, what is written, and what it answers to the shell."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import zstandard
from tests.scenarios.console import Command

from slabrace.actors.legend import LEGEND
from slabrace.runtime.exporters.spans import spans
from slabrace.runtime.log_reader import Problem, Record, read
from slabrace.runtime.log_types import json_schema
from slabrace.runtime.run_log import RunLog

DATA = Path(__file__).parents[1] / "data"
TRACE = DATA / "recordings" / "trace.txt"
OVERLAP = DATA / "linux-6.12-overlap.txt"
SHARED = Path(
    os.environ.get("SLABRACE_SHARED", Path(__file__).resolve().parents[2].parent / "shared")
)


def varied(lines: int) -> bytes:
    """A recording that cannot be packed well: so what is left of half of it is many lines."""
    return b"".join(
        b"  a-%d [000] ..... %d.5: kmalloc: ptr=%x\n" % (n % 99, n, n**9) for n in range(lines)
    )


@pytest.fixture
def slabrace(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "kernel.log"


def records(log: Path) -> list[dict[str, Any]]:
    lines = list(read(log))
    assert [line for line in lines if isinstance(line, Problem)] == []
    return [line.fields for line in lines if isinstance(line, Record)]


def test_what_became_of_the_lines_is_told(slabrace: Command, log: Path) -> None:
    said = slabrace("import", TRACE, "--log", log)
    assert (said.code, said.err) == (0, "")
    assert "17 lines, 9 events of 1 run, from 10.613779 to 10.800000" in said.out
    assert "3 events lost by the ring buffer" in said.out
    assert "3 events overwritten" in said.out
    assert f"slabrace log show {log}" in said.out


def test_as_json_it_is_one_document(slabrace: Command, log: Path) -> None:
    document = slabrace("import", TRACE, "--log", log, "--json").json
    assert document["header"]["recording"]["tracer"] == "function"
    assert document["by_event"]["function"] == 2
    assert (document["log"], document["first"], document["last"]) == (
        str(log), "10.613779", "10.800000",
    )  # fmt: skip
    assert document["lines"] == sum(document[key] for key in ("events", "gaps", "skipped_lines"))


def test_log_show_reads_what_it_writes(slabrace: Command, log: Path) -> None:
    slabrace("import", TRACE, "--log", log)
    said = slabrace("log", "show", log, "--event", "mm_shrink_*", "--shrinker", "ffff8*")
    assert said.code == 0
    assert said.out.count("nid=1") == 2


@pytest.mark.parametrize("layout", ["trace", "trace-cmd", "perf-script"])
def test_every_line_that_is_written_fits_the_published_schema(
    slabrace: Command, log: Path, tmp_path: Path, layout: str
) -> None:
    twice = tmp_path / "twice.txt"
    twice.write_text((TRACE.with_stem(layout).read_text() + "hello\n") * 2)
    slabrace("import", twice, "--log", log)
    validator = jsonschema.Draft202012Validator(json_schema())
    lines = log.read_text().splitlines()
    assert len(lines) > 2 * 9 + 7
    for line in lines:
        validator.validate(json.loads(line))


@pytest.mark.parametrize("suffix", ["log", "log.gz", "log.zst"])
def test_the_log_is_packed_by_its_name(slabrace: Command, tmp_path: Path, suffix: str) -> None:
    plain, packed = tmp_path / "plain.log", tmp_path / f"packed.{suffix}"
    for path in (plain, packed):
        assert slabrace("import", OVERLAP, "--log", path).code == 0
    assert records(packed) == records(plain)


def test_stdin_is_read(slabrace: Command, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO(gzip.compress(TRACE.read_bytes()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(packed))
    assert slabrace("import", "-", "--log", log).code == 0
    assert json.loads(log.read_text().splitlines()[0])["source"] == "stdin"
    assert len(records(log)) == 9 + 7 + 2


def test_the_log_does_not_say_where_the_file_was(
    slabrace: Command, log: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.gz"
    damaged.write_bytes(gzip.compress(varied(5000))[:50_000])
    slabrace("import", damaged, "--log", log)
    assert records(log)[-1]["how"] == "damaged"
    assert str(tmp_path) not in log.read_text()


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_of_a_damaged_file_what_can_be_read_is_written(
    slabrace: Command, log: Path, tmp_path: Path, kind: str
) -> None:
    pack = gzip.compress if kind == "gz" else zstandard.ZstdCompressor().compress
    packed = pack(varied(20_000))
    damaged = tmp_path / f"damaged.{kind}"
    damaged.write_bytes(packed[: len(packed) // 2])
    said = slabrace("import", damaged, "--log", log)
    assert said.code == 2
    assert "damage after line" in said.err
    *_, remark, end = records(log)
    assert (remark["event"], remark["why"], end["how"]) == ("remark", "damage", "damaged")
    document = slabrace("import", damaged, "--log", log, "--json")
    assert (document.code, "damage after line" in document.json["error"]) == (2, True)
    assert document.json["events"] > 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "an empty file"),
        (b"hello\nworld\n", "none in 2 lines (line 1: 'hello')"),
        (b"# tracer: nop\n#\n", "none in 2 lines"),
        (b"\x7fELF\0\0\0", "binary data"),
        (b"\x17\x08\x44tracing6\0", "trace-cmd report"),
        (b"\x1f\x8bnonsense", "damage after line 0"),
        (b"\x28\xb5\x2f\xfdnonsense", "damage after line 0"),
        (b"x" * 3_000_000, "a line of more than"),
        (b" a-1 [000] ..... 1.0: mm_shrink_slab_start: half a li\n", "none in 1 lines"),
    ],
)
def test_what_cannot_be_used_says_so_and_leaves_what_is_there(
    slabrace: Command, log: Path, tmp_path: Path, content: bytes, told: str
) -> None:
    log.write_text("kept")
    path = tmp_path / "input"
    path.write_bytes(content)
    said = slabrace("import", path, "--log", log)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert "expected" in said.err
    assert log.read_text() == "kept"
    assert told in slabrace("import", path, "--log", log, "--json").json["error"]


def test_foreign_text_among_the_lines_is_skipped_and_counted(
    slabrace: Command, log: Path, tmp_path: Path
) -> None:
    whole = TRACE.read_text().splitlines()
    mixed = tmp_path / "mixed.txt"
    mixed.write_text(
        "\n".join([*whole[:12], "dmesg: hello", whole[12][:40] + whole[13], *whole[14:]])
    )
    said = slabrace("import", mixed, "--log", log)
    assert said.code == 0
    assert "line 13 is foreign: dmesg: hello" in said.out
    assert "line 14 is broken" in said.out
    assert records(log)[-1]["skipped"] == {"comments": 7, "foreign": 1, "broken": 1}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["import", "no/trace", "--log", "x.log"], "No such file"),
        (["import", str(DATA), "--log", "x.log"], "Is a directory"),
        (["import", str(TRACE), "--log", "no/such/folder/x.log"], "cannot write the log"),
        (["import", str(TRACE), "--log", "/dev/full"], "No space left on device"),
        (["import", str(TRACE), "--log", str(TRACE)], "the recording itself"),
        (["import", str(TRACE)], "--log"),
        (["import", "--josn", "--log", "x.log"], "unknown option --josn"),
    ],
)
def test_wrong_input_is_told_of(
    slabrace: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = slabrace(*words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_nobody_prints_a_violation_into_a_log(slabrace: Command, log: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.txt"
    head = '  </script>"-1 [000] ..... 1.0: '
    hostile.write_text(
        f"{head}violation: law=x\n{head}end: how=quiet\n{head}e: schema=slabrace.log/9 run=1\n"
        f"{head}actor: kind=cpu\n{head}deliver: to=a\n"
    )
    slabrace("import", hostile, "--log", log)
    run = RunLog.read(log)
    assert run.violations == []
    assert run.actors == {'</script>"-1': ("task", True)}
    assert [r["event"] for r in run.records if r["event"].endswith("_")] == [
        "violation_", "end_", "actor_", "deliver_",
    ]  # fmt: skip


def test_memory_does_not_grow_with_the_file(slabrace: Command, tmp_path: Path, log: Path) -> None:
    def peak(copies: int) -> int:
        path = tmp_path / "long.txt"
        path.write_text(OVERLAP.read_text() * copies)
        tracemalloc.start()
        assert slabrace("import", path, "--log", log).code == 0
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(1)  # modules
    assert peak(60) < 2 * peak(6)


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("linux-6.1-churn-functions", 118),
        ("linux-6.1-churn", 994),
        ("linux-6.1-phases-11-functions", 8),
        ("linux-6.1-stress-4001", 34),
        ("linux-6.12-churn-functions", 827),
        ("linux-6.12-churn", 580),
        ("linux-6.12-phases-11-functions", 10),
        ("linux-6.12-stress-4001", 36),
    ],
)
def test_every_line_of_a_real_kernel_is_an_event(
    slabrace: Command, log: Path, name: str, pairs: int
) -> None:
    path = SHARED / "traces" / f"{name}.txt.gz"
    if not path.exists():
        pytest.skip(f"no recordings beside the repository: {path.name} (set SLABRACE_SHARED)")
    document = slabrace("import", path, "--log", log, "--json").json
    assert document["events"] == document["header"]["recording"]["entries"]
    assert document["skipped_lines"] == document["skipped"]["comments"] == 12
    run = RunLog.read(log)
    shrinks = [span for span in spans(run.records, LEGEND) if span.name == "shrink"]
    assert len(shrinks) == pairs
    assert all(span.end is not None for span in shrinks)
