"""SVG: the picture of a race, for papers and pages: a few kilobytes, sharp at any size.

Written by hand, a line to a shape: text stays text that can be searched and copied, no library is
needed, and the same run gives the same bytes. It says what it shows to who cannot see it (<title>,
<desc>), names no font but ``monospace`` and ``sans-serif``, and loads nothing.

Every shape has its colour as an attribute, which any reader understands, and its role as a class:
a page that has the picture inside can give the roles colours of its own (picture.py: COLOURS).
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import BinaryIO, Final
from xml.sax.saxutils import escape

from slabrace.runtime.cause import Cause
from slabrace.runtime.errors import Violation
from slabrace.runtime.exporters.diagram import diagram
from slabrace.runtime.exporters.picture import COLOURS, Picture, Rule, Shade, Words, paint
from slabrace.runtime.exporters.scene import Title, plain_title, staged
from slabrace.runtime.trace import Trace

__all__ = ["drawn", "lines", "write"]

MONO: Final = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
SANS: Final = "'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif"
HEAD: Final = 7.0
"""How long an arrowhead is, in pixels."""


def write(
    trace: Trace,
    violation: Violation | None,
    title: Title,
    out: BinaryIO,
    *,
    heading: str = "",
    cause: Cause | None = None,
) -> list[str]:
    """The run of ``trace``, seen by a witness, as an SVG file; nothing is cut."""
    picture = drawn(trace, violation, title, heading=heading, cause=cause)
    out.write(("\n".join(lines(picture)) + "\n").encode())
    return []


def drawn(
    trace: Trace,
    violation: Violation | None = None,
    title: Title = plain_title,
    *,
    heading: str = "",
    cause: Cause | None = None,
) -> Picture:
    """The picture of the run of ``trace``."""
    scene = staged(trace, violation, title, cause)
    words = [diagram(trace, violation, title), scene.cause]
    return paint(scene, "\n\n".join(each for each in words if each), heading)


def lines(picture: Picture) -> Iterator[str]:
    """The file, a line to a shape."""
    name = "race-" + blake2b(repr(picture).encode(), digest_size=4).hexdigest()
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="race" role="img" '
        f'aria-labelledby="{name}-title" aria-describedby="{name}-desc" '
        f'width="{picture.width}" height="{picture.height}" '
        f'viewBox="0 0 {picture.width} {picture.height}">'
    )
    yield f'<title id="{name}-title">{escape(picture.heading or "a race, step by step")}</title>'
    yield f'<desc id="{name}-desc">{escape(picture.text)}</desc>'
    for shape in picture.shapes:
        if isinstance(shape, Shade):
            yield shade(shape)
        elif isinstance(shape, Rule):
            yield from rule(shape)
        else:
            yield words(shape)
    yield "</svg>"


def shade(shape: Shade) -> str:
    """A rectangle."""
    rounded = f' rx="{number(shape.round)}"' if shape.round else ""
    return (
        f'<rect class="f-{shape.role}" fill="{COLOURS[shape.role]}" x="{number(shape.x)}" '
        f'y="{number(shape.y)}" width="{number(shape.width)}" height="{number(shape.height)}"'
        f"{rounded}/>"
    )


def rule(shape: Rule) -> Iterator[str]:
    """A line, with its arrowhead, and a dot where an arrow begins."""
    points = list(shape.points)
    colour = COLOURS[shape.role]
    if shape.arrow:
        (x, y), (before, _) = points[-1], points[-2]
        back = -HEAD if x > before else HEAD
        points[-1] = (x + back, y)
        tip = ((x, y), (x + back, y - HEAD * 0.7), (x + back, y + HEAD * 0.7))
        path = " ".join(f"{number(a)},{number(b)}" for a, b in tip)
        yield f'<polygon class="f-{shape.role}" fill="{colour}" points="{path}"/>'
        a, b = points[0]
        yield (
            f'<circle class="f-{shape.role}" fill="{colour}" cx="{number(a)}" cy="{number(b)}" '
            'r="3.5"/>'
        )
    path = " ".join(f"{number(a)},{number(b)}" for a, b in points)
    yield (
        f'<polyline class="s-{shape.role}" fill="none" stroke="{colour}" '
        f'stroke-width="{number(shape.width)}" points="{path}"/>'
    )


def words(shape: Words) -> str:
    """A text. Its spaces stay as they are."""
    bold = ' font-weight="bold"' if shape.bold else ""
    return (
        f'<text class="f-{shape.role}" fill="{COLOURS[shape.role]}" x="{number(shape.x)}" '
        f'y="{number(shape.y)}" font-family="{MONO if shape.mono else SANS}" '
        f'font-size="{number(shape.size)}"{bold} xml:space="preserve">{escape(shape.text)}</text>'
    )


def number(value: float) -> str:
    """With at most one digit behind the point: enough for a pixel.

    >>> [number(value) for value in (3.0, 2.25, 10.04)]
    ['3', '2.2', '10']
    """
    return f"{value:.1f}".removesuffix(".0")
