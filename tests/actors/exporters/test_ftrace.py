"""ftrace text: the kernel's layout, so that what reads recordings reads this."""

import io
import re
from typing import Any

from tests.actors.exporters.kernel_log import RECORDING, imported, recorded
from tests.runtime.exporters.recorded import HOSTILE, named

from slabrace.actors.exporters.ftrace import write
from slabrace.actors.legend import LEGEND
from slabrace.runtime.run_log import RunLog
from slabrace.scenarios.conform.ftrace import End, Parser, Start

LINE = re.compile(r"\s*\S.*-\d+\s+\[\d{3}\] \.{5}\s+\d+\.\d{6,9}: .+")


def lines(run: RunLog) -> list[str]:
    out = io.BytesIO()
    assert write(run, LEGEND, out) == []
    return out.getvalue().decode().splitlines()


def only(run: RunLog, event: str) -> str:
    return next(line.partition(f"{event}: ")[2] for line in lines(run) if f" {event}: " in line)


def numbers(record: dict[str, Any], *names: str) -> list[Any]:
    return [record.get(name) for name in names]


def test_conform_reads_back_the_same_numbers() -> None:
    run = recorded()
    parser = Parser()
    read = [found for line in lines(run) if (found := parser.feed(line)) is not None]
    starts = [each for each in read if isinstance(each, Start)]
    ends = [each for each in read if isinstance(each, End)]
    begun = [each for each in run.records if each["event"] == "mm_shrink_slab_start"]
    ended = [each for each in run.records if each["event"] == "mm_shrink_slab_end"]
    assert parser.broken == []
    assert [
        [s.cpu, s.nid, s.nr, s.gfp, s.freeable, s.delta, s.total_scan, s.priority] for s in starts
    ] == [
        numbers(
            each, "cpu", "nid", "nr_objects_to_shrink", "gfp_flags", "cache_items", "delta",
            "total_scan", "priority",
        )
        for each in begun
    ]  # fmt: skip
    assert [[e.cpu, e.nid, e.nr, e.new, e.total_scan, e.freed] for e in ends] == [
        numbers(each, "cpu", "nid", "unused_scan", "new_scan", "total_scan", "retval")
        for each in ended
    ]
    assert [round(each.time * 1e9) for each in starts] == [each["vt"] for each in begun]
    assert starts[0].shrinker == ends[0].shrinker != starts[1].shrinker
    assert starts[0].callback == "super_cache_scan+0x0/0x0"


def test_every_line_has_a_task_a_cpu_and_a_time() -> None:
    told = lines(recorded())
    assert told[0] == "# tracer: nop"
    body = [line for line in told if not line.startswith("#")]
    assert [line for line in body if not LINE.fullmatch(line)] == []
    marks = [line for line in body if "tracing_mark_write" in line]
    assert len(body) - len(marks) == sum(each["event"] != "actor" for each in recorded().records)


def test_comments_say_whose_address_it_is() -> None:
    told = lines(recorded())
    (address,) = [line.split()[2] for line in told if line.endswith(" sb-S (shrinker)")]
    assert f"super_cache_scan+0x0/0x0 {address}: nid: 1" in only(recorded(), "mm_shrink_slab_start")


def test_what_an_object_notes_was_done_by_whoever_sent_to_it() -> None:
    (begun,) = [line for line in lines(recorded()) if " contention_begin: " in line]
    assert begun.split()[0] == "reclaimer0-1001" or begun.split()[0].startswith("reclaimer0-")
    assert begun.endswith("(flags=MUTEX)")


def test_what_was_allocated_says_in_which_function() -> None:
    run = recorded()
    run.records.insert(6, {**run.records[5], "event": "function", "name": "alloc_shrinker_info"})
    run.records[5], run.records[6] = run.records[6], run.records[5]
    assert only(run, "kmalloc").startswith("call_site=alloc_shrinker_info+0x0/0x0 ptr=ffff8880")


def test_times_between_microseconds_are_kept() -> None:
    run = recorded()
    run.records[-1]["vt"] += 7
    assert any("0.000009007: mm_shrink_slab_start" in line for line in lines(run))
    assert not any("0.000009007" in line for line in lines(recorded()))


def test_a_hostile_name_is_on_one_line() -> None:
    told = lines(named(recorded(), "mounter0", f"{HOSTILE}\n# evil"))
    assert len(told) == len(lines(recorded()))
    assert [line for line in told if line.startswith("# evil")] == []


def test_a_recording_of_a_kernel_keeps_its_tasks_and_addresses() -> None:
    run = named(named(recorded(), "reclaimer0", "init-366"), "sb-S", "ffff89220b569b80")
    run.header["host"] = "kernel"
    shrunk = next(line for line in lines(run) if "mm_shrink_slab_start" in line)
    assert shrunk.startswith("            init-366     [000]")
    assert "super_cache_scan+0x0/0x0 ffff89220b569b80: nid: 1" in shrunk


def test_what_the_log_says_of_itself_is_no_line() -> None:
    run = recorded()
    before = lines(run)
    run.records.append({**run.records[-1], "event": "end", "how": "quiet"})
    assert lines(run) == before
    assert not any(" actor: " in line for line in before)


def test_a_recording_is_told_as_it_was() -> None:
    told = lines(imported(RECORDING))
    assert told[2] == "# entries-in-buffer/entries-written: 7/14   #P:4"
    wanted = [" ".join(line.split()) for line in RECORDING.splitlines() if line[0] != "#"]
    stamp = re.compile(r"\d\.(\d{6}):")
    got = [" ".join(stamp.sub(r"1.\1:", line).split()) for line in told if line[0] != "#"]
    marks = [line for line in got if "tracing_mark_write: B|" in line]
    assert len(marks) == 1
    ended = [line for line in got if "tracing_mark_write: E|" in line]
    body = [line for line in got if line not in marks + ended]
    assert body == wanted


def test_an_import_of_what_was_written_has_the_same_events() -> None:
    run = imported(RECORDING)
    again = imported("\n".join(lines(run)))
    for name in ("mm_shrink_slab_start", "mm_shrink_slab_end", "function", "lost", "sched_waking"):
        before = [each for each in run.records if each["event"] == name]
        after = [each for each in again.records if each["event"] == name]
        assert [bare(each) for each in after] == [bare(each) for each in before]
        assert before


def bare(record: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on the place in the file."""
    return {**record, "run": "", "step": 0}
