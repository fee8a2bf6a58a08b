"""trace.dat without trace-cmd: what does not depend on a reader."""

import io

import pytest
from tests.actors.exporters.kernel_log import recorded

from slabrace.actors.exporters.tracedat import instants, write
from slabrace.actors.legend import LEGEND
from slabrace.runtime.run_log import RunLog


def data(run: RunLog) -> bytes:
    out = io.BytesIO()
    assert write(run, LEGEND, out) == []
    return out.getvalue()


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ([0, 0, 0, 1000], [1, 2, 3, 1000]),
        ([5, 5, 5, 6], [5, 5, 5, 6]),
        ([5, 5, 5, 7], [5, 6, 6, 7]),
        ([9, 9], [9, 10]),
        ([], []),
    ],
)
def test_events_of_one_instant_are_told_apart_where_there_is_room(
    times: list[int], told: list[int]
) -> None:
    assert list(instants(times)) == told


def test_the_same_run_is_the_same_bytes() -> None:
    assert data(recorded()) == data(recorded())


def test_the_formats_are_the_kernels_with_its_offsets() -> None:
    head = data(recorded())
    assert head.startswith(b"\x17\x08\x44tracing6\0\0\x08\0\x10\0\0header_page\0")
    for line in (
        b"\tfield:long nr_objects_to_shrink;\toffset:32;\tsize:8;\tsigned:1;\n",
        b"\tfield:int priority;\toffset:72;\tsize:4;\tsigned:1;\n",
        b"\tfield:long total_scan;\toffset:56;\tsize:8;\tsigned:1;\n",
        b"\tfield:__data_loc char[] path;\toffset:24;\tsize:4;\tsigned:0;\n",
    ):
        assert line in head


def test_a_recording_without_events_is_a_file_without_pages() -> None:
    assert b"flyrecord\0" in data(RunLog({}, "r", []))
