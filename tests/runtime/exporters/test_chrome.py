"""Chrome JSON: the rules of the format that a reader cannot tell us of."""

import io
import json
from collections import Counter
from typing import Any

from tests.runtime.exporters.recorded import LEGEND, long, recorded

from slabrace.runtime.exporters.chrome import write
from slabrace.runtime.run_log import RunLog


def document(run: RunLog) -> dict[str, Any]:
    out = io.BytesIO()
    assert write(run, LEGEND, out) == []
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def test_times_are_microseconds_and_shown_in_nanoseconds() -> None:
    run = recorded()
    run.records[-2]["vt"] = 9001
    told = document(run)
    assert told["displayTimeUnit"] == "ns"
    assert [each["ts"] for each in told["traceEvents"] if each["ph"] == "i"] == [9.001]


def test_a_violation_is_an_instant_of_all() -> None:
    (instant,) = [each for each in document(recorded())["traceEvents"] if each["ph"] == "i"]
    assert instant["s"] == "g"
    assert instant["name"] == "no_use_after: x was used after it was gone"


def test_each_arrow_begins_and_ends_in_a_slice() -> None:
    events = document(recorded())["traceEvents"]
    count = Counter(each["ph"] for each in events)
    assert count["s"] == count["f"] == 9
    for place, each in enumerate(events):
        if each["ph"] in "sf":
            near = next(e for e in reversed(events[:place]) if e["ph"] in "XB")
            assert (near["tid"], near["ts"]) == (each["tid"], each["ts"])
            assert each["ph"] == "s" or each["bp"] == "e"


def test_the_document_is_whole_however_long_it_is() -> None:
    events = document(long(3_000))["traceEvents"]
    assert Counter(each["ph"] for each in events)["X"] == 6_000
