"""Mermaid's text, without mermaid: what is cut, and what is escaped."""

import io

from tests.runtime.exporters.recorded import HOSTILE, LEGEND, long, named, recorded

from slabrace.runtime.exporters.mermaid import MOST, write
from slabrace.runtime.run_log import RunLog


def text(run: RunLog) -> tuple[str, list[str]]:
    out = io.BytesIO()
    remarks = write(run, LEGEND, out)
    return out.getvalue().decode(), remarks


def test_a_short_run_is_there_as_a_whole() -> None:
    told, remarks = text(recorded())
    assert remarks == []
    assert told.startswith("sequenceDiagram\n    participant a0 as a\n")
    assert "    a1->>a3: Load(x) = 5\n" in told


def test_what_waits_has_an_open_arrow_and_its_answer_a_dashed_one() -> None:
    told, _ = text(recorded())
    assert "    a0-)a4: Enter()\n" in told
    assert "    a4-->>a0: answer\n" in told


def test_of_a_long_run_the_end_is_kept_and_the_rest_told_of() -> None:
    told, remarks = text(long(1_000))
    (remark,) = remarks
    assert remark.startswith("the first 700 of 1,000 rows were left out")
    assert "(700 rows before this are left out)" in told
    assert "Store(x, 701) " in told
    assert "Store(x, 700) " not in told
    assert "Store(x, 1000) " in told


def test_no_text_is_longer_than_a_reader_takes() -> None:
    run = long(1_000)
    for record in run.records[3:]:
        record["message"] += ";" * 100
    told, remarks = text(run)
    assert len(told) <= MOST
    assert len(remarks) == 1
    assert "Store(x, 1000)" in told


def test_one_row_is_one_line_and_no_name_can_add_another() -> None:
    told, _ = text(named(recorded(), "x", f"{HOSTILE}\n    a0->>a1: evil"))
    assert len(told.splitlines()) == len(text(recorded())[0].splitlines())
    assert "%%{" not in told
    assert ";#35;end" not in told.replace("#59;#35;end", "")


def test_a_run_of_nothing_is_a_diagram_of_nothing() -> None:
    assert text(RunLog({}, "r", [])) == ("sequenceDiagram\n", [])
