"""Scene: what a picture of a race shows, before anybody draws it: columns, rows, law, cause.

One scene, several forms: characters (diagram.py), lines (picture.py, and from it svg.py, png.py).
What is worth showing is chosen in story.py, and the rows are written in outline.py. This file puts
them together and knows no form: no width, no colour, no character of a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from slabrace.runtime.cause import Cause
from slabrace.runtime.errors import Violation
from slabrace.runtime.exporters.outline import Point, Row, compose
from slabrace.runtime.exporters.story import (
    acts,
    at_rest,
    culprit,
    delivered,
    ended,
    matter,
    waiting,
)
from slabrace.runtime.trace import Trace

__all__ = ["Scene", "Title", "plain_title", "staged"]

Title = Callable[[int, str], str]
"""The head of the column of the actor that counts as number so and so."""


def plain_title(_number: int, actor: str) -> str:
    """A column is headed by the name of its actor."""
    return actor


@dataclass(frozen=True)
class Scene:
    """See the head of this file. ``titles`` are the columns, from the left, by actor.

    ``mark`` is what the marked rows have in common: they wait for ever, or broke the law there.
    ``pair`` are the rows of the two deliveries whose order decides, the earlier one first.
    """

    titles: dict[str, str]
    rows: list[Row]
    told: str = ""
    mark: Literal["waits", "breaks"] = "breaks"
    cause: str = ""
    pair: tuple[int, int] | None = None


def staged(
    trace: Trace,
    violation: Violation | None = None,
    title: Title = plain_title,
    cause: Cause | None = None,
) -> Scene:
    """The scene of the run of ``trace``. With a ``cause``, what decides is shown too."""
    steps = delivered(trace)
    stuck = waiting(steps, violation)
    broke = violation is not None and not stuck and not at_rest(trace.world)
    note = culprit(trace, steps) if broke else None
    last = {len(steps) - 1} if steps else set()  # none: it broke before anything was sent
    marked = stuck | (last if broke and note is None else set())
    shown = matter(steps, stuck, violation, marked)
    places = cause.places if cause is not None else None
    if places is not None:
        shown |= {place for place in places if place < len(steps)}
    point = Point(note, f"*** {violation.law}") if violation is not None and note else None
    done = ended(trace, steps, stuck)
    rows = list(compose(steps, shown, marked, trace.notes, point, done))
    active = {step.sender for step in steps if acts(step)} | ({note.actor} if note else set())
    titles: dict[str, str] = {}
    for row in rows:
        if row.actor not in titles:
            number = sum(actor in active for actor in titles)
            titles[row.actor] = title(number, row.actor) if row.actor in active else row.actor
    row_of = {row.step: number for number, row in enumerate(rows) if row.step is not None}
    pair = None
    if places is not None and all(place in row_of for place in places):
        pair = row_of[places[0]], row_of[places[1]]
    broken_off = len(steps) > len(trace.steps)  # nobody was answered, but nobody waits either
    return Scene(
        titles,
        rows,
        f"{violation.law}: {violation.message}" if violation is not None else "",
        "waits" if stuck and not broken_off else "breaks",
        str(cause) if cause is not None else "",
        pair,
    )
