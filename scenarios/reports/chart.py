"""Chart: how something grew with the runs, as a small drawing.

A curve is flat from one point to the next and goes on to the last run: nothing new was seen in
between. A sloping one is of what was only counted now and then, and a line joins the points. Curves
are told apart by their dashes and by a name at their end, not by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from slabrace.scenarios.reports.page import text

__all__ = ["Curve", "chart"]

WIDTH: Final = 360
HEIGHT: Final = 200
LEFT: Final = 52
RIGHT: Final = 84
TOP: Final = 14
BOTTOM: Final = 36
FONT: Final = 'font-family="system-ui, sans-serif" font-size="12"'
APART: Final = 15
"""Pixels between two names at the right."""


class Curve(NamedTuple):
    """Points (runs, how many)."""

    name: str
    points: Sequence[tuple[int, int]]
    dashed: bool = False
    sloping: bool = False


def chart(title: str, runs: int, curves: Sequence[Curve]) -> str:
    """The drawing, which says its figures to who cannot see it."""
    most = max([1, *(value for curve in curves for _, value in curve.points)])
    last = max([1, runs, *(run for curve in curves for run, _ in curve.points)])
    told = "; ".join(f"{each.name}: {end(each):,}" for each in curves)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" width="{WIDTH}" '
        f'height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'aria-label="{text(f"{title}, after {last:,} runs: {told}")}">'
    )
    parts = [head, *axes(last, most)]
    names: list[tuple[float, str]] = []
    for curve in curves:
        dashes = ' stroke-dasharray="5 4"' if curve.dashed else ""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in steps(curve, last, most))
        role = "bad" if curve.dashed else "pair"
        parts.append(
            f'<polyline class="s-{role}" fill="none" stroke="#00558f" stroke-width="2"{dashes} '
            f'points="{path}"/>'
        )
        names.append((down(end(curve), most), curve.name))
    parts += labels(names)
    return "\n".join([*parts, "</svg>"])


def end(curve: Curve) -> int:
    """The last value."""
    return curve.points[-1][1] if curve.points else 0


def across(run: int, last: int) -> float:
    """Where a run is."""
    return LEFT + (WIDTH - LEFT - RIGHT) * run / last


def down(value: int, most: int) -> float:
    """Where a value is."""
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most


def steps(curve: Curve, last: int, most: int) -> Iterator[tuple[float, float]]:
    """The corners of the line."""
    before = 0
    yield across(0, last), down(0, most)
    for run, value in curve.points:
        if not curve.sloping:
            yield across(run, last), down(before, most)
        yield across(run, last), down(value, most)
        before = value
    yield across(last, last), down(before, most)


def axes(last: int, most: int) -> Iterator[str]:
    """Both axes, with their ends."""
    foot, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for value in sorted({0, most // 2, most}):
        y = down(value, most)
        yield (
            f'<line class="s-edge" stroke="#c3ccd5" x1="{LEFT}" x2="{right}" y1="{y:.1f}" '
            f'y2="{y:.1f}"/>'
        )
        yield (
            f'<text class="f-soft" {FONT} x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{value:,}</text>"
        )
    for run, anchor in ((0, "start"), (last, "end")):
        yield (
            f'<text class="f-soft" {FONT} x="{across(run, last):.1f}" y="{foot + 17}" '
            f'text-anchor="{anchor}">{run:,}</text>'
        )
    yield (
        f'<text class="f-soft" {FONT} x="{(LEFT + right) / 2:.1f}" y="{foot + 31}" '
        'text-anchor="middle">runs</text>'
    )


def labels(names: list[tuple[float, str]]) -> Iterator[str]:
    """The names of the curves at their ends, none on another."""
    before = float(TOP) - APART
    for y, name in sorted(names):
        before = max(y, before + APART)
        yield (
            f'<text class="f-ink" {FONT} x="{WIDTH - RIGHT + 6}" y="{before + 4:.1f}">'
            f"{text(name)}</text>"
        )
