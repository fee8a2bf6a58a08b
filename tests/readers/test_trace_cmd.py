"""trace-cmd reads our trace.dat: as many events, and the text that we write for ftrace."""

import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.actors.exporters.kernel_log import RECORDING, imported, recorded
from tests.runtime.exporters.recorded import HOSTILE, LEGEND, long, named

from slabrace.actors.exporters import ftrace, tracedat
from slabrace.actors.exporters.tracepoints import TRACEPOINTS
from slabrace.runtime.run_log import RunLog

LINE = re.compile(r"\s*(\S+)-(\d+)\s+\[(\d+)\](?: \.{5})?\s+([\d.]+): (\w+):\s+(.*?)\s*")

pytestmark = pytest.mark.skipif(
    shutil.which("trace-cmd") is None, reason="trace-cmd is not installed"
)


def report(run: RunLog, folder: Path, *options: str) -> list[str]:
    path = folder / "trace.dat"
    with path.open("wb") as out:
        tracedat.write(run, LEGEND, out)
    done = subprocess.run(
        ["trace-cmd", "report", *options, "-i", str(path)],
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()[1:]


def test_a_gap_in_a_recording_is_told_where_it_was(tmp_path: Path) -> None:
    got = report(imported(RECORDING), tmp_path)
    assert [line for line in got if "DROPPED" in line] == [
        "CPU:2 [3 EVENTS DROPPED]", "CPU:1 [EVENTS DROPPED]",
    ]  # fmt: skip
    assert parsed(got[3])[4] == "mm_shrink_slab_end"


def test_what_an_event_does_not_have_is_not_printed(tmp_path: Path) -> None:
    for line in report(recorded(), tmp_path):
        assert "= " not in line, line


def text(run: RunLog) -> list[str]:
    out = io.BytesIO()
    ftrace.write(run, LEGEND, out)
    lines = out.getvalue().decode().splitlines()
    return [line for line in lines if line[0] != "#" and "tracing_mark_write" not in line]


def parsed(line: str) -> tuple[str, ...]:
    found = LINE.fullmatch(line)
    assert found is not None, line
    return found.groups()


def same(told: str) -> str:
    """What trace-cmd prints in another way than the kernel: sizes of functions, hexadecimals."""
    told = re.sub(r"^\(\S+\) ", "", told).replace("0x0/0x0", "0x0")
    return re.sub(r"0x(?=[0-9a-f]{16})", "", told)


def test_every_event_is_there_with_its_task_cpu_and_time(tmp_path: Path) -> None:
    run = recorded()
    told = report(run, tmp_path)
    assert len(told) == len(run.records)
    got = [parsed(line) for line in told if " actor: " not in line]
    wanted = [
        parsed(line if " <-" not in line else line.replace(" <-", ": "))[:4] for line in text(run)
    ]
    assert [each[:4] for each in got] == wanted


def test_a_tracepoint_reads_as_in_the_text_of_ftrace(tmp_path: Path) -> None:
    run = recorded()
    got = [parsed(line) for line in report(run, tmp_path)]
    wanted = [parsed(line) for line in text(run) if " <-" not in line]
    ours = [(event, same(told)) for *_, event, told in got if event in TRACEPOINTS]
    theirs = [(event, same(told)) for *_, event, told in wanted if event in TRACEPOINTS]
    assert ours == theirs
    assert {event for event, _ in ours} == set(TRACEPOINTS) - {"rcu_utilization"}


def test_the_models_own_events_can_be_filtered_by_their_fields(tmp_path: Path) -> None:
    found = report(recorded(), tmp_path, "-F", 'deliver: to == "shrinker_mutex" && step > 2')
    assert [parsed(line)[4] for line in found] == ["deliver"]
    assert "message=mutex_unlock()" in found[0]
    freed = report(recorded(), tmp_path, "-F", "mm_shrink_slab_end: retval > 10")
    assert len(freed) == 1


def test_a_function_is_the_function_tracers(tmp_path: Path) -> None:
    (line,) = [line for line in report(recorded(), tmp_path) if "function:" in line]
    assert parsed(line)[5].startswith("shrink_slab")


def test_many_pages_and_long_pauses_are_read_back(tmp_path: Path) -> None:
    run = long(3_000)
    for record in run.records:
        record["vt"] *= 1_000  # a millisecond apart
        if record["step"] > 1_500:
            record["vt"] += 3_600_000_000_000
    got = report(run, tmp_path)
    assert len(got) == len(run.records)
    times = [float(parsed(line)[3]) for line in got]
    assert times == [record["vt"] / 1e9 for record in run.records]


def test_a_hostile_name_is_a_field_like_others(tmp_path: Path) -> None:
    got = report(named(recorded(), "sb-S", HOSTILE), tmp_path)
    assert len(got) == len(recorded().records)
    assert any(f"name={HOSTILE[:20]}" in line for line in got)


def test_texts_that_no_page_would_hold_are_cut(tmp_path: Path) -> None:
    run = recorded()
    huge: dict[str, Any] = {f"field{number}": "x" * 5_000 for number in range(3)}
    run.records.append({**run.records[-1], "event": "huge", **huge})
    assert "field2=xxx" in report(run, tmp_path)[-1]
