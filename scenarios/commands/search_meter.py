"""SearchMeter: how far a search is, on stderr: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from slabrace.runtime.trust import about
from slabrace.scenarios.commands.output import counted, say

if TYPE_CHECKING:
    from slabrace.runtime.exploration import Exploration

__all__ = ["SearchMeter"]

SECONDS_LINE: Final = 5.0


class SearchMeter:
    """Use as a context manager; ``told`` is what a search calls after each share."""

    def __init__(self, name: str, runs: int | None, seconds: float | None = None) -> None:
        self.name = name
        self.runs = runs
        self.seconds = seconds
        self._said = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def told(self, result: Exploration) -> None:
        """Show how far it is."""
        text = text_of(result)
        if self._bar is not None:
            done = done_of(result, self.runs, self.seconds)
            total = 1.0 if done is not None else None
            self._bar.update(self._task, total=total, completed=done or 0.0, told=text)
        elif time.monotonic() - self._said >= SECONDS_LINE:
            self._said = time.monotonic()
            say(f"{self.name}: {text}")

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
            from rich.progress import TimeElapsedColumn as Elapsed

            columns = (
                SpinnerColumn(), TextColumn("{task.description}"), BarColumn(),
                TextColumn("{task.fields[told]}"), Elapsed(),
            )  # fmt: skip
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self.name, total=None, told="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def done_of(result: Exploration, runs: int | None, seconds: float | None) -> float | None:
    """The share of the search that is over, by whatever will end it first; None if nothing will.

    A lone search through a tree ends when it has seen what its estimate says there is.
    """
    estimate = result.members[0].estimate if len(result.members) == 1 else None
    shares = [result.runs / total for total in (estimate, runs) if total]
    if seconds:
        shares.append((result.seconds - result.earlier) / seconds)
    return min(1.0, max(shares)) if shares else None


def text_of(result: Exploration) -> str:
    """``412 runs, 0 failed, dpor about 1,284``: of several estimates the least."""
    text = f"{counted(result.runs, 'run')}, {result.positive:,} failed"
    estimates = [
        (each.estimate, each.member.strategy)
        for each in result.members
        if each.estimate is not None and not each.finished
    ]
    if not estimates:
        return text
    least, strategy = min(estimates)
    return f"{text}, {strategy} about {about(least)}"
