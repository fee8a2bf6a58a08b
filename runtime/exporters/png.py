"""PNG: the picture of a race for slides, with two pixels where the SVG has one.

Drawn with Matplotlib, which is an extra, and not made from the SVG: a rasteriser sets text in the
fonts of the machine, if it has any, while Matplotlib brings its own, so that the same run gives the
same bytes wherever the same Matplotlib is installed. It is among the extras already, too.

Text is drawn as it is: nothing in a name is taken for a formula. What Matplotlib's font has no sign
for is a box.
"""

from __future__ import annotations

import warnings
from typing import Any, BinaryIO, Final

from slabrace.runtime.cause import Cause
from slabrace.runtime.errors import UsageError, Violation
from slabrace.runtime.exporters.picture import COLOURS, Picture, Rule, Shade, Words
from slabrace.runtime.exporters.scene import Title
from slabrace.runtime.exporters.svg import HEAD, drawn
from slabrace.runtime.trace import Trace

__all__ = ["render", "write"]

INCH: Final = 100
"""Pixels of the picture to an inch of Matplotlib's figure;"""
SCALE: Final = 2
"""and this is how many each of them becomes."""


def write(
    trace: Trace,
    violation: Violation | None,
    title: Title,
    out: BinaryIO,
    *,
    heading: str = "",
    cause: Cause | None = None,
) -> list[str]:
    """The run of ``trace``, seen by a witness, as a PNG file; nothing is cut."""
    render(drawn(trace, violation, title, heading=heading, cause=cause), out)
    return []


def render(picture: Picture, out: BinaryIO) -> None:
    """Draw ``picture``."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # an extra
        from matplotlib.figure import Figure  # noqa: PLC0415  # the same
    except ImportError as error:
        raise UsageError(
            "a PNG needs Matplotlib: pip install 'slabrace[pictures]', or pip install matplotlib; "
            "an SVG (--format svg) needs nothing"
        ) from error
    figure = Figure(figsize=(picture.width / INCH, picture.height / INCH), dpi=INCH * SCALE)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, picture.width)
    axes.set_ylim(picture.height, 0)
    for order, shape in enumerate(picture.shapes):
        if isinstance(shape, Shade):
            shade(axes, shape, order)
        elif isinstance(shape, Rule):
            rule(axes, shape, order)
        else:
            words(axes, shape, order)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(out, format="png", metadata={"Software": None})


def shade(axes: Any, shape: Shade, order: int) -> None:
    """A rectangle."""
    from matplotlib.patches import FancyBboxPatch, Rectangle  # noqa: PLC0415  # an extra

    colour = COLOURS[shape.role]
    if shape.round:
        style = f"round,pad=0,rounding_size={shape.round}"
        patch: Any = FancyBboxPatch(
            (shape.x, shape.y), shape.width, shape.height, boxstyle=style, color=colour, lw=0
        )
    else:
        patch = Rectangle((shape.x, shape.y), shape.width, shape.height, color=colour, lw=0)
    patch.set_zorder(order)
    axes.add_patch(patch)


def rule(axes: Any, shape: Rule, order: int) -> None:
    """A line, with its arrowhead, and a dot where an arrow begins."""
    from matplotlib.patches import Circle, Polygon  # noqa: PLC0415  # an extra

    points = list(shape.points)
    colour = COLOURS[shape.role]
    if shape.arrow:
        (x, y), (before, _) = points[-1], points[-2]
        back = -HEAD if x > before else HEAD
        points[-1] = (x + back, y)
        tip = [(x, y), (x + back, y - HEAD * 0.7), (x + back, y + HEAD * 0.7)]
        axes.add_patch(Polygon(tip, color=colour, lw=0, zorder=order))
        axes.add_patch(Circle(points[0], 3.5, color=colour, lw=0, zorder=order))
    across, down = zip(*points, strict=True)
    axes.plot(across, down, color=colour, lw=shape.width * 72 / INCH, zorder=order)


def words(axes: Any, shape: Words, order: int) -> None:
    """A text."""
    axes.text(
        shape.x,
        shape.y,
        shape.text,
        color=COLOURS[shape.role],
        family="DejaVu Sans Mono" if shape.mono else "DejaVu Sans",
        size=shape.size * 72 / INCH,
        weight="bold" if shape.bold else "normal",
        verticalalignment="baseline",
        parse_math=False,
        zorder=order,
    )
