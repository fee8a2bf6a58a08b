"""Running: which task did it, and on which CPU, as a recording of a kernel must say of each event.

An actor that acts is a task. What an object notes (a lock that it is contended) is done by whoever
sent what it handles. The CPU is the event's, or the last one on which that task was seen. Tasks are
numbered from 1000 as they come; of a recording of a real kernel a task is called ``name-pid``, and
keeps both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from slabrace.runtime.run_log import RunLog

__all__ = ["MOST_CPUS", "Running", "Task"]

FIRST: Final = 1000
MOST_CPUS: Final = 8192
"""NR_CPUS of the largest configuration (MAXSMP)."""
REAL: Final = re.compile(r"(.+)-(\d{1,7})")


class Task(NamedTuple):
    """A task, by its number and its name."""

    pid: int
    comm: str


IDLE: Final = Task(0, "<idle>")


class Running:
    """Says who ran, if fed the records in their order. ``tasks`` are those seen."""

    def __init__(self, run: RunLog) -> None:
        self._active = {name for name, who in run.actors.items() if who.active}
        self._real = run.header.get("host") == "kernel"
        self._cpus: dict[int, int] = {}
        self._sender = IDLE
        self.tasks: dict[str, Task] = {}

    def at(self, record: Mapping[str, Any]) -> tuple[Task, int]:
        """The task and the CPU of the next record."""
        actor = record.get("actor")
        if record["event"] == "actor" and actor not in self._active:
            return IDLE, 0  # nobody's doing: the log says what it is before it is first met
        task = self.task(str(actor)) if actor in self._active else self._sender
        if record["event"] == "deliver":
            self._sender = task = self.task(str(actor))
        cpu = record.get("cpu")
        if type(cpu) is int and 0 <= cpu < MOST_CPUS and (task.pid or actor in self._active):
            self._cpus[task.pid] = cpu
        return task, self._cpus.get(task.pid, 0)

    def task(self, name: str) -> Task:
        """The task that is called so."""
        found = self.tasks.get(name)
        if found is None:
            real = REAL.fullmatch(name) if self._real else None
            if real is not None:
                found = Task(int(real[2]), real[1])
            else:
                found = Task(FIRST + len(self.tasks), "_".join(name.split()) or "?")
            self.tasks[name] = found
        return found
