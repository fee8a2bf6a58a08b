"""Mermaid's own parser, and its drawing, read what we write."""

import io
from typing import Any

from tests.runtime.exporters.recorded import HOSTILE, LEGEND, long, named, recorded

from slabrace.runtime.exporters.mermaid import MOST, write
from slabrace.runtime.run_log import RunLog

DRAW = """async (text) => {
    const {svg} = await mermaid.render('drawn', text);
    const place = (each) => each.matches('.actor') ? each.getBoundingClientRect().x : 0;
    const main = document.querySelector('main');
    main.innerHTML = svg;
    const found = (what) => [...main.querySelectorAll(what)].sort((a, b) => place(a) - place(b))
        .map((each) => each.textContent);
    return {messages: found('.messageText'), notes: found('.noteText'),
        names: [...new Set(found('text.actor'))], elements: found('b, img, script').length};
}"""


def drawn(page: Any, run: RunLog) -> dict[str, Any]:
    out = io.BytesIO()
    write(run, LEGEND, out)
    text = out.getvalue().decode()
    assert page.evaluate("(text) => mermaid.parse(text)", text)["diagramType"] == "sequence"
    found: dict[str, Any] = page.evaluate(DRAW, text)
    return found


def test_mermaid_draws_each_message_and_each_note(mermaid: Any) -> None:
    found = drawn(mermaid, recorded())
    assert found["messages"] == [
        "Enter()", "Enter()", "Load(x) = 5", "Leave()", "answer", "Store(x, 6)", "Enter()",
        'Take() = ["x",1]', "Load(x)",
    ]  # fmt: skip
    assert len(found["notes"]) == 7
    assert found["notes"][-1] == "*** no_use_after: x was used after it was gone"
    assert found["names"] == ["a", "b", "c", "x", "door"]


def test_a_hostile_name_stays_a_name_in_mermaid(mermaid: Any) -> None:
    found = drawn(mermaid, named(recorded(), "x", HOSTILE))
    assert HOSTILE.strip("\x07") in found["names"]
    assert found["elements"] == 0


def test_mermaid_takes_the_longest_that_we_write(mermaid: Any) -> None:
    run = long(4_000)
    for record in run.records:
        if record["event"] == "deliver":
            record["message"] += "; " * 80
    out = io.BytesIO()
    assert len(write(run, LEGEND, out)) == 1
    text = out.getvalue().decode()
    assert MOST // 2 < len(text) <= MOST
    assert mermaid.evaluate("(text) => mermaid.parse(text)", text)
