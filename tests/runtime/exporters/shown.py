"""The page in a real browser: what it shows, and what it asked for or complained of."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.runtime.exporters.runs import LEGEND

from slabrace.runtime.exporters.html import write
from slabrace.runtime.run_log import RunLog

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

__all__ = ["Show", "Shown"]


class Shown:
    """An open page, and all that it asked for or complained of."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))

    def open(self, file: Path, link: str = "") -> None:
        self.page.goto(file.as_uri() + link)
        self.page.wait_for_selector("html[data-ready]", timeout=30_000)
        self.settle()

    def press(self, keys: str) -> None:
        """Press keys in the diagram, one after the other."""
        self.page.focus("#diagram")
        for key in keys.split():
            self.page.keyboard.press(key)
        self.settle()

    def settle(self) -> None:
        """Until what has changed is drawn."""
        self.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def step(self) -> int:
        return int(self.page.input_value("#goto"))

    def text(self, selector: str) -> str:
        self.settle()
        return self.page.inner_text(selector)

    def wait(self, selector: str, text: str) -> None:
        """Until the element says this, or a field holds it."""
        found = self.page.locator(selector)
        for _ in range(100):
            field = found.evaluate("e => e.tagName === 'INPUT'")
            if text == (found.input_value() if field else found.inner_text()):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{selector} does not say {text}: {found.inner_text()}")

    def row(self, step: int) -> "Locator":
        """The first line of this step in the list."""
        return self.page.locator(f"#rows tr:has(th:text-is('{step}'))").first

    def point_at(self, lane: str, step: int) -> None:
        """Move the pointer to where the lane and the line of the step cross."""
        line = self.row(step).bounding_box()
        box = self.page.locator("#diagram").bounding_box()
        assert line
        assert box
        for x in range(10, int(box["width"]), 20):
            self.page.mouse.move(box["x"] + x, line["y"] + line["height"] / 2)
            if self.page.inner_text("#hover .first").partition(" (")[0] == lane:
                return
        raise AssertionError(f"no lane {lane}")

    def click(self, lane: str, step: int) -> None:
        self.point_at(lane, step)
        self.page.mouse.down()
        self.page.mouse.up()
        self.settle()

    def colour(self, selector: str, of: str = "color") -> str:
        return str(self.page.locator(selector).evaluate(f"e => getComputedStyle(e).{of}"))


class Show:
    """Opens pages; at the end it looks whether any of them fetched or complained."""

    def __init__(self, browser: "Browser", folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self.shown: list[tuple[Shown, Path]] = []

    def __call__(self, run: RunLog, link: str = "", story: str = "", **context: Any) -> Shown:
        file = self._folder / f"page{len(self.shown)}.html"
        out = io.BytesIO()
        write(run, LEGEND, out, story=story)
        file.write_bytes(out.getvalue())
        size = {"width": 1400, "height": 900}
        shown = Shown(self._browser.new_context(**{"viewport": size, **context}).new_page())
        self.shown.append((shown, file))
        shown.open(file, link)
        return shown

    def close(self) -> None:
        for shown, file in self.shown:
            shown.page.context.close()
            fetched = {url.partition("#")[0] for url in shown.requests}
            assert fetched <= {file.as_uri(), "data:,"}
            assert shown.complaints == []
