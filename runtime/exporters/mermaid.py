"""Mermaid: a sequence diagram as text, drawn where Markdown is.

    sequenceDiagram
        participant a0 as writer0
        participant a1 as counter
        a0->>a1: Load(counter) = 0

An open arrow waits for its answer, which comes dashed. Readers refuse more than 50,000 characters
(``maxTextSize``), so the beginning of a long run is left out, and a remark says so.

In a text, what mermaid would understand is written as an entity: ``#35;`` for a hash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from slabrace.runtime.exporters.excerpt import Excerpt, Row, excerpt
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["MOST", "write"]

MOST: Final = 50_000
"""Characters that a reader takes, unless told otherwise."""
SPECIAL: Final = re.compile(r"[#;:%$<>{}\\`\"&\x00-\x1f\x7f]|[^\x00-\uffff]|[\ud800-\udfff]")


def write(run: RunLog, legend: Legend, out: BinaryIO) -> list[str]:
    """Write the end of ``run`` to ``out``; the remarks say how much of it."""
    shown = excerpt(run, legend)
    told = diagram(shown)
    while len(told) > MOST:
        over = (len(told) - MOST) / len(told)
        shown = shown.without(max(1, int(len(shown.rows) * over)))
        told = diagram(shown)
    out.write(told.encode())
    return shown.remarks(f"mermaid takes {MOST:,} characters, and a reader some hundred rows")


def diagram(shown: Excerpt) -> str:
    """All of the text."""
    return "\n".join(lines(shown)) + "\n"


def lines(shown: Excerpt) -> Iterator[str]:
    """Participants, then what they did."""
    yield "sequenceDiagram"
    aliases = {name: f"a{number}" for number, name in enumerate(shown.names)}
    for name, alias in aliases.items():
        yield f"    participant {alias} as {escaped(name)}"
    everybody = ",".join(dict.fromkeys((*list(aliases.values())[:1], *list(aliases.values())[-1:])))
    if shown.left_out and everybody:
        yield f"    Note over {everybody}: ({shown.left_out} rows before this are left out)"
    for row in shown.rows:
        if row.broke:
            if everybody:
                yield f"    Note over {everybody}: {escaped(row.text)}"
        else:
            yield f"    {said(row, aliases)}"


def said(row: Row, aliases: dict[str, str]) -> str:
    """One row that has an actor."""
    here = aliases[row.actor]
    if not row.to:
        return f"Note over {here}: {escaped(row.text)}"
    arrow = "-->>" if row.answers else "-)" if row.waits else "->>"
    return f"{here}{arrow}{aliases[row.to]}: {escaped(row.text)}"


def escaped(told: str) -> str:
    """A text that says nothing to mermaid."""
    clean = SPECIAL.sub(lambda found: entity(found[0]), told).strip()
    return clean or "?"


def entity(character: str) -> str:
    """A character by its number; what cannot be shown is a space."""
    number = ord(character)
    return " " if number < 32 or number == 127 or number > 0xD7FF else f"#{number};"
