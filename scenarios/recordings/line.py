"""One line of ftrace text: who, where, when and what.

Theory. Three programs print the same events, each in its own layout:

    comm-pid (tgid) [cpu] flags time: event: payload          /sys/kernel/tracing/trace
    comm-pid  [cpu] flags time: event:      payload           trace-cmd report
    comm  pid [cpu] time: system:event: payload               perf script

and the function tracer `name <-caller` (trace-cmd: `function: name`, with `-O parent` also
`<-- caller`) where the others have event and payload. The thread group and the flags are there or
not. All of it is one grammar, and `read()` is the only place that knows it. A line that it cannot
use is told by its kind, never by an exception: comments, blank lines, stacks and foreign text are
no events; a broken line is one that begins as an event does and does not go on as one, because it
was cut, or because another line was written into it.

Each part is bounded or possessive, so no line takes longer than its length.

This file must not know what a payload says; that is shrinks.py and fields.py.

Source: kernel/trace/trace_output.c:trace_print_context(), trace_fn_trace(), v6.12.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from msgspec import Struct

__all__ = ["FUNCTION", "Line", "Lost", "Skipped", "begins", "nanoseconds", "read"]

FUNCTION: Final = "function"
"""The event of a line of the function tracer."""
LONGEST: Final = 4096
"""Characters; the kernel's own buffer for a line is a page."""
COMM: Final = 15
"""Characters of a task's name (TASK_COMM_LEN), as far as anybody knows."""
NOBODY: Final = "<...>"
"""What ftrace prints for a task whose name it does not know."""


class Line(Struct, frozen=True, gc=False):
    """An event, as it was printed."""

    comm: str
    pid: int
    tgid: int | None  # the thread group, if it was recorded
    cpu: int
    flags: str  # "d..2.": interrupts, need-resched, hard/softirq, preemption; "" if not printed
    stamp: str  # of the recording's clock: seconds, or without a point its ticks
    event: str  # without the subsystem; FUNCTION for the function tracer
    payload: str  # of FUNCTION: the name, as the kernel spells the symbol
    caller: str = ""  # of FUNCTION, if it was printed
    args: str = ""  # of FUNCTION: its arguments, or how often it was repeated

    @property
    def who(self) -> str:
        """The task, as ftrace writes it."""
        return f"{self.comm}-{self.pid}"

    @property
    def symbol(self) -> str:
        """Of FUNCTION: the name as the source has it, without what the compiler added."""
        return self.payload.partition(".")[0]


class Lost(Struct, frozen=True, gc=False):
    """The ring buffer of a CPU was full: events are missing here."""

    cpu: int
    amount: int | None  # not every writer knows


class Skipped(Enum):
    """Why a line is no event."""

    COMMENT = "comments"
    BLANK = "blank"
    STACK = "stacks"
    FOREIGN = "foreign"
    BROKEN = "broken"


_HEAD: Final = re.compile(
    r"(?:(\S{1,62}|.{0,62}?\S|)(?:-|\s++)|)(\d{1,10})(?:/(\d{1,10}))?\s++"  # perf: comm pid[/tid]
    r"(?:\(\s*+(\d{1,10}|-++)\)\s++)?"  # the thread group
    r"\[(\d{1,7})\]\s++(?:([^\s\d:]\S*+)\s++)?"  # cpu, flags
    r"(\d{1,10}\.\d{1,9}|\d{1,18}):(?:\s++|$)",
    re.ASCII,
)
_EVENT: Final = re.compile(
    r"(?:\d++\s++)?(?:[\w.-]++:(?=\S))?"  # perf: the period; the subsystem
    r"([\w.-]++):(?:\s++(.*)|$)",
    re.ASCII,
)
_SYMBOL: Final = r"([\w.$]++)(?:\+0x[\w/]++)?(?:\s\[[^\s\]]++\])?"  # +offset, [module]
_CALL: Final = re.compile(
    _SYMBOL + r"(?:\((.*)\))?\s++<-(?:-\s)?\s*+" + _SYMBOL + r"(?:\s++(\(.*\)))?", re.ASCII
)
_CALLED: Final = re.compile(_SYMBOL, re.ASCII)  # trace-cmd, unless it is asked for parents
_SECOND: Final = re.compile(
    r"[-\s]\d++\s++(?:\(\s*+[-\d]++\)\s++)?\[\d++\]\s++(?:[^\s\d:]\S*+\s++)?\d++\.\d++: ",
    re.ASCII,
)
_LOST: Final = re.compile(
    r"CPU:(\d{1,7}) \[(?:LOST (?:(\d{1,12}) )?EVENTS|(?:(\d{1,12}) )?EVENTS DROPPED)\]", re.ASCII
)
_MARKER: Final = "tracing_mark_write"
_WRITERS: Final = ("# tracer:", "cpus=")  # the kernel's first line, and trace-cmd's
_COMMENTS: Final = ("#", "cpus=", "version =")


def read(text: str) -> Line | Lost | Skipped:
    """What a line is."""
    text = text.strip()
    if len(text) > LONGEST:
        return Skipped.BROKEN if _HEAD.match(text) else Skipped.FOREIGN
    head = _HEAD.match(text)
    if head is None:
        return _other(text)
    comm, pid, tid, tgid, cpu, flags, stamp = head.groups()
    if comm is not None and len(comm) > COMM and " [" in comm:  # half of another line
        return Skipped.BROKEN
    rest = text[head.end() :]
    args = ""
    name, arrow, caller = rest.partition(" <-")
    if arrow and name.isidentifier() and caller.isidentifier():  # nearly all of them
        event, payload = FUNCTION, name
    elif arrow and (call := _CALL.fullmatch(rest)):
        payload, args, caller, repeats = call.groups()
        event, args = FUNCTION, args or repeats or ""
    else:
        caller = ""
        event, colon, payload = rest.partition(": ")
        if not (colon and event.isidentifier()):
            if (printed := _EVENT.fullmatch(rest)) is None:
                return Skipped.BROKEN
            event, payload = printed[1], printed[2] or ""
        payload = payload.lstrip()
        if event == FUNCTION:  # trace-cmd, perf
            if call := _CALL.fullmatch(payload):
                payload, args, caller, repeats = call.groups()
                args = args or repeats or ""
            elif call := _CALLED.fullmatch(payload):
                payload = call[1]
            else:
                return Skipped.BROKEN
        elif "[" in payload and _SECOND.search(payload):
            return Skipped.BROKEN
        elif event == "print" and payload.startswith(f"{_MARKER}:"):  # trace-cmd's name for it
            event, payload = _MARKER, payload.partition(":")[2].strip()
    if tid is not None:
        tgid, pid = pid, tid
    group = int(tgid) if tgid and tgid[0] != "-" else None
    return Line(
        comm or NOBODY, int(pid), group, int(cpu), flags or "", stamp, event, payload, caller, args
    )


def _other(text: str) -> Lost | Skipped:
    if not text:
        return Skipped.BLANK
    if text.startswith(_COMMENTS):
        return Skipped.COMMENT
    if text.startswith("CPU:") and (lost := _LOST.match(text)):
        amount = lost[2] or lost[3]
        return Lost(int(lost[1]), int(amount) if amount else None)
    if text.startswith(("=> ", "<stack trace>")):
        return Skipped.STACK
    return Skipped.FOREIGN


def begins(text: str) -> bool:
    """Whether a comment is the first line that a writer writes."""
    return text.startswith(_WRITERS)


def nanoseconds(stamp: str) -> int:
    """A time as printed; a clock that counts something else than seconds is taken as it is."""
    seconds, point, rest = stamp.partition(".")
    return int(seconds + rest.ljust(9, "0")) if point else int(seconds)
