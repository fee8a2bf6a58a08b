"""Diagram: a race as people write it in commit messages.

    writer0                             writer1
    ----                                ----
    increment()
      Load(counter) = 0
                                        increment()
                                          Load(counter) = 0
                                          Store(counter, 1)
      Store(counter, 1)                                              <--

    *** no_update_lost: 2 expected, 1 found

One column per actor that does something, time downwards, 72 columns wide, functions with what was
done in them below; what does not matter is ``...``. The step at which a law broke, or at which
somebody waits for ever, is marked.

This file draws with characters, and picture.py with lines. What they draw is a scene (scene.py).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from slabrace.runtime.errors import Violation
from slabrace.runtime.exporters.outline import Row
from slabrace.runtime.exporters.scene import Title, plain_title, staged
from slabrace.runtime.trace import Trace

__all__ = ["WIDTH", "diagram"]

WIDTH: Final = 72
NARROWEST: Final = 30
"""Characters that the last column keeps for itself, whatever its titles need."""
MARK: Final = " <--"


def diagram(trace: Trace, violation: Violation | None = None, title: Title = plain_title) -> str:
    """The run of ``trace``; ``title`` names the column of the actor that counts as ``number``.

    Only actors with a coroutine count; another that sends is a column under its own name.
    """
    scene = staged(trace, violation, title)
    rows, titles = scene.rows, scene.titles
    step = pitch(rows, list(titles))
    lines = []
    if titles:
        lines += [*header(list(titles.values()), step), *draw(rows, list(titles), step)]
    if scene.told:
        lines += ["", *textwrap.wrap(f"*** {scene.told}", WIDTH, subsequent_indent="    ")]
    return "\n".join(line.rstrip() for line in lines)


def pitch(rows: Sequence[Row], actors: Sequence[str]) -> int:
    """Characters from one column to the next: as many as leave room for what is in the last ones.

    A row has one cell, so a cell may run on to the right, below the titles of other columns.
    """
    count = len(actors)
    if count < 2:
        return WIDTH
    narrow = (WIDTH - NARROWEST) // count if count > 2 else WIDTH // 4
    wide = WIDTH // 2 if count == 2 else (WIDTH - NARROWEST) // (count - 1)
    fits = [
        (WIDTH - length(row)) // column for row in rows if (column := actors.index(row.actor)) > 0
    ]
    return max(narrow, min([wide, *fits]))


def length(row: Row) -> int:
    """How wide the cell is."""
    return 2 * row.depth + len(row.text) + (len(MARK) if row.marked else 0)


def header(titles: Sequence[str], step: int) -> Iterator[str]:
    """The titles, on two lines if they are too long for one, and a rule."""
    if any(len(text) >= step for text in titles[:-1]):
        parts = [text.partition(" ") for text in titles]
        yield spread([first for first, _, _ in parts], step)
        titles = [rest for _, _, rest in parts]
    if any(titles):
        yield spread(titles, step)
    yield spread(["----"] * len(titles), step)


def spread(texts: Sequence[str], step: int) -> str:
    """One text to a column; each is cut where the next begins."""
    return ("".join(f"{text[: step - 1]:<{step}}" for text in texts[:-1]) + texts[-1])[:WIDTH]


def draw(rows: Sequence[Row], actors: Sequence[str], step: int) -> Iterator[str]:
    """The lines, none longer than it may be."""
    for row in rows:
        line = " " * (step * actors.index(row.actor) + 2 * row.depth) + row.text
        room = WIDTH - len(MARK) if row.marked else WIDTH
        if len(line) > room:
            line = f"{line[: room - 3]}..."
        yield f"{line:<{room}}{MARK}" if row.marked else line
