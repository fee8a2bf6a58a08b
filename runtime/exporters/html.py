"""HTML: a run as one page that needs nothing else: no network, no server, no installed viewer.

A space-time diagram with one lane for each actor, time downwards. Downwards, because a race is told
that way everywhere it is told at all (two columns in a commit message), because each event then has
a line for its text beside it, and because what is long in a run is time, and pages scroll down.

Here is what Python does: the head, which is to be understood without a script (what was run, which
law broke, how to replay it), and one file made of many. What the diagram shows is packed by
columns.py; how it looks and answers is in page/: a template, a style and small scripts, each with
one idea, put together in the order of ``SCRIPTS``. The page allows itself one script by its hash
and no connection to anywhere, so that a hostile name in a log stays a name.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import shlex
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any, BinaryIO, Final

import msgspec

from slabrace.runtime.exporters.columns import columns
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

LONGEST_TOKEN: Final = 4_000
"""Characters of a schedule that a command line is still told with."""

ENDS: Final = ("how", "deliveries")
"""What the last line of a run says of it."""

INVISIBLE: Final = re.compile(
    r"[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
"""Control characters, and marks that turn the direction of what follows them."""


def write(run: RunLog, legend: Legend, out: BinaryIO, *, story: str = "") -> list[str]:
    """Write the page to ``out``; ``story`` is the race in columns of text, if there is one."""
    packed, remarks = columns(run, legend)
    script = "(() => {\n'use strict';\n" + "\n".join(map(source, SCRIPTS)) + "\n})();\n"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "img-src data:; base-uri 'none'; form-action 'none'",
        "title": text(title(run)),
        "style": source("page.css"),
        "heading": text(heading(run)),
        "verdict": verdict(run),
        "facts": facts(run, packed),
        "replay": replay(run),
        "story": told(story),
        "remarks": "".join(f"<p class=remark>{text(each)}</p>" for each in remarks),
        "data": squeezed(packed),
        "script": script,
    }
    page = re.sub(r"<!--(\w+)-->", lambda found: parts[found[1]], source("page.html"))
    out.write(page.encode("utf-8", "replace"))
    return remarks


def text(value: object) -> str:
    """Any value as text of the page, with what cannot be seen made visible."""
    return escape(INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", str(value)))


def source(name: str) -> str:
    """A file of page/."""
    return (files("slabrace.runtime.exporters") / "page" / name).read_text(encoding="utf-8")


def squeezed(packed: Mapping[str, Any]) -> str:
    """The arrays as JSON, gzip and base64: the same run gives the same text."""
    return base64.b64encode(gzip.compress(msgspec.json.encode(packed), 6, mtime=0)).decode()


def heading(run: RunLog) -> str:
    """What was run."""
    return str(run.header.get("scenario") or run.header.get("source") or "a run")


def title(run: RunLog) -> str:
    """What the tab says."""
    broken = [str(each.get("law")) for each in run.violations]
    return f"{heading(run)}: {', '.join(broken)}" if broken else heading(run)


def verdict(run: RunLog) -> str:
    """Which law broke, in which words, between whom."""
    if run.header.get("source") and not run.violations:
        return "<p class=verdict>A recording: what happened, with no law to judge it by.</p>"
    if not run.violations:
        return "<p class=verdict>No law was broken in this run.</p>"
    lines = []
    for record in run.violations:
        parties = record.get("parties") or []
        named = [parties] if isinstance(parties, str) else [str(each) for each in parties]
        between = f" <span class=parties>({text(', '.join(named))})</span>" if named else ""
        lines.append(
            f"<p class='verdict broken'><strong><span aria-hidden=true>✖</span> "
            f"{text(record.get('law'))}</strong>: {text(record.get('message'))}"
            f"{between}, step {text(record.get('step'))}</p>"
        )
    return "".join(lines)


def facts(run: RunLog, packed: Mapping[str, Any]) -> str:
    """The header of the log, as terms and what they are."""
    header = run.header
    pairs = [
        ("parameters", named(header.get("parameters"))),
        ("host", header.get("host")),
        ("strategy", header.get("strategy")),
        ("seed", header.get("seed")),
        ("delays", "; ".join(map(str, header.get("delays") or []))),
        ("versions", named(header.get("versions"))),
        ("source", header.get("source")),
        ("run", packed["run"]),
        ("events", f"{len(packed['step']):,}"),
    ]
    pairs += [(f"end, {name}", record.get(name)) for record in run.records[-3:] for name in ENDS
              if record["event"] == "end"]  # fmt: skip
    return "".join(
        f"<div><dt>{text(term)}</dt><dd>{text(found)}</dd></div>"
        for term, found in pairs
        if found not in {None, ""}
    )


def named(fields: object) -> str:
    """``a=1, b=2``."""
    if not isinstance(fields, Mapping):
        return "" if fields is None else str(fields)
    return ", ".join(f"{name}={plain(value)}" for name, value in fields.items())


def plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()


def token(run: RunLog) -> str:
    """The schedule that gives this run again, if it is known."""
    ends: Iterable[Mapping[str, Any]] = (
        record for record in reversed(run.records[-3:]) if record["event"] == "end"
    )
    found = next((record["schedule"] for record in ends if record.get("schedule")), None)
    return str(found or run.header.get("schedule") or "")


def replay(run: RunLog) -> str:
    """How to have this run again."""
    schedule = token(run)
    if not schedule:
        return "<p>A recording: what was seen is here, and it cannot be replayed.</p>"
    long = len(schedule) > LONGEST_TOKEN
    command = "slabrace replay FILE" if long else f"slabrace replay {shlex.quote(schedule)}"
    short = command if len(command) < 60 else f"{command[:40]}…{command[-12:]}"
    return (
        "<label for=token>The schedule of this run</label>"
        f"<textarea id=token readonly rows=2 spellcheck=false>{text(schedule)}</textarea>"
        "<p class=copies><button type=button data-copy=token>Copy the schedule</button> "
        f"<button type=button data-copy=command>Copy the command</button> "
        "<span id=copied role=status></span></p>"
        f"<p>Again: <code id=command data-whole='{text(command)}'>{text(short)}</code>"
        f"{', with the schedule in FILE' if long else ''}</p>"
    )


def told(story: str) -> str:
    """The race in columns of text."""
    if not story.strip():
        return ""
    return (
        "<div><h2 id=told>The race</h2>"
        f"<pre tabindex=0 role=region aria-labelledby=told>{text(story)}</pre></div>"
    )
