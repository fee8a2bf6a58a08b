"""Output: one JSON document, or a table for people. Used by every command."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

__all__ = ["AsJson", "columns", "command", "counted", "print_json", "say", "tree"]

AsJson = Annotated[
    bool,
    Parameter(name="--json", show_default=False, help="Print one JSON document and nothing else."),
]
"""The flag that every command has."""


def print_json(document: Any) -> None:
    """Print one JSON document."""
    print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


def say(line: str) -> None:
    """Tell the person at the terminal something that is not data."""
    print(f"slabrace: {line}", file=sys.stderr)


def columns(rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """``rows`` as an aligned table; the last column is as wide as it is."""
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return "\n".join(
        indent
        + "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=False))
        + row[-1]
        for row in rows
    )


def tree(stats: Mapping[str, Any], indent: str = "  ") -> str:
    """Nested figures, numbers to the right, a heading for each level, a number for each of many."""
    stats = {name: numbered(value) for name, value in stats.items()}
    leaves = {name: shown(value) for name, value in stats.items() if not nests(value)}
    width = max((len(name) for name in leaves), default=0)
    digits = max((len(text) for text in leaves.values()), default=0)
    lines = [f"{indent}{name:<{width}}  {text:>{digits}}" for name, text in leaves.items()]
    for name, value in stats.items():
        if nests(value):
            lines += [f"{indent}{name}", tree(value, indent + "  ")]
    return "\n".join(lines)


def numbered(value: Any) -> Any:
    """A list of mappings as a mapping from 1, 2, ... on; anything else as it is."""
    if isinstance(value, Sequence) and value and all(isinstance(each, Mapping) for each in value):
        return {str(number): each for number, each in enumerate(value, start=1)}
    return value


def nests(value: Any) -> bool:
    """Whether ``value`` has a level of its own."""
    return isinstance(value, Mapping) and bool(value)


def shown(value: Any) -> str:
    """A figure: thousands apart, so that it can be read."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def counted(count: int, noun: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def command(*words: str) -> str:
    """A command line that can be pasted into a shell."""
    return shlex.join(["slabrace", *words])
