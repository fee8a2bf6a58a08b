"""Masthead: what stands above the diagram of a page, to be understood without it.

What was run, which law broke and between whom, the race in columns of text, and how to have the run
again. All of it is escaped here, and what cannot be seen is made visible: names come from logs.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

import msgspec

from slabrace.runtime.run_log import RunLog

__all__ = ["facts", "heading", "replay", "story_of", "text", "title", "verdict"]

LONGEST_TOKEN: Final = 4_000
"""Characters of a schedule that a command line is still told with."""

INVISIBLE: Final = re.compile(
    r"[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
"""Control characters, and marks that turn the direction of what follows them."""


def text(value: object) -> str:
    """Any value as text of the page."""
    return escape(INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", str(value)))


def heading(run: RunLog) -> str:
    """What was run."""
    return text(run.header.get("scenario") or run.header.get("source") or "a run")


def title(run: RunLog) -> str:
    """What the tab says."""
    broken = [text(each.get("law")) for each in run.violations]
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
        named = ", ".join(map(str, parties)) if isinstance(parties, list) else str(parties)
        lines.append(
            "<p class='verdict broken'><strong><span aria-hidden=true>✖</span> "
            f"{text(record.get('law'))}</strong>: {text(record.get('message'))}"
            f"{f' ({text(named)})' if named else ''}, step {text(record.get('step'))}</p>"
        )
    return "".join(lines)


def facts(run: RunLog, events: int) -> str:
    """The header of the log, as terms and what they are."""
    names = ("parameters", "host", "strategy", "seed", "delays", "versions", "source")
    pairs = [(name, words(run.header.get(name))) for name in names]
    pairs += [("run", run.run), ("events", f"{events:,}")]
    pairs += [(f"end, {name}", words(end_of(run).get(name))) for name in ("how", "deliveries")]
    return "".join(
        f"<div><dt>{text(term)}</dt><dd>{text(found)}</dd></div>" for term, found in pairs if found
    )


def words(value: object) -> str:
    """A value as people write it: ``a=1, b=2`` for fields, the rest as JSON."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={words(each)}" for name, each in value.items())
    if isinstance(value, list):
        return "; ".join(map(words, value))
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value, enc_hook=str).decode()


def end_of(run: RunLog) -> Mapping[str, Any]:
    """The line that closes the run; an empty one, if it was cut short."""
    last = run.records[-1] if run.records else {}
    return last if last.get("event") == "end" else {}


def replay(run: RunLog) -> str:
    """How to have this run again: from its schedule, or by drawing it again."""
    schedule = str(run.header.get("schedule") or end_of(run).get("schedule") or "")
    if not schedule:
        return drawn_again(run)
    long = len(schedule) > LONGEST_TOKEN
    command = "slabrace replay FILE" if long else f"slabrace replay {shlex.quote(schedule)}"
    short = command if len(command) < 60 else f"{command[:40]}…{command[-12:]}"
    return (
        "<label for=token>The schedule of this run</label>"
        f"<textarea id=token readonly rows=2 spellcheck=false>{text(schedule)}</textarea>"
        f"<p class=copies><button type=button data-copy=token>Copy the schedule</button> {COPY}</p>"
        f"<p>Again: <code id=command data-whole='{text(command)}'>{text(short)}</code>"
        f"{', with the schedule in FILE' if long else ''}</p>"
    )


COPY: Final = (
    "<button type=button data-copy=command>Copy the command</button> "
    "<span id=copied role=status></span>"
)


def drawn_again(run: RunLog) -> str:
    """The command that draws this run of a campaign once more, if it was drawn."""
    if run.header.get("host") != "engine" or "number" not in end_of(run):
        return "<p>A recording: what was seen is here, and it cannot be replayed.</p>"
    command = " ".join(map(shlex.quote, words_of_command(run)))
    return (
        f"<p>Again: <code id=command data-whole='{text(command)}'>{text(command)}</code></p>"
        f"<p class=copies>{COPY}</p>"
    )


def words_of_command(run: RunLog) -> Iterator[str]:
    """``slabrace run NAME``, with all that the run depends on."""
    header = run.header
    yield from ("slabrace", "run", words(header.get("scenario")))
    parameters = header.get("parameters")
    for name, value in parameters.items() if isinstance(parameters, Mapping) else ():
        yield from ("--set", f"{name}={'none' if value is None else words(value)}")
    yield from ("--strategy", words(header.get("strategy")))
    delays = header.get("delays")
    for delay in delays if isinstance(delays, list) else ():
        yield from ("--delay", words(delay))
    yield from ("--seed", words(header.get("seed")), "--first", words(end_of(run)["number"]))
    yield from ("--runs", "1")


def story_of(story: str) -> str:
    """The race in columns of text."""
    if not story.strip():
        return ""
    return (
        "<div><h2 id=told>The race</h2>"
        f"<pre tabindex=0 role=region aria-labelledby=told>{text(story)}</pre></div>"
    )
