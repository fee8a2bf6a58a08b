"""Formats: how a trace.dat describes an event, and the bytes of one.

Each event has a description as in /sys/kernel/tracing/events/SYSTEM/NAME/format: its fields with
their offsets and sizes, and how it is printed. Tracepoints have theirs from the table. An event of
the model's own is described by what it has: a field is a number if it is one whenever it is there,
else a text (``__data_loc``: the offset and length of bytes that follow the fields), so that a
reader can filter by it.

Source: kernel/trace/trace_events.c:f_show(), v6.12.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from slabrace.actors.exporters.entries import FUNCTION, GAP, Entry, identifier
from slabrace.actors.exporters.tracepoints import ALL_GFP, TRACEPOINTS, Field
from slabrace.runtime.exporters.timeline import text

__all__ = ["OWN", "Format", "described"]

OWN: Final = "slabrace"
"""The system of the model's own events."""
COMMON: Final = (
    ("unsigned short common_type", 2, False),
    ("unsigned char common_flags", 1, False),
    ("unsigned char common_preempt_count", 1, False),
    ("int common_pid", 4, True),
)
HEAD: Final = "<HBBI"
CLEAN: Final = bytes.maketrans(b"\0\n", b"  ")
CODES: Final = {
    "int": "i", "lcb": "I", "long": "q", "ulong": "Q", "u64": "Q", "object": "Q",
    "function": "Q", "symbol": "Q", "text": "Q", "gfp": "Q", "string": "I",
}  # fmt: skip
LONGEST: Final = 512
"""Bytes of a text; more of it would not fit beside the others on a page."""
FUNCTION_FIELDS: Final = (
    Field("unsigned long ip", "function"),
    Field("unsigned long parent_ip", "function"),
)


class Format(NamedTuple):
    """One event: its number, its fields with their offsets, and how it is printed."""

    system: str
    name: str
    number: int
    fields: Sequence[Field]
    offsets: Sequence[int]
    masks: Sequence[int]
    layout: struct.Struct
    printed: str

    def described(self) -> str:
        """The text of its ``format`` file."""
        lines = [f"name: {self.name}", f"ID: {self.number}", "format:"]
        offset = 0
        for declared, size, signed in COMMON:
            lines.append(line(declared, offset, size, signed))
            offset += size
        lines.append("")
        for field, place in zip(self.fields, self.offsets, strict=True):
            code = CODES[field.kind]
            lines.append(line(field.declared, place, struct.calcsize(code), code.islower()))
        return "\n".join([*lines, "", f"print fmt: {self.printed}", ""])

    def packed(self, pid: int, values: Mapping[str, Any]) -> bytes:
        """The bytes of one event."""
        numbers: list[int] = [self.number, 0, 0, pid]
        texts = b""
        for field, most in zip(self.fields, self.masks, strict=True):
            value = values.get(field.name, values.get(field.of))
            if field.kind == "string":
                told = ("" if value is None else text(value)).encode(errors="replace")
                told = told.translate(CLEAN)[:LONGEST] + b"\0"
                value = len(told) << 16 | self.layout.size + len(texts)
                texts += told
            numbers.append(int(value or 0) & most)
        return self.layout.pack(*numbers) + texts


def line(declared: str, offset: int, size: int, signed: bool) -> str:
    """A field in a description."""
    return f"\tfield:{declared};\toffset:{offset};\tsize:{size};\tsigned:{signed:d};"


def described(entries: Iterable[Entry], gfp: Mapping[str, int]) -> dict[str, Format]:
    """The formats of all events among ``entries``, by their names; ``gfp`` are flags by name."""
    flags = ",".join(f'{{{value:#x}UL,"{name}"}}' for name, value in gfp.items())
    own: dict[str, dict[str, str]] = {}
    often: dict[str, dict[str, int]] = {}
    counts: dict[str, int] = {}
    for entry in entries:
        if entry.event == GAP:
            continue
        counts[entry.event] = counts.get(entry.event, 0) + 1
        if entry.event not in TRACEPOINTS and entry.event != FUNCTION:
            kinds = own.setdefault(entry.event, {})
            times = often.setdefault(entry.event, {})
            for name, value in entry.values.items():
                times[name] = times.get(name, 0) + 1
                if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
                    kinds[name] = "string"
                else:
                    kinds.setdefault(name, "long")
    formats: dict[str, Format] = {}
    for number, event in enumerate(counts, 500):
        tracepoint = TRACEPOINTS.get(event)
        if tracepoint is not None:
            printed = f'"{tracepoint.printk}", {tracepoint.args.replace(ALL_GFP, flags)}'
            formats[event] = laid(tracepoint.system, event, number, tracepoint.fields, printed)
        elif event == FUNCTION:
            printed = '" %ps <-- %ps", (void *)REC->ip, (void *)REC->parent_ip'
            formats[event] = laid("ftrace", event, number, FUNCTION_FIELDS, printed)
        else:
            kinds = {
                name: kind if often[event][name] == counts[event] else "string"
                for name, kind in own[event].items()
            }
            formats[event] = ours(event, number, kinds)
    return formats


def ours(event: str, number: int, kinds: Mapping[str, str]) -> Format:
    """The format of an event of the model's own."""
    fields = []
    shown: list[str] = []
    args = []
    for name, kind in kinds.items():
        called = identifier(name)
        label = f"{' ' if shown else ''}{called}="
        if kind == "string":
            fields.append(Field(f"__data_loc char[] {called}", kind, name))
            shown.append(
                "%s%s"
            )  # its name too only where it has one: longer than the end of a text
            args.append(f'((REC->{called} >> 16) > 1) ? "{label}" : "", __get_str({called})')
        else:
            fields.append(Field(f"long {called}", kind, name))
            shown.append(f"{label}%ld")
            args.append(f"REC->{called}")
    printed = ", ".join([f'"{"".join(shown)}"', *args])
    return laid(OWN, identifier(event), number, fields, printed)


def laid(system: str, name: str, number: int, fields: Sequence[Field], printed: str) -> Format:
    """The format with its fields where a compiler puts them."""
    codes = HEAD
    offset = struct.calcsize(codes)
    offsets = []
    masks = []
    for field in fields:
        code = CODES[field.kind].upper()
        size = struct.calcsize(code)
        gap = -offset % size
        codes += f"{gap}x{code}"
        offsets.append(offset + gap)
        masks.append((1 << 8 * size) - 1)
        offset += gap + size
    return Format(system, name, number, fields, offsets, masks, struct.Struct(codes), printed)
