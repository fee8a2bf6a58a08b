"""RunLog: one run of a log, in memory, for whoever has to see all of it at once.

A log may hold the runs of a whole campaign; a picture shows one of them: the one that was asked
for, or else the first that broke a law, or else the first. Reading goes through the file at most
twice and keeps that run alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from slabrace.runtime.errors import UsageError
from slabrace.runtime.legend import Legend
from slabrace.runtime.log_reader import Header, Problem, Record, read

__all__ = ["RunLog", "Who"]

MOST: Final = 3_000_000
"""Events that are held in memory: some 4 GB of them."""
KEPT: Final = 20
"""Lines that were skipped and are remembered."""
EVERY: Final = (0.0, float("inf"))

Reader = Callable[[Path], Iterable[Header | Record | Problem]]


class Who(NamedTuple):
    """What an actor is; ``active``: it has a coroutine, and acts by itself."""

    kind: str
    active: bool


@dataclass
class RunLog:
    """See the head of this file. ``problems`` are the first of the ``skipped`` lines."""

    header: dict[str, Any]
    run: str
    records: list[dict[str, Any]]
    problems: list[Problem] = field(default_factory=list)
    skipped: int = 0

    def __post_init__(self) -> None:
        self.actors: dict[str, Who] = {}
        for record in self.records:
            if record["event"] == "actor":
                self.actors[record["actor"]] = Who(record["kind"], record["active"])
            elif record.get("actor") not in self.actors and "actor" in record:
                self.actors[record["actor"]] = Who("", active=True)

    @classmethod
    def read(
        cls,
        path: Path,
        run: str | None = None,
        *,
        steps: tuple[float, float] = EVERY,
        lines: Reader = read,
        most: int = MOST,
    ) -> RunLog:
        """The run called ``run`` of the log at ``path``, or its ``steps``, both ends included.

        Who is who is kept of all steps. ``lines`` reads it, once or twice. Raises a UsageError if
        there is no such run, or if it has more than ``most`` events.
        """
        first, last = steps
        wanted = run or chosen(lines(path))
        header: dict[str, Any] = {}
        records: list[dict[str, Any]] = []
        problems: list[Problem] = []
        skipped = 0
        for line in lines(path):
            if isinstance(line, Record):
                fields = line.fields
                if fields["run"] != wanted:
                    continue
                if first <= fields["step"] <= last or fields["event"] == "actor":
                    records.append(fields)
                if len(records) > most:
                    raise UsageError(
                        f"{path}: more than {most:,} events of run {wanted}, which is more than "
                        "can be told of at once; ask for a part of it: --steps FIRST..LAST"
                    )
            elif isinstance(line, Problem):
                skipped += 1
                if skipped <= KEPT:
                    problems.append(line)
            elif not records:
                header = line.fields
        if not records:
            what = f"no run {run}" if run else "no event"
            raise UsageError(f"{path} has {what}; `slabrace log show` lists what is in it")
        return cls(header, wanted, records, problems, skipped)

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
