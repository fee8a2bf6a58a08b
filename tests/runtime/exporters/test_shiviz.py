"""ShiViz, by its rules: an expression that reads every line, and clocks that count events."""

import io
import json
import re
from typing import Any

import pytest
from tests.runtime.exporters.recorded import HOSTILE, LEGEND, long, named, recorded

from slabrace.runtime.exporters.shiviz import MOST, write
from slabrace.runtime.run_log import RunLog


def events(run: RunLog, remarks: int = 0) -> list[tuple[str, str, dict[str, int]]]:
    """Read as the page does: the whole text by the expression of its first line."""
    out = io.BytesIO()
    assert len(write(run, LEGEND, out)) == remarks
    expression, delimiter, text = out.getvalue().decode().split("\n", 2)
    assert delimiter == ""
    ours = re.sub(r"\(\?<(\w+)>", r"(?P<\1>", expression)
    found = list(re.finditer(ours, text))
    assert "".join(f"{each[0]}\n" for each in found) == text  # nothing is left unread
    return [(each["event"], each["host"], json.loads(each["clock"])) for each in found]


@pytest.mark.parametrize(
    ("run", "cut"), [(recorded(), 0), (long(MOST + 501), 1)], ids=["whole", "cut"]
)
def test_the_clock_of_each_host_begins_at_1_and_rises_by_1(run: RunLog, cut: int) -> None:
    last: dict[str, int] = {}
    for _, host, clock in events(run, cut):
        assert clock[host] == last.get(host, 0) + 1
        assert all(0 < count <= last.get(other, 0) for other, count in clock.items()
                   if other != host)  # fmt: skip
        last[host] = clock[host]


def test_what_happened_before_what_is_as_in_the_log() -> None:
    run = recorded()
    told = [record for record in run.records if record["event"] == "deliver"]
    read = [each for each in events(run) if each[0].startswith("-> ")]
    assert len(told) == len(read)

    def before(first: dict[str, Any], second: dict[str, Any]) -> bool:
        return bool(second["clock"].get(first["actor"], -1) >= first["step"])

    for first, (_, host, clock) in zip(told, read, strict=True):
        for second, (_, _, other) in zip(told, read, strict=True):
            assert before(first, second) == (other.get(host, 0) >= clock[host])


def test_a_long_run_keeps_its_end() -> None:
    found = events(long(MOST + 500), remarks=1)
    assert len(found) == MOST
    assert found[-1][0] == f"-> x: Store(x, {MOST + 500}) = 0 step={MOST + 500}"


def test_the_violation_is_the_last_event_of_who_did_it() -> None:
    assert events(recorded())[-1][:2] == ("*** no_use_after: x was used after it was gone", "b")


def test_a_host_has_no_space_in_it() -> None:
    found = events(named(recorded(), "b", f"{HOSTILE}\n{{}}"))
    assert len(found) == len(events(recorded()))


def test_of_a_run_without_deliveries_it_says_that_there_is_nothing_to_draw() -> None:
    run = recorded()
    run.records[:] = [each for each in run.records if each["event"] != "deliver"]
    assert events(run, remarks=1) == []
