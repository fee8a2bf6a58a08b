"""A picture has room for what is in it, and nothing lies on anything."""

from itertools import pairwise

import pytest
from tests.runtime.exporters.races import race, title

from slabrace.runtime.exporters.lettering import length
from slabrace.runtime.exporters.picture import ADVANCE, COLOURS, Picture, Role, Rule, Shade, Words
from slabrace.runtime.exporters.svg import drawn

LONG = "a" * 90


def picture(*names: str) -> Picture:
    trace, violation, cause = race(*names)
    return drawn(trace, violation, title, heading="A race\nhow it went", cause=cause)


def words(of: Picture) -> list[Words]:
    return [shape for shape in of.shapes if isinstance(shape, Words) and shape.mono]


@pytest.mark.parametrize("names", [(), ("a", "b", "c"), ("a", LONG), tuple("abcdefgh")])
def test_every_text_is_inside(names: tuple[str, ...]) -> None:
    drawing = picture(*names)
    for text in words(drawing):
        assert 0 < text.x < text.x + length(text.text) * ADVANCE * text.size / 15 <= drawing.width
        assert 0 < text.y < drawing.height


@pytest.mark.parametrize("names", [(), ("a", "b", "c"), ("a", LONG), tuple("abcdefgh")])
def test_no_two_texts_overlap(names: tuple[str, ...]) -> None:
    placed = sorted(words(picture(*names)), key=lambda each: (each.y, each.x))
    for one, other in pairwise(placed):
        if other.y - one.y < 12:
            assert one.x + length(one.text) * 0.6022 * one.size <= other.x


def test_two_actors_fit_on_a_slide() -> None:
    assert picture().width == 1000


def test_the_arrow_runs_from_the_earlier_delivery_to_the_later_one() -> None:
    (arrow,) = [s for s in picture().shapes if isinstance(s, Rule) and s.arrow]
    assert arrow.points[0][1] < arrow.points[-1][1]


def test_each_colour_of_a_text_stands_out_from_what_is_behind_it() -> None:
    over: list[tuple[Role, Role]] = [
        ("ink", "lane"), ("ink", "paper"), ("soft", "head"), ("soft", "lane"), ("bad", "tint"),
        ("bad", "paper"), ("paper", "bad"), ("pair", "paper"),
    ]  # fmt: skip
    for text, behind in over:
        light, dark = sorted((luminance(COLOURS[text]), luminance(COLOURS[behind])))[::-1]
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_paper_is_behind_everything() -> None:
    drawing = picture()
    assert drawing.shapes[0] == Shade(0, 0, drawing.width, drawing.height, "paper")
