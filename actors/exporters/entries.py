"""Entries: a run as a kernel's trace buffer holds it: who, where, when, which event, its values.

An event that has a tracepoint becomes that tracepoint, its values in the order of its fields: for
pointers and constant texts numbers (addresses.py), for the rest what our event has. `shown` says
how the kernel prints one. ``function`` is the function tracer's. Whatever else the model notes, its
deliveries first of all, is an event of its own kind, with the fields that it has. What the log says
of itself (how the run ended, what could not be read) is no entry. Of a recording, what the log
added is taken away again: an entry has the fields that its line had.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from slabrace.actors.exporters.addresses import Addresses
from slabrace.actors.exporters.running import MOST_CPUS, Running, Task
from slabrace.actors.exporters.tracepoints import CONTENTION, GFP, TRACEPOINTS, Field
from slabrace.runtime.run_log import RunLog

__all__ = ["CALM", "FUNCTION", "GAP", "Entries", "Entry", "identifier"]

FUNCTION: Final = "function"
LOST: Final = "lost"
GAP: Final = "[LOST]"
"""The entry of what a recording lost: ``amount`` (0: nobody counted), before what follows there."""
OF_THE_LOG: Final = frozenset({"end", "recording", "remark"})
ADDED: Final = frozenset({"step", "actor", "cpu", "context", "tgid"})
"""What the log of a recording has beside the fields of the line."""
CALM: Final = "....."
"""Interrupts are on, nobody waits, nothing is disabled."""
LEFT_OUT: Final = frozenset({"run", "vt", "event", "clock", "changes", "state"})
UNKNOWN_GFP: Final = 40
"""The first bit for flags that the kernel's table does not have."""
LOCKS: Final = {"mutex": "MUTEX", "spinlock": "SPIN"}
LCB: Final = {name: 1 << bit for bit, name in enumerate(CONTENTION)}


class Entry(NamedTuple):
    """``values`` are by name of field: the kernel's names for a tracepoint, else our own."""

    vt: int
    cpu: int
    task: Task
    event: str
    values: Mapping[str, Any]
    context: str = CALM


class Entries:
    """Iterate over it once. What it met on the way is in ``addresses``, ``running`` and ``gfp``."""

    def __init__(self, run: RunLog) -> None:
        self._run = run
        self._real = run.header.get("host") == "kernel"
        self.addresses = Addresses()
        self.running = Running(run)
        self.gfp = dict(GFP)
        self._functions: dict[int, str] = {}  # the last one that a task entered, by its pid
        self._asked = ""

    def __iter__(self) -> Iterator[Entry]:
        for record in self._run.records:
            event = record["event"]
            if event in OF_THE_LOG or (self._real and event == "actor"):
                continue
            task, cpu = self.running.at(record)
            if event in TRACEPOINTS:
                values = self._values(event, record, task)
            elif event == FUNCTION:
                name = str(record.get("symbol") or record.get("name", "?"))
                values = {"ip": name, "parent_ip": record.get("caller", "")}
                self._functions[task.pid] = name
            elif self._real and event == LOST:
                event, values = GAP, {"amount": natural(record.get("amount"), 0, 1 << 62)}
                cpu = natural(record.get("cpu"), cpu, MOST_CPUS)
            elif self._real:
                values = recorded(record)
            else:
                values = self._own(event, record)
            context = str(record.get("context") or CALM) if self._real else CALM
            yield Entry(record["vt"], cpu, task, event, values, context)

    def _values(self, event: str, record: Mapping[str, Any], task: Task) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in TRACEPOINTS[event].fields:
            value = field.value(record)
            if field.name == "call_site" and value is None:
                value = self._functions.get(task.pid)
            values[field.name] = self._raw(field, value, record)
        return values

    def _raw(self, field: Field, value: Any, record: Mapping[str, Any]) -> int | str:
        match field.kind:
            case "object":
                return self.addresses.of_object(value)
            case "function" | "symbol":
                return self.addresses.of_function(value)
            case "text":
                return self.addresses.of_text(value)
            case "string":
                return str(value)
            case "gfp":
                return self._flags(value)
            case "lcb":
                if isinstance(value, str):
                    return sum(LCB.get(name, 0) for name in value.split("|"))
                return self._contended(str(record.get("lock")))
        return value if isinstance(value, int) else 0

    def _flags(self, value: Any) -> int:
        """The bits of allocation flags; names that the table has not get bits of their own."""
        bits = 0
        for name in str(value or "").split("|"):
            if name and name != "none":
                bits |= self.gfp.setdefault(name, 1 << UNKNOWN_GFP + len(self.gfp) - len(GFP))
        return bits

    def _contended(self, lock: str) -> int:
        who = self._run.actors.get(lock)
        name = LOCKS.get(who.kind if who else "")
        if name is None and self._asked.startswith(("down_read", "down_write")):
            name = "READ" if self._asked.startswith("down_read") else "WRITE"
        return LCB[name] if name else 0

    def _own(self, event: str, record: Mapping[str, Any]) -> dict[str, Any]:
        values = {name: value for name, value in record.items() if name not in LEFT_OUT}
        if event == "deliver":
            self._asked = str(record.get("message"))
        if event == "actor":
            values["name"] = values.pop("actor")
            values["address"] = f"{self.addresses.of_object(record['actor']):016x}"
        return values

    def shown(self, field: Field, value: Any) -> str:
        """How the kernel prints the ``value`` of a ``field``."""
        match field.kind:
            case "object":
                return f"{value:016x}"
            case "function":
                if not value:
                    return "0x0"
                size = self.addresses.sizes.get(value, "0x0")
                return f"{self.addresses.names[value]}+0x0/{size}"
            case "symbol":
                return self.addresses.names[value] if value else "0x0"
            case "text":
                return self.addresses.names[value]
            case "gfp":
                return bits(self.gfp, value) or "none"
            case "lcb":
                return bits(LCB, value)
        return str(value)


def natural(value: Any, otherwise: int, most: int) -> int:
    """``value`` if it is a number from 0 and below ``most``."""
    return value if type(value) is int and 0 <= value < most else otherwise


def recorded(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the line of a recording had; one called as one of the log's is so again."""
    own = (name for name in record if name not in LEFT_OUT and name not in ADDED)
    return {name.removesuffix("_") if name[:-1] in ADDED else name: record[name] for name in own}


def bits(table: Mapping[str, int], value: int) -> str:
    """Flags by their names, as __print_flags() writes them."""
    names = []
    for name, flag in table.items():
        if flag and value & flag == flag:
            names.append(name)
            value &= ~flag
    return "|".join(names)


def identifier(name: str) -> str:
    """A name as a format file can have it."""
    clean = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"_{clean}" if not clean or clean[0].isdigit() else clean
