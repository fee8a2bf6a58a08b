"""RunLog: one run of a log, in memory, for whoever has to see all of it at once.

A log may hold the runs of a whole campaign; a picture shows one of them: the one that was asked
for, or else the first that broke a law, or else the first. Reading goes through the file at most
twice and keeps that run alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from slabrace.runtime.errors import UsageError
from slabrace.runtime.legend import Legend
from slabrace.runtime.log_reader import Header, Problem, Record, read

__all__ = ["RunLog", "Who"]

Reader = Callable[[Path], Iterable[Header | Record | Problem]]


class Who(NamedTuple):
    """What an actor is; ``active``: it has a coroutine, and acts by itself."""

    kind: str
    active: bool


@dataclass
class RunLog:
    """See the head of this file. ``problems`` are lines that were skipped."""

    header: dict[str, Any]
    run: str
    records: list[dict[str, Any]]
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.actors: dict[str, Who] = {}
        for record in self.records:
            if record["event"] == "actor":
                self.actors[record["actor"]] = Who(record["kind"], record["active"])
            elif record.get("actor") not in self.actors and "actor" in record:
                self.actors[record["actor"]] = Who("", active=True)

    @classmethod
    def read(cls, path: Path, run: str | None = None, *, lines: Reader = read) -> RunLog:
        """The run called ``run`` of the log at ``path``. Raises a UsageError if there is none.

        ``lines`` reads it, once or twice.
        """
        wanted = run or chosen(lines(path))
        header: dict[str, Any] = {}
        records: list[dict[str, Any]] = []
        problems: list[Problem] = []
        for line in lines(path):
            if isinstance(line, Record):
                if line.fields["run"] == wanted:
                    records.append(line.fields)
            elif isinstance(line, Problem):
                problems.append(line)
            elif not records:
                header = line.fields
        if not records:
            what = f"no run {run}" if run else "no event"
            raise UsageError(f"{path} has {what}; `slabrace log show` lists what is in it")
        return cls(header, wanted, records, problems)

    @property
    def violations(self) -> list[dict[str, Any]]:
        """Which laws were broken, and how."""
        return [record for record in self.records if record["event"] == "violation"]

    def lanes(self, legend: Legend) -> list[str]:
        """The actors in the order in which they are shown: by kind, then as they came."""
        return sorted(self.actors, key=lambda name: legend.rank(self.actors[name].kind))


def chosen(lines: Iterable[Header | Record | Problem]) -> str:
    """The first run that broke a law; if none did, the first."""
    first = ""
    for line in lines:
        if isinstance(line, Record):
            first = first or line.fields["run"]
            if line.fields["event"] == "violation":
                run: str = line.fields["run"]
                return run
    return first
