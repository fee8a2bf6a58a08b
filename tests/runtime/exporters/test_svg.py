"""The SVG of a race is text that says what it shows, whatever the names are."""

import re
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from tests.runtime.exporters.races import race, title

from slabrace.runtime.exporters import svg

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "</text><script>alert(1)</script>", "\"'&amp;", "]]>", "\x00\x1b[2J", "\u202eevil", "${x}$",
]  # fmt: skip


def written(*names: str) -> str:
    trace, violation, cause = race(*names)
    out = BytesIO()
    assert svg.write(trace, violation, title, out, heading="A race\nand how", cause=cause) == []
    return out.getvalue().decode()


def read(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  # our own


def test_the_same_run_gives_the_same_bytes() -> None:
    assert written() == written()


def test_every_row_is_text() -> None:
    texts = [each.text for each in read(written()).iter(f"{SVG}text")]
    assert texts.count("increment()") == 2
    assert {"Load(counter) = 0", "Store(counter, 1)", "CPU1", "(writer1)"} <= set(texts)


def test_it_says_what_it_shows_to_who_cannot_see_it() -> None:
    root = read(written())
    title_, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title_ is not None
    assert desc is not None
    assert root.get("role") == "img"
    assert (root.get("aria-labelledby"), root.get("aria-describedby")) == (
        title_.get("id"), desc.get("id"),
    )  # fmt: skip
    assert title_.text == "A race: and how"
    assert "*** no_update_lost: 2 expected, 1 found" in (desc.text or "")
    assert "What decides" in (desc.text or "")


def test_it_loads_nothing() -> None:
    text = written().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|<image|<use|<style|href", text)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name: str) -> None:
    root = read(written(name, "other"))
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "rect", "text", "polyline", "polygon", "circle",
    }  # fmt: skip
    assert name.isprintable() == any(name in (each.text or "") for each in root.iter(f"{SVG}text"))
