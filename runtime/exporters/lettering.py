"""Lettering: a text as a picture can have it: nothing that cannot be seen, in lines that fit.

Width is counted in columns of a terminal, as long as every character has the width of all others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

__all__ = ["HANGING", "broken", "length", "plain"]

HANGING: Final = 4
"""Columns by which the second line of a text, and all after it, are shorter than the first."""


def broken(text: str, width: int, *, prose: bool = False) -> Iterator[str]:
    """``text`` in lines of at most ``width``, at a space if that can be; or, no prose, a sign."""
    width = max(width, 2 * HANGING)
    line, most = "", width
    for piece in re.findall(r"\S*\s*" if prose else r"[^\s,(>]*[\s,(>]*", text):
        rest = piece
        while length(line + rest.rstrip()) > most:
            if not line:
                line, rest = cut(rest, most)
            yield line.rstrip()
            line, most = "", width - HANGING
        line += rest
    if line.strip():
        yield line.rstrip()


def cut(piece: str, width: int) -> tuple[str, str]:
    """What of ``piece`` fits, and the rest."""
    count = 1
    while count < len(piece) and length(piece[: count + 1]) <= width:
        count += 1
    return piece[:count], piece[count:]


def length(text: str) -> int:
    """Columns of a terminal: a wide character has two, one that sits on another none."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )


def plain(text: str, keep: str = "") -> str:
    """``text`` without what cannot be seen, which is written as it is in Python's source.

    What turns the direction of a line is of that kind, too: it would move what follows.
    """
    return "".join(
        each
        if each in keep or unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
        else each.encode("unicode_escape", "surrogatepass").decode()
        for each in text
    )
