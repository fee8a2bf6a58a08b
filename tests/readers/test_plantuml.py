"""PlantUML's own program reads what we write."""

import io
import re
import shutil
import subprocess

import pytest
from tests.runtime.exporters.recorded import HOSTILE, LEGEND, named, recorded

from slabrace.runtime.exporters.plantuml import write
from slabrace.runtime.run_log import RunLog

pytestmark = pytest.mark.skipif(shutil.which("plantuml") is None, reason="no plantuml installed")


def drawn(run: RunLog) -> list[str]:
    """The texts of the picture."""
    out = io.BytesIO()
    write(run, LEGEND, out)
    done = subprocess.run(
        ["plantuml", "-tsvg", "-pipe", "-charset", "UTF-8"],
        input=out.getvalue(), capture_output=True, check=True, timeout=50,
    )  # fmt: skip
    svg = done.stdout.decode()
    assert "Syntax Error" not in svg
    return [unescaped(each) for each in re.findall(r"<text [^>]*>([^<]*)</text>", svg)]


def unescaped(told: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        told = told.replace(entity, character)
    return re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), told).replace("\xa0", " ")


def test_plantuml_draws_each_message_and_no_name_does_harm() -> None:
    told = drawn(named(recorded(), "x", HOSTILE))
    for message in ("Load(x) = 5", "Leave()", "Store(x, 6)", "*** no_use_after: x was used after"):
        assert any(each.startswith(message) for each in told), (message, told)
    assert told.count("Enter()") == 3
    wanted = " ".join(HOSTILE.replace("\x07", " ").split())
    assert any(" ".join(each.split()) == wanted for each in told), told
