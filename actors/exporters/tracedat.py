"""trace.dat: version 6, as trace-cmd records it; `trace-cmd report` and KernelShark open it.

The file describes itself: the formats of its events (formats.py), the names of functions, of
constant texts and of tasks, then for each CPU its pages (ring_buffer.py). Tracepoints are the
kernel's, so that filters and plug-ins made for recordings of real kernels work; the model's own
events are a system ``slabrace``, with fields to filter by.

Readers order the events of different CPUs by time alone, and a model has many at one instant: each
is written a nanosecond after the one before, as long as that is before the next instant. The first
is not at 0, which KernelShark takes for no time at all, and then lists CPU after CPU.

Source: trace-cmd.dat.v6(5).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final

from slabrace.actors.exporters.entries import FUNCTION, GAP, Entries, Entry
from slabrace.actors.exporters.formats import Format, described
from slabrace.actors.exporters.ring_buffer import PAGE, RingBuffer
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["write"]

MAGIC: Final = b"\x17\x08\x44tracing6\0"
LITTLE_ENDIAN, LONG = 0, 8
HEADER_PAGE: Final = """\
	field: u64 timestamp;	offset:0;	size:8;	signed:0;
	field: local_t commit;	offset:8;	size:8;	signed:1;
	field: int overwrite;	offset:8;	size:1;	signed:1;
	field: char data;	offset:16;	size:4080;	signed:1;
"""
HEADER_EVENT: Final = """\
# compressed entry header
	type_len    :    5 bits
	time_delta  :   27 bits
	array       :   32 bits

	padding     : type == 29
	time_extend : type == 30
	time_stamp : type == 31
	data max type_len  == 28
"""
PLACES: Final = 16
"""Bytes for a CPU's place in the file."""


def write(run: RunLog, _legend: Legend, out: BinaryIO) -> list[str]:
    """Write ``run`` to ``out``; nothing is cut but texts of more than 512 bytes."""
    entries = Entries(run)
    found = list(entries)
    formats = described(found, entries.gfp)
    cpus = [RingBuffer() for _ in range(1 + max((entry.cpu for entry in found), default=0))]
    for at, entry in zip(instants([entry.vt for entry in found]), found, strict=True):
        if entry.event == GAP:
            cpus[entry.cpu].lose(entry.values["amount"])
            continue
        cpus[entry.cpu].put(at, packed(formats[entry.event], entry, entries))
    pages = [cpu.pages() for cpu in cpus]
    head = header(formats, entries)
    head += struct.pack("<I", len(pages)) + b"flyrecord\0"
    offset = start = up(len(head) + PLACES * len(pages))
    for each in pages:
        head += struct.pack("<QQ", offset, len(each))
        offset += len(each)
    out.write(head.ljust(start, b"\0"))
    for each in pages:
        out.write(each)
    return []


def packed(form: Format, entry: Entry, entries: Entries) -> bytes:
    """The bytes of one entry."""
    values = entry.values
    if entry.event == FUNCTION:
        values = {name: entries.addresses.of_function(value) for name, value in values.items()}
    return form.packed(entry.task.pid, values)


def instants(times: Sequence[int]) -> Iterator[int]:
    """Times, of which equal ones are told apart where there is room before the next."""
    later = list(times)
    following = -1
    for number in range(len(times) - 1, -1, -1):  # from behind: what comes at another time
        following = times[number + 1] if number + 1 < len(times) else -1
        later[number] = later[number + 1] if following == times[number] else following
    last = 0
    for at, end in zip(times, later, strict=True):
        last = at if last < at else last + 1
        if end >= 0:
            last = min(last, end - 1)
        yield last


def header(formats: Mapping[str, Format], entries: Entries) -> bytes:
    """All that comes before the list of CPUs."""
    made = MAGIC + bytes((LITTLE_ENDIAN, LONG)) + struct.pack("<I", PAGE)
    made += b"header_page\0" + sized(HEADER_PAGE) + b"header_event\0" + sized(HEADER_EVENT)
    systems: dict[str, list[Format]] = {"ftrace": []}
    for form in formats.values():
        systems.setdefault(form.system, []).append(form)
    tracers = systems.pop("ftrace")
    made += struct.pack("<I", len(tracers)) + b"".join(sized(each.described()) for each in tracers)
    made += struct.pack("<I", len(systems))
    for name, members in systems.items():
        made += name.encode() + b"\0" + struct.pack("<I", len(members))
        made += b"".join(sized(each.described()) for each in members)
    functions = sorted((place, name) for name, place in entries.addresses.functions.items())
    made += short("".join(f"{place:016x} t {name}\n" for place, name in functions))
    texts = entries.addresses.texts.items()
    made += short("".join(f'{place:#x} : "{quoted(told)}"\n' for told, place in texts))
    tasks = sorted({(task.pid, task.comm) for task in entries.running.tasks.values()})
    return made + sized("".join(f"{pid} {comm}\n" for pid, comm in tasks))


def sized(told: str) -> bytes:
    """A text after its length in eight bytes."""
    data = told.encode(errors="replace")
    return struct.pack("<Q", len(data)) + data


def short(told: str) -> bytes:
    """A text after its length in four bytes."""
    data = told.encode(errors="replace")
    return struct.pack("<I", len(data)) + data


def quoted(told: str) -> str:
    """A text between quotation marks, on one line."""
    return " ".join(told.split()).replace("\\", "\\\\").replace('"', '\\"')


def up(size: int) -> int:
    """The next full page."""
    return size + -size % PAGE
