"""The pages of a report in a real browser: nothing loaded, no complaint, usable by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser import chromium
from tests.scenarios.reports.saved import CLAIM, HOSTILE, LOST, quietly, save


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = save(tmp_path_factory.mktemp("saved"), LOST, CLAIM, HOSTILE)
    assert quietly("report", folder) == 0
    return folder / "report"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    page = browser.new_page(color_scheme=request.param, viewport={"width": 1000, "height": 800})
    page.set_default_timeout(15_000)
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (page.complaints.append(dialog.message), dialog.dismiss()))
    page.asked = []
    page.on("request", lambda asked: page.asked.append(asked.url))
    yield page
    page.close()


def pages(made: Path) -> list[Path]:
    return sorted(made.glob("*.html"))


def test_no_page_asks_for_anything_or_complains(made: Path, page: Any) -> None:
    for path in pages(made):
        page.goto(path.as_uri())
    assert page.complaints == []
    assert page.asked == [path.as_uri() for path in pages(made)]


def test_axe_finds_nothing(made: Path, page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is the judge")
    for path in pages(made):
        page.goto(path.as_uri())
        # axe is a script, which the page forbids: it is put in past its policy
        found = axe.Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_from_the_index_one_gets_to_the_race_by_keyboard_alone(made: Path, page: Any) -> None:
    page.goto((made / "index.html").as_uri())
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.href || ''").count("/hostile-"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/hostile-*.html")
    assert page.locator("svg.race").is_visible()
    assert page.locator("svg.race text", has_text="(<img src=x onerror=alert(1)>)").count() == 1


def test_nothing_sticks_out_of_a_narrow_window(made: Path, page: Any) -> None:
    page.set_viewport_size({"width": 400, "height": 700})
    for path in pages(made):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_texts_of_a_picture_do_not_overlap(made: Path, page: Any) -> None:
    for path in pages(made):
        page.goto(path.as_uri())
        assert page.evaluate(OVERLAPS) == []


OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll('svg.race text')].map(t => [t, t.getBBox()]);
  const found = [];
  boxes.forEach(([s, a], i) => boxes.slice(i + 1).forEach(([t, b]) => {
    if (a.x < b.x + b.width && b.x < a.x + a.width && a.y + 4 < b.y + b.height - 4
        && b.y + 4 < a.y + a.height - 4) found.push(s.textContent + ' / ' + t.textContent);
  }));
  return found;
}"""


def test_it_is_printed_in_black_on_white(made: Path, page: Any) -> None:
    page.goto((made / "index.html").as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
