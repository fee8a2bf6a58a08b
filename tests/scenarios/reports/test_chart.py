"""A chart is drawn within its frame and says its figures."""

import re

import pytest

from slabrace.scenarios.reports.chart import HEIGHT, LEFT, RIGHT, WIDTH, Curve, chart


def line(drawing: str) -> list[tuple[float, float]]:
    found = re.search(r'<polyline[^>]* points="([^"]*)"', drawing)
    assert found is not None
    return [tuple(map(float, point.split(","))) for point in found[1].split()]  # type: ignore[misc]  # two of them


@pytest.mark.parametrize("points", [[], [(1, 1)], [(1, 0)], [(3, 2), (3, 4), (10**9, 10**9)]])
def test_every_point_is_inside(points: list[tuple[int, int]]) -> None:
    for x, y in line(chart("a", 10, [Curve("b", points)])):
        assert LEFT <= x <= WIDTH - RIGHT
        assert 0 <= y <= HEIGHT


def test_a_curve_goes_on_to_the_last_run() -> None:
    corners = line(chart("a", 100, [Curve("b", [(10, 5)])]))
    assert corners[-1] == (WIDTH - RIGHT, corners[-2][1])


def test_a_curve_is_flat_between_points_unless_it_slopes() -> None:
    points = [(10, 5), (20, 9)]
    assert len(line(chart("a", 20, [Curve("b", points)]))) == 6
    assert len(line(chart("a", 20, [Curve("b", points, sloping=True)]))) == 4


def test_it_says_its_figures_and_nothing_in_it_is_markup() -> None:
    drawing = chart("<b>", 1000, [Curve('"x"', [(1, 1), (7, 1234)])])
    assert 'aria-label="&lt;b&gt;, after 1,000 runs: &quot;x&quot;: 1,234"' in drawing


def test_names_of_curves_that_end_at_one_height_stand_apart() -> None:
    drawing = chart("a", 10, [Curve("b", [(1, 1)]), Curve("c", [(1, 1)])])
    heights = [float(y) for y in re.findall(r'class="f-ink"[^>]* y="([\d.]+)"', drawing)]
    assert heights[1] - heights[0] >= 12
