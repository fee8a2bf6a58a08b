"""HTML: a run as one page that needs nothing else: no network, no server, no installed viewer.

A space-time diagram with one lane for each actor, time downwards. Downwards, because a race is told
that way everywhere it is told at all (two columns in a commit message), because each event then has
a line for its text beside it, and because what is long in a run is time, and pages scroll down.

Here one file is made of many. What stands above the diagram is written by masthead.py, what it
shows is packed by columns.py, and how it looks and answers is in page/: a template, a style and
small scripts, each with one idea, put together in the order of ``SCRIPTS``. The page allows itself
one script by its hash and no connection to anywhere, so a hostile name in a log stays a name.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, BinaryIO, Final

import msgspec

from slabrace.runtime.exporters.columns import columns
from slabrace.runtime.exporters.masthead import (
    facts,
    heading,
    replay,
    story_of,
    text,
    title,
    verdict,
)
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["write"]

SCRIPTS: Final = (
    "text.js",
    "unpack.js",
    "run.js",
    "cone.js",
    "search.js",
    "states.js",
    "palette.js",
    "signs.js",
    "lanes.js",
    "view.js",
    "diagram.js",
    "overview.js",
    "list.js",
    "hover.js",
    "panel.js",
    "legend.js",
    "link.js",
    "theme.js",
    "keys.js",
    "wire.js",
    "main.js",
)


def write(run: RunLog, legend: Legend, out: BinaryIO, *, story: str = "") -> list[str]:
    """Write the page to ``out``; ``story`` is the race in columns of text, if there is one."""
    packed, remarks = columns(run, legend)
    script = "(() => {\n'use strict';\n" + "\n".join(map(source, SCRIPTS)) + "\n})();\n"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "img-src data:; base-uri 'none'; form-action 'none'",
        "title": title(run),
        "style": source("page.css"),
        "heading": heading(run),
        "verdict": verdict(run),
        "facts": facts(run, len(packed["step"])),
        "replay": replay(run),
        "story": story_of(story),
        "remarks": "".join(f"<p class=remark>{text(each)}</p>" for each in remarks),
        "data": squeezed(packed),
        "script": script,
    }
    page = re.sub(r"<!--(\w+)-->", lambda found: parts[found[1]], source("page.html"))
    out.write(page.encode("utf-8", "replace"))
    return remarks


def source(name: str) -> str:
    """A file of page/."""
    return (files("slabrace.runtime.exporters") / "page" / name).read_text(encoding="utf-8")


def squeezed(packed: Mapping[str, Any]) -> str:
    """The arrays as JSON, gzip and base64: the same run gives the same text."""
    return base64.b64encode(gzip.compress(msgspec.json.encode(packed), 6, mtime=0)).decode()
