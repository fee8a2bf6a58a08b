"""Perfetto's own page and trace processor read what we write for them."""

import io
from typing import Any

from tests.runtime.exporters.recorded import HOSTILE, LEGEND, named, recorded

from slabrace.actors.exporters import ftrace
from slabrace.runtime.exporters import chrome, perfetto
from slabrace.runtime.run_log import RunLog

FLOWS = """select s.name, out_track.name, arrived_track.name
from flow join slice s on slice_out = s.id join slice a on slice_in = a.id
join {table} out_track on s.track_id = out_track.id
join {table} arrived_track on a.track_id = arrived_track.id"""
THREADS = "(select thread_track.id, thread.name from thread_track join thread using (utid))"
ARROWS = [
    ("Enter()", "b", "door"),
    ("Enter()", "a", "door"),
    ("Load(x)", "b", "x"),
    ("Leave()", "b", "door"),
    ("answer: null", "door", "a"),
    ("Store(x, 6)", "b", "x"),
    ("Enter()", HOSTILE, "door"),
    ("Take()", "a", "x"),
    ("Load(x)", "b", "x"),
]
LANES = ["a", "b", HOSTILE, "x", "door"]
RUN = named(recorded(), "c", HOSTILE)


def written(exporter: Any, run: RunLog = RUN) -> bytes:
    out = io.BytesIO()
    assert exporter.write(run, LEGEND, out) == []
    return out.getvalue()


def is_complete(ui: Any) -> None:
    """Whatever the format: all slices, where they belong, and no complaint."""
    assert ui.errors() == {}
    assert ui.complaints == []
    assert ui.one("select count(*) from slice") == 28
    assert ui.query("select name from slice where dur < 0") == [("Enter()",)]
    section = "select ts, dur, depth from slice where name = 'section'"
    assert ui.query(section) == [(1000, 2000, 0)]
    around = "select p.name from slice s join slice p on s.parent_id = p.id"
    assert ui.query(f"{around} where s.name = 'Load(x)' and s.ts = 1000") == [("section",)]
    assert ui.query(f"{around} where s.name = 'published'") == [("thing",)]
    assert ui.one("select count(*) from slice where name like 'no_use_after: x was used%'") == 1


def test_a_track_event_file_is_complete(perfetto_ui: Any) -> None:
    perfetto_ui.open(written(perfetto))
    is_complete(perfetto_ui)


def test_a_track_event_has_its_track_its_arrow_and_its_arguments(perfetto_ui: Any) -> None:
    perfetto_ui.open(written(perfetto))
    assert sorted(perfetto_ui.query(FLOWS.format(table="track"))) == sorted(ARROWS)
    lanes = """select distinct name from track join args on source_arg_set_id = arg_set_id
    where key = 'sibling_order_rank' order by int_value"""
    assert [name for (name,) in perfetto_ui.query(lanes)] == ["violations", *LANES]
    values = """select flat_key, cast(int_value as text), string_value from args
    join slice using (arg_set_id) where slice.name = 'hidden' order by flat_key"""
    assert perfetto_ui.query(values) == [
        ("debug.big", str(1 << 62), None),
        ("debug.object", None, "x"),
        ("debug.ratio", None, "0.5"),
        ("debug.step", "8", None),
    ]


def test_a_chrome_file_is_complete(perfetto_ui: Any) -> None:
    perfetto_ui.open(written(chrome))
    is_complete(perfetto_ui)


def test_chrome_threads_are_the_actors_in_their_order(perfetto_ui: Any) -> None:
    perfetto_ui.open(written(chrome))
    assert sorted(perfetto_ui.query(FLOWS.format(table=THREADS))) == sorted(ARROWS)
    threads = "select name from thread where tid > 0 and upid is not null order by tid"
    found = [name for (name,) in perfetto_ui.query(threads)]
    assert list(dict.fromkeys(found)) == LANES
    assert perfetto_ui.one("select name from process where pid = 1") == "slabrace door"


def test_ftrace_text_has_the_sections_as_slices(perfetto_ui: Any) -> None:
    functions = [record for record in RUN.records if record["event"] == "function"]
    perfetto_ui.open(written(ftrace))
    assert perfetto_ui.errors() == {"systrace_parse_failure": len(functions)}
    assert perfetto_ui.query(
        "select slice.name, thread.name, ts, dur from slice"
        " join thread_track on track_id = thread_track.id join thread using (utid)"
    ) == [("section", "b", 1000, 2000)]
