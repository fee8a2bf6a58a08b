"""Paint: colours of a table on a terminal. In a pipe, or with NO_COLOR, a line is what it was.

rich knows what the terminal can do; it is asked once, not for each line.
"""

from __future__ import annotations

import os
import sys
from typing import Final

__all__ = ["Paint"]

STYLES: Final = {
    "run": "bold",
    "head": "bold",
    "violation": "bold red",
    "end": "bold",
    "deliver": "",
    "answer": "cyan",
    "function": "dim",
    "actor": "dim",
}
"""By event; others have `OTHER`."""

OTHER: Final = "green"


class Paint:
    """Gives a line the colour of its event."""

    def __init__(self) -> None:
        self._marks: dict[str, tuple[str, str]] | None = None
        if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
            from rich.console import Console

            self._console = Console()
            if self._console.color_system is not None:
                self._marks = {}

    def __call__(self, event: str, line: str) -> str:
        """``line``, coloured if it can be seen."""
        if self._marks is None:
            return line
        marks = self._marks.get(event)
        if marks is None:
            marks = self._marks[event] = self._render(STYLES.get(event, OTHER))
        return f"{marks[0]}{line}{marks[1]}"

    def _render(self, style: str) -> tuple[str, str]:
        """What goes before and after a line."""
        if not style:
            return "", ""
        with self._console.capture() as capture:
            self._console.print(f"[{style}]|[/]", end="", highlight=False)
        before, _, after = capture.get().partition("|")
        return before, after
