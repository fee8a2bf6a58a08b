"""PlantUML: a sequence diagram as text, for its program and for the tools that contain it.

    @startuml
    participant "writer0" as a0
    participant "counter" as a1
    a0 -> a1 : Load(counter) = 0
    @enduml

An open arrow waits for its answer, which comes dashed. There is no limit to the text, but pictures
of more than some hundred rows are cut by the program and read by nobody: the beginning of a long
run is left out, and a remark says so.

In a text, what PlantUML would understand is written by its number: ``<U+003C>`` for ``<``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from slabrace.runtime.exporters.excerpt import Excerpt, Row, excerpt
from slabrace.runtime.legend import Legend
from slabrace.runtime.run_log import RunLog

__all__ = ["write"]

SPECIAL: Final = re.compile(
    r"[<>\\~%$&|\"{}'!@^#`\x00-\x1f\x7f]|([*/_.=\[\]-])\1+|[\ud800-\udfff]|[^\x00-\uffff]"
)


def write(run: RunLog, legend: Legend, out: BinaryIO) -> list[str]:
    """Write the end of ``run`` to ``out``; the remarks say how much of it."""
    shown = excerpt(run, legend)
    out.write(("\n".join(lines(shown)) + "\n").encode())
    return shown.remarks("a picture of more would be cut, and read by nobody")


def lines(shown: Excerpt) -> Iterator[str]:
    """Participants, then what they did."""
    yield "@startuml"
    yield "hide footbox"
    aliases = {name: f"a{number}" for number, name in enumerate(shown.names)}
    for name, alias in aliases.items():
        yield f'participant "{escaped(name)}" as {alias}'
    if shown.left_out:
        yield f"... {shown.left_out} rows before this are left out ..."
    for row in shown.rows:
        if row.broke:
            yield f"hnote across : {escaped(row.text)}"
        else:
            yield said(row, aliases)
    yield "@enduml"


def said(row: Row, aliases: dict[str, str]) -> str:
    """One row that has an actor."""
    here = aliases[row.actor]
    if not row.to:
        return f"note over {here} : {escaped(row.text)}"
    arrow = "-->" if row.answers else "->>" if row.waits else "->"
    return f"{here} {arrow} {aliases[row.to]} : {escaped(row.text)}"


def escaped(told: str) -> str:
    """A text that says nothing to PlantUML."""
    clean = SPECIAL.sub(lambda found: "".join(map(numbered, found[0])), told).strip()
    return clean or "?"


def numbered(character: str) -> str:
    """A character by its number; what cannot be shown is a space."""
    number = ord(character)
    return " " if number < 32 or number == 127 or number > 0xD7FF else f"<U+{number:04X}>"
