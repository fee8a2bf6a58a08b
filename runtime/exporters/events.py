"""Events: a run line by line, in columns, for a terminal and for grep.

    STEP         TIME  ACTOR    EVENT     WHAT
       1      1.000us  writer0  deliver   -> counter: Load() = 0
       2      2.000us  writer0  counted   value=1

Columns widen as they must and never narrow: a million lines need no second look and no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge

from slabrace.runtime.trace import Note, Step, Trace

__all__ = ["Table", "lines"]

NARROW = (5, 11, 7, 9)


class Table:
    """Formats rows of ``step, time, actor, event, what``."""

    def __init__(self) -> None:
        self._widths = list(NARROW)

    def head(self) -> str:
        """The names of the columns."""
        return self._format("STEP", "TIME", "ACTOR", "EVENT", "WHAT")

    def line(self, step: int, nanoseconds: int, actor: str, event: str, what: str) -> str:
        """One row; time is printed in microseconds of virtual time."""
        return self._format(str(step), f"{nanoseconds / 1_000:.3f}us", actor, event, what)

    def _format(self, step: str, time: str, actor: str, event: str, what: str) -> str:
        cells = (step, time, actor, event)
        widths = self._widths = [
            max(width, len(cell)) for width, cell in zip(self._widths, cells, strict=True)
        ]
        return (
            f"{step:>{widths[0]}}  {time:>{widths[1]}}  {actor:<{widths[2]}}  "
            f"{event:<{widths[3]}}  {what}"
        ).rstrip()


def lines(trace: Trace) -> Iterator[str]:
    """The whole run: deliveries and events in the order in which they happened.

    What was noted while a message was handled comes after its delivery. Steps count picks made, as
    the log does.
    """
    table = Table()
    yield table.head()
    rows: Iterator[Step | Note] = merge(
        trace.steps, trace.notes, key=lambda row: (row.index, type(row) is Note)
    )
    for row in rows:
        if isinstance(row, Step):
            what = f"-> {row.addressee}: {row.message} = {row.answered}"
            yield table.line(row.index + 1, row.time, row.sender, "deliver", what)
        else:
            yield table.line(row.index + 1, row.time, row.actor, row.event, row.text.strip())
