"""Meter: how far a campaign is, on stderr: a bar on a terminal, else a line now and then.

A thread looks at the world that is being turned, so the turning itself is not slowed by it.
"""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from slabrace.runtime.outcome import End, Outcome
from slabrace.scenarios.commands.output import counted, say

if TYPE_CHECKING:
    from slabrace.runtime.world import World

__all__ = ["Meter"]

SECONDS_BAR: Final = 0.1
SECONDS_LINE: Final = 5.0


class Meter:
    """The `Progress` of a campaign; use it as a context manager."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.runs = 1
        self.done = 0
        self.violations = 0
        self._earlier = 0
        self._world: World | None = None
        self._stop = threading.Event()
        show = self._bar if sys.stderr.isatty() else self._lines
        self._thread = threading.Thread(target=show, daemon=True)

    def begin(self, number: int, runs: int, world: World) -> None:
        """A run begins."""
        self.runs = runs
        self._world = world

    def end(self, outcome: Outcome) -> None:
        """A run is over."""
        self._world = None
        self._earlier += outcome.deliveries
        self.done += 1
        self.violations += outcome.end is End.VIOLATION

    @property
    def deliveries(self) -> int:
        """Of all runs, the one under way included."""
        world = self._world
        return self._earlier + (world.deliveries if world is not None else 0)

    def __str__(self) -> str:
        return (
            f"{self.done:,} of {counted(self.runs, 'run')}, "
            f"{self.deliveries:,} deliveries, {self.violations:,} with a violation"
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _lines(self) -> None:
        while not self._stop.wait(SECONDS_LINE):
            say(f"{self.name}: {self}")

    def _bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        began = time.monotonic()
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
        )
        bar = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
        with bar:
            task = bar.add_task(self.name, total=None, told="")
            while not self._stop.wait(SECONDS_BAR):
                speed = self.deliveries / max(time.monotonic() - began, 1e-9)
                told = f"{self}, {speed:,.0f}/s"
                total = self.runs if self.runs > 1 else None  # of one run nobody knows the length
                bar.update(task, total=total, completed=self.done, told=told, refresh=True)
