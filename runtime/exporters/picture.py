"""Picture: a scene laid out in pixels, for papers and slides: rectangles, lines and texts.

One lane per actor, time downwards. What does not fit into a lane goes on in the next line of it, so
nothing is cut and no lane covers another. The row where the law broke has a bar, a tint and a
label; the two deliveries whose order decides are joined by an arrow. Every mark has a shape of its
own, so the picture can be read in grey, and none of the colours is told from another by red and
green alone.

Text is set in whatever the reader's ``monospace`` is. Its width is taken to be DejaVu's, one of the
wider ones: a narrower one leaves a little room, and nothing overlaps.

This file places. svg.py and png.py put it on paper, and all three know nothing of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from slabrace.runtime.exporters.lettering import HANGING, broken, length, plain
from slabrace.runtime.exporters.outline import Row
from slabrace.runtime.exporters.scene import Scene

__all__ = ["COLOURS", "Picture", "Role", "Rule", "Shade", "Words", "paint"]

Role = Literal["paper", "lane", "head", "edge", "ink", "soft", "bad", "tint", "pair"]

COLOURS: Final[dict[Role, str]] = {
    "paper": "#ffffff",
    "lane": "#f6f8fa",
    "head": "#e7ecf1",
    "edge": "#c3ccd5",
    "ink": "#1b2027",
    "soft": "#57606a",
    "bad": "#a84300",
    "tint": "#fdebdd",
    "pair": "#00558f",
}
"""What each role looks like: vermilion and blue on white, each 5.5 : 1 or more."""

LEAST: Final = 1000
"""Pixels that a picture is wide, unless what is in it needs more."""
MOST: Final = 126
"""Characters of all lanes together before what is in them is broken into lines;"""
NARROWEST: Final = 26
"""but no lane is narrower than this."""
EDGE: Final = 24
ROW: Final = 22
SIZE: Final = 15
ADVANCE: Final = 0.6022 * SIZE
GUTTER: Final = 26
"""Pixels left of the text of a lane, where the arrow has its way."""
APART: Final = 18
"""Pixels right of it, of which the last 8 are between the lanes."""
INDENT: Final = 2
LABELS: Final = {"waits": "waits for ever", "breaks": "breaks the law"}
ROOM: Final = 14
"""Characters that a label takes."""


@dataclass(frozen=True)
class Shade:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    role: Role
    round: float = 0


@dataclass(frozen=True)
class Rule:
    """A line through some points, with an arrowhead at its end or without."""

    points: tuple[tuple[float, float], ...]
    role: Role
    width: float = 1
    arrow: bool = False


@dataclass(frozen=True)
class Words:
    """A text that stands on the line ``y``."""

    x: float
    y: float
    text: str
    role: Role = "ink"
    size: float = SIZE
    bold: bool = False
    mono: bool = True


Shape = Shade | Rule | Words


@dataclass
class Picture:
    """Shapes, the ones behind first; ``heading`` and ``text`` say the same to who cannot see it."""

    width: int
    height: int
    heading: str
    text: str
    shapes: list[Shape] = field(default_factory=list)


def paint(scene: Scene, text: str, heading: str = "") -> Picture:
    """The picture of ``scene``; ``text`` is what it shows, in words.

    The first line of ``heading`` is its name.
    """
    widths = spread(scene)
    across = sum(widths) * ADVANCE + (GUTTER + APART) * len(widths)
    wide = max(LEAST, round(across) + 2 * EDGE)
    spare = (wide - 2 * EDGE - across) / max(1, len(widths))
    lanes = [round(width * ADVANCE + GUTTER + APART + spare) for width in widths]
    name, _, rest = heading.partition("\n")
    picture = Picture(wide, 0, plain(": ".join(filter(None, (name, rest)))), plain(text, "\n"))
    y = float(EDGE)
    sizes: tuple[tuple[str, Role, int], ...] = ((name, "ink", 18), (rest, "soft", 15))
    for said, shade, size in sizes:
        for line in broken(plain(said), room(wide, size), prose=True):
            bold = said is name
            picture.shapes.append(Words(EDGE, y + 17, line, shade, size, bold, mono=False))
            y += 25
    y += 9 if heading else 0
    if scene.rows:
        y = columns(scene, widths, lanes, y, picture.shapes) + 16
    if scene.told:
        y = note(scene.told, "bad", True, wide, y, picture.shapes)
    if scene.cause:
        y = note(scene.cause, "pair", False, wide, y, picture.shapes)
    picture.height = round(y + EDGE - 16)
    picture.shapes.insert(0, Shade(0, 0, wide, picture.height, "paper"))
    return picture


def columns(
    scene: Scene, widths: Sequence[int], lanes: Sequence[int], top: float, shapes: list[Shape]
) -> float:
    """The lanes with their heads and all rows, from ``top``; where they end."""
    left = [EDGE + sum(lanes[:number]) for number in range(len(lanes))]
    places: list[tuple[float, float, float]] = []  # of each row: left, right, middle
    body: list[Shape] = []
    head: list[Shape] = []
    y = top + heads(scene, widths, left, lanes, top, head) + 10
    numbers = {actor: number for number, actor in enumerate(scene.titles)}
    for row in scene.rows:
        lane = numbers[row.actor]
        x = left[lane] + GUTTER + row.depth * INDENT * ADVANCE
        lines = list(broken(plain(row.text), widths[lane] - reserved(row)))
        if row.marked:
            tall = ROW * len(lines)
            body.append(Shade(left[lane], y, lanes[lane] - 8, tall, "tint"))
            body.append(Shade(left[lane], y, 5, tall, "bad"))
            label(scene, left[lane] + lanes[lane] - 14, y, body)
        role: Role = "bad" if row.marked else "soft" if row.kind == "left_out" else "ink"
        bold = row.kind == "function" or row.marked
        for number, line in enumerate(lines):
            hang = HANGING * ADVANCE if number else 0
            body.append(Words(x + hang, y + 16 + number * ROW, line, role, SIZE, bold))
        end = left[lane] + lanes[lane] - 14 if row.marked else x + length(lines[0]) * ADVANCE
        places.append((x, end, y + ROW / 2))
        y += ROW * len(lines)
    for number, (x, lane_width) in enumerate(zip(left, lanes, strict=True)):
        if number % 2 == 0:
            shapes.append(Shade(x, top, lane_width - 8, y + 8 - top, "lane"))
        shapes.append(Rule(((x, top), (x, y + 8)), "edge"))
    shapes += head
    shapes += body
    if scene.pair is not None:
        first, second = scene.pair
        whose = [numbers[scene.rows[each].actor] for each in scene.pair]
        shapes.append(arrow(places[first], places[second], left, whose[0], whose[1]))
    return y + 8


def heads(
    scene: Scene, widths: Sequence[int], left: Sequence[int], lanes: Sequence[int], top: float,
    shapes: list[Shape],
) -> float:  # fmt: skip
    """The titles: first word, then the rest of each; how high they are."""
    parts = [plain(title).partition(" ") for title in scene.titles.values()]
    rest = [list(broken(each[2], width)) for each, width in zip(parts, widths, strict=True)]
    first = [list(broken(each[0], width)) for each, width in zip(parts, widths, strict=True)]
    tall = 10 + 20 * max(len(a) + len(b) for a, b in zip(first, rest, strict=True))
    for number, x in enumerate(left):
        shapes.append(Shade(x, top, lanes[number] - 8, tall, "head"))
        y = top + 20
        for bold, lines in ((True, first[number]), (False, rest[number])):
            for line in lines:
                shapes.append(Words(x + GUTTER, y, line, "ink" if bold else "soft", 14, bold))
                y += 20
    return tall


def label(scene: Scene, right: float, y: float, shapes: list[Shape]) -> None:
    """What the marked row is, at the right of its lane."""
    text = LABELS[scene.mark]
    wide = len(text) * 12 * 0.6022 + 16
    shapes.append(Shade(right - wide, y + 2, wide, ROW - 4, "bad", 4))
    shapes.append(Words(right - wide + 8, y + 15, text, "paper", 12, bold=True))


def arrow(
    first: tuple[float, float, float], second: tuple[float, float, float], left: Sequence[float],
    whence: int, whither: int,
) -> Rule:  # fmt: skip
    """From the earlier delivery to the later one, through the gutter of the lane to the right."""
    gutter = left[max(whence, whither)] + 13
    start = first[1] + 6 if whither > whence else first[0] - 5
    end = second[1] + 6 if whither < whence else second[0] - 5
    return Rule(
        ((start, first[2]), (gutter, first[2]), (gutter, second[2]), (end, second[2])),
        "pair", 2.25, arrow=True,
    )  # fmt: skip


def note(
    told: str, role: Literal["bad", "pair"], bold: bool, wide: int, y: float, shapes: list[Shape]
) -> float:
    """A paragraph below the lanes, with a bar at its left; where the next one begins."""
    lines = list(broken(plain(told), int((wide - 2 * EDGE - 16) / ADVANCE), prose=True))
    shapes.append(Shade(EDGE, y, 5, ROW * len(lines), role))
    for number, line in enumerate(lines):
        place = y + 16 + number * ROW
        shapes.append(Words(EDGE + 16, place, line, role if bold else "ink", SIZE, bold))
    return y + ROW * len(lines) + 16


# -- how much room there is --------------------------------------------------------------


def spread(scene: Scene) -> list[int]:
    """The width of each lane in characters: what it needs, or a fair share if all need too much."""
    needs = []
    for actor, title in scene.titles.items():
        own = [row for row in scene.rows if row.actor == actor]
        words = plain(title).partition(" ")
        wanted = [length(plain(row.text)) + reserved(row) for row in own]
        needs.append(max(NARROWEST, length(words[0]), length(words[2]), *wanted) + 1)
    most = max(MOST, NARROWEST * len(needs))
    cap = max(needs, default=0)
    while sum(min(need, cap) for need in needs) > most:
        cap -= 1
    return [min(need, cap) for need in needs]


def reserved(row: Row) -> int:
    """Characters of a lane that the text of ``row`` does not have for itself."""
    return row.depth * INDENT + (ROOM if row.marked else 0)


def room(wide: int, size: float) -> int:
    """Characters of a text that is not of one width for all, to be on the safe side."""
    return int((wide - 2 * EDGE) / (0.6 * size))
