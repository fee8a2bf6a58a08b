"""A line as an event of the log: the kernel's names for what the kernel did.

Theory. The model notes its events under the names and fields of the tracepoints, so a recording
needs no translation where the text has keys. The shrinker's two print words, and get the fields'
names back; a call is `function`. Objects get the field in which the model names them: a cgroup its
path, for ids come back; memory its address; a lock its own. A recording is
foreign text: an event or a field whose name the log has for itself makes room with an underscore,
so that nobody can write a `violation` into a log by printing one.

This file must not know the order of the lines, nor keep anything: one line, one event.

Source: include/trace/events/vmscan.h, cgroup.h: TP_STRUCT__entry, v6.12.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from slabrace.scenarios.recordings.fields import fields
from slabrace.scenarios.recordings.line import FUNCTION, Line
from slabrace.scenarios.recordings.shrinks import END, EVENTS, START, Start, shrink

__all__ = ["OBJECTS", "event_name", "told"]

OWN_EVENTS: Final = frozenset(
    {"actor", "deliver", "answer", "violation", "end", "lost", "remark", "recording"}
)
"""What only the log itself says."""
OWN_FIELDS: Final = frozenset(
    {"schema", "run", "step", "vt", "event", "actor", "cpu", "tgid", "context"}
)
"""What every line has, and what makes a line a header."""
LEAST, MOST = -(2**63), 2**64 - 1
"""What a number of a log holds, and one of the kernel's."""
NOTHING: Final = ("", "x", "(null)")
"""A null pointer, without its zeros."""
OBJECTS: Final = {
    START: ("shrinker", "shr"),
    END: ("shrinker", "shr"),
    "cgroup_mkdir": ("mem_cgroup", "memcg"),
    "cgroup_rmdir": ("mem_cgroup", "memcg"),
}
"""Events about an object, its kind, and the field that names it."""


def event_name(line: Line) -> str:
    """What the log calls the event of a line."""
    return f"{line.event}_" if line.event in OWN_EVENTS else line.event


def told(line: Line) -> dict[str, Any] | None:
    """The columns and fields of a line's event; None if its payload cannot be read."""
    own = _SPECIAL.get(line.event, _plain)(line)
    if own is not None and line.tgid not in (None, line.pid):
        own["tgid"] = line.tgid
    if own is not None and line.flags.strip("."):
        own["context"] = line.flags
    return own


def _function(line: Line) -> dict[str, Any]:
    own: dict[str, Any] = {"name": line.symbol}
    if line.caller:
        own["caller"] = line.caller
    if own["name"] != line.payload:
        own["symbol"] = line.payload
    if line.args:
        own["args"] = line.args
    return own


def _shrink(line: Line) -> dict[str, Any] | None:
    read = shrink(line)
    if read is None:
        return None
    own: dict[str, Any] = {} if read.memcg is None else {"memcg": read.memcg}
    own |= {"nid": read.nid, "shrinker": read.shrinker, "shr": read.shrinker}
    own["shrink"] = read.callback
    if isinstance(read, Start):
        own |= {"nr_objects_to_shrink": read.nr, "gfp_flags": read.gfp}
        if read.priority is None:
            own |= {"pgs_scanned": read.pgs_scanned, "lru_pgs": read.lru_pgs}
        own |= {"cache_items": read.freeable, "delta": read.delta, "total_scan": read.total_scan}
        if read.priority is not None:
            own["priority"] = read.priority
    else:
        own |= {"unused_scan": read.nr, "new_scan": read.new, "total_scan": read.total_scan}
        own["retval"] = read.freed
    if read.in_irq:
        own["in_irq"] = True
    if any(isinstance(value, int) and not LEAST <= value <= MOST for value in own.values()):
        return None
    return own


def _plain(line: Line) -> dict[str, Any]:
    own = fields(line.event, line.payload)
    if OWN_FIELDS.isdisjoint(own):
        return own
    return {f"{name}_" if name in OWN_FIELDS else name: value for name, value in own.items()}


def _cgroup(line: Line) -> dict[str, Any]:
    own = _plain(line)
    return {"memcg": own["path"], **own} if "path" in own else own


def _memory(line: Line) -> dict[str, Any]:
    own = _plain(line)
    if own.get("ptr", "").strip("0") in NOTHING:  # kfree() of nothing is traced, too
        return own
    return {"object": own["ptr"], **own}


def _contention(line: Line) -> dict[str, Any]:
    own = _plain(line)
    if "lock_addr" not in own:
        return own
    return {"lock": own["lock_addr"], "waiter": line.who, **own}


_SPECIAL: Final[dict[str, Callable[[Line], dict[str, Any] | None]]] = {
    FUNCTION: _function,
    **dict.fromkeys(EVENTS, _shrink),
    "cgroup_mkdir": _cgroup,
    "cgroup_rmdir": _cgroup,
    "kmalloc": _memory,
    "kfree": _memory,
    "contention_begin": _contention,
    "contention_end": _contention,
}
