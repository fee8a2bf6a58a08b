"""What a tracepoint says, as fields.

Theory. Most tracepoints print key=value, separated by spaces or commas, and a value may hold
spaces (a path, a name), so a value ends where the next key begins. What stands before the first key
is no field: it is kept as `text`, as is the whole of a payload without keys. A few tracepoints that
the log's readers ask for print words in a fixed order; FORMATS gives those the names that the
kernel has for them.

A number is a number where it can be one without loss: a leading zero, a hexadecimal or more than
64 bits stay the text they are, and a pointer is text also where it has decimal digits only.

This file must not know who asks.

Source: TP_STRUCT__entry and TP_printk in include/trace/events/rcu.h, lock.h, v6.12.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["TEXT", "fields"]

TEXT: Final = "text"
"""The field of what is not key=value."""

_KEY: Final = re.compile(r"(?:^|(?<=[\s,({]))([A-Za-z_]\w{0,62})=", re.ASCII)
_NUMBER: Final = re.compile(r"0|-?[1-9]\d{0,17}", re.ASCII)
_POINTERS: Final = frozenset({"ptr", "rhp", "lock_addr", "call_site", "func"})
_BETWEEN: Final = " \t,"
_ARROW: Final = "==>"  # of sched_switch

FORMATS: Final = {
    event: re.compile(pattern, re.ASCII)
    for event, pattern in {
        "rcu_grace_period": r"(?P<rcuname>\S+) (?P<gp_seq>-?\d+) (?P<gpevent>\S+)",
        "rcu_future_grace_period": r"(?P<rcuname>\S+) (?P<gp_seq>-?\d+) (?P<gp_seq_req>-?\d+) "
        r"(?P<level>\d+) (?P<grplo>-?\d+) (?P<grphi>-?\d+) (?P<gpevent>\S+)",
        "rcu_callback": r"(?P<rcuname>\S+) rhp=(?P<rhp>\S+) func=(?P<func>\S+) "
        r"(?:-?\d+/)?(?P<qlen>-?\d+)",
        "rcu_kvfree_callback": r"(?P<rcuname>\S+) rhp=(?P<rhp>\S+) func=(?P<offset>\S+) "
        r"(?:-?\d+/)?(?P<qlen>-?\d+)",
        "contention_begin": r"(?P<lock_addr>\S+) \(flags=(?P<flags>[^)]*)\)",
        "contention_end": r"(?P<lock_addr>\S+) \(ret=(?P<ret>-?\d+)\)",
    }.items()
}
FORMATS["rcu_kfree_callback"] = FORMATS["rcu_kvfree_callback"]  # its name up to v5.8


def fields(event: str, payload: str) -> dict[str, int | str]:
    """The fields of a payload, in its order."""
    if (known := FORMATS.get(event)) is not None and (found := known.fullmatch(payload)):
        return {key: value_of(key, text) for key, text in found.groupdict().items()}
    keys = list(_KEY.finditer(payload)) if "=" in payload else []
    if not keys:
        return {TEXT: payload} if payload else {}
    out: dict[str, int | str] = {}
    if before := payload[: keys[0].start()].strip(_BETWEEN):
        out[TEXT] = before
    ends = [key.start() for key in keys[1:]]
    for key, end in zip(keys, [*ends, len(payload)], strict=True):
        value = payload[key.end() : end].rstrip(_BETWEEN)
        out[key[1]] = value_of(key[1], value.removesuffix(_ARROW).rstrip(_BETWEEN))
    return out


def value_of(key: str, text: str) -> int | str:
    """A number, if it is one; anything else as it stands."""
    return int(text) if _NUMBER.fullmatch(text) and key not in _POINTERS else text
