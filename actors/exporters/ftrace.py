"""ftrace: the text of /sys/kernel/tracing/trace, for grep, for people, and for what reads it.

    TASK-PID     CPU#  .....  SECONDS: event: fields as TP_printk writes them

Tracepoints have the kernel's layout, so that what was made for recordings of real kernels reads
this: conform, awk scripts, Perfetto. Pointers are addresses there; comments at the top say whose.
What a recording lost is told as the kernel does, ``CPU:2 [LOST 3 EVENTS]``. The model's own events
are lines of the same shape, ``deliver: to=counter message=...``, which readers pass over. Sections
and other spans of a task are told once more as marks that Perfetto draws, ``tracing_mark_write:
B|pid|name``, since of tracepoints it draws hardly any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from operator import itemgetter
from typing import Any, BinaryIO, Final

from slabrace.actors.exporters.entries import CALM, FUNCTION, GAP, Entries, Entry, identifier
from slabrace.actors.exporters.running import Task
from slabrace.actors.exporters.tracepoints import TRACEPOINTS
from slabrace.runtime.exporters.timeline import Slice, text, timeline
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["write"]

HEAD: Final = """\
# tracer: nop
#
# entries-in-buffer/entries-written: {count}/{written}   #P:{cpus}
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
"""
TEXT: Final = "text"
"""What stood before the first key of an event, or all of it."""
Line = tuple[int, str]
Say = Callable[[Mapping[str, Any]], str]


def write(run: RunLog, legend: Legend, out: BinaryIO) -> list[str]:
    """Write ``run`` to ``out``; nothing is cut."""
    entries = Entries(run)
    stamp = seconds(run)
    last: dict[int, int] = {}  # the CPU of each task, at the time of a mark
    cpus = {0}
    gaps = 0
    lines: list[Line] = []
    for entry in entries:
        if entry.event == "actor":
            continue  # the comments say so
        cpus.add(entry.cpu)
        if entry.event == GAP:
            gaps += 1
            lines.append((entry.vt, lost(entry)))
            continue
        last[entry.task.pid] = entry.cpu
        head = prefix(entry.task, entry.cpu, stamp(entry.vt), entry.context)
        lines.append((entry.vt, head + payload(entries, entry)))
    marks = [
        (at, prefix(task, last.get(task.pid, 0), stamp(at)) + told)
        for at, task, told in marked(run, legend, entries)
    ]
    marks.sort(key=itemgetter(0))
    said = run.header.get("recording", {})
    count = len(lines) - gaps + len(marks)
    written = count + said.get("overwritten", 0)
    number = max(said.get("cpus", 0), len(cpus))
    out.write(HEAD.format(count=count, written=written, cpus=number).encode())
    out.writelines(
        f"# object {address:016x} {clean(name)}{kind(run, name)}\n".encode(errors="replace")
        for name, address in entries.addresses.objects.items()
    )
    out.writelines(
        line.encode(errors="replace") + b"\n" for _, line in merge(lines, marks, key=itemgetter(0))
    )
    return []


def seconds(run: RunLog) -> Callable[[int], str]:
    """How times are written: in microseconds, unless there are any between two of them."""
    if any(record["vt"] % 1_000 for record in run.records):
        return lambda vt: f"{vt // 1_000_000_000:5d}.{vt % 1_000_000_000:09d}"
    return lambda vt: f"{vt // 1_000_000_000:5d}.{vt // 1_000 % 1_000_000:06d}"


def kind(run: RunLog, name: str) -> str:
    """What the object of that ``name`` is, if that is known."""
    who = run.actors.get(name)
    return f" ({clean(who.kind)})" if who is not None and who.kind else ""


def prefix(task: Task, cpu: int, stamp: str, context: str = CALM) -> str:
    """All before the event."""
    return f"{clean(task.comm):>16}-{task.pid:<7d} [{cpu:03d}] {context} {stamp}: "


def lost(entry: Entry) -> str:
    """A gap."""
    amount = entry.values["amount"]
    return f"CPU:{entry.cpu} [LOST {amount} EVENTS]" if amount else f"CPU:{entry.cpu} [LOST EVENTS]"


def payload(entries: Entries, entry: Entry) -> str:
    """The event, and its fields."""
    tracepoint = TRACEPOINTS.get(entry.event)
    if tracepoint is not None:
        shown = {
            field.name: entries.shown(field, entry.values[field.name])
            for field in tracepoint.fields
        }
        return clean(f"{entry.event}: {tracepoint.text.format_map(shown)}")
    if entry.event == FUNCTION:
        return clean(f"{entry.values['ip']} <-{entry.values['parent_ip'] or '0x0'}")
    fields = " ".join(
        text(value) if name == TEXT else f"{name}={text(value)}"
        for name, value in entry.values.items()
        if value is not None and value != ""
    )
    return clean(f"{identifier(entry.event)}: {fields}")


def clean(told: str) -> str:
    """On one line."""
    return told if told.isprintable() else " ".join(told.split())


def marked(run: RunLog, legend: Legend, entries: Entries) -> Iterator[tuple[int, Task, str]]:
    """The spans of tasks as marks; those that do not nest are begun (S) and finished (F) by number.

    A message is no mark: its delivery is a line already.
    """
    number = 0
    for track in timeline(run, legend, messages=False).tracks:
        if track.name not in entries.running.tasks:
            continue
        task = entries.running.tasks[track.name]
        rows = track.rows()
        if rows:
            yield from nested(task, rows[0])
        for one in (one for row in rows[1:] for one in row):
            number += 1
            yield one.begin, task, f"tracing_mark_write: S|{task.pid}|{one.name}|{number}"
            if one.end is not None:
                yield one.end, task, f"tracing_mark_write: F|{task.pid}|{one.name}|{number}"


def nested(task: Task, row: list[Slice]) -> Iterator[tuple[int, Task, str]]:
    """Slices that nest, as begins (B) and ends (E)."""
    open_: list[int] = []
    for one in row:
        while open_ and open_[-1] <= one.begin:
            yield open_.pop(), task, f"tracing_mark_write: E|{task.pid}"
        yield one.begin, task, f"tracing_mark_write: B|{task.pid}|{one.name}"
        if one.end is not None:
            open_.append(one.end)
    while open_:
        yield open_.pop(), task, f"tracing_mark_write: E|{task.pid}"
