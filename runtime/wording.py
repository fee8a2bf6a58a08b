"""Wording: how deliveries read as lines of JSON, which are made many at a time.

A scribe (scribe.py) takes down what a run tells it and has it put into words when there is enough
of it: a processor is faster at the same few steps again and again than at the same steps in between
those of a run.

A line is put together from pieces that are JSON already (who, to whom, what was said, what is known
of others), since nearly all of them come again: building a dictionary and encoding that takes three
times as long.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Final

from slabrace.runtime.plain import encoded
from slabrace.runtime.vector_clock import Cells, Moment, Sender, tell

if TYPE_CHECKING:
    from slabrace.runtime.message import Message

__all__ = ["Delivery", "Pair", "Quoted", "Wording"]

TEXTS: Final = 4096
"""Messages whose text is kept: most are constants that are sent again and again."""

Pair = tuple[Sender, str, str, bool, Cells]
"""A sender, and as JSON; who speaks to whom, as JSON; whether that one is active, and its parts."""

Delivery = tuple[Moment, Moment, Pair, "Message", str, int, str]
"""Which, what caused it, between whom, of what, the answer, when, and what changed."""

Text = tuple["Message", str, Hashable | None, bool]
"""A message, how a story writes it, which part of its addressee it touches, whether it writes."""


class Quoted(dict[str, str]):
    """Words as JSON."""

    def __missing__(self, word: str) -> str:
        quoted = self[word] = encoded(word)
        return quoted


class Wording:
    """The words of one run, whose lines begin with ``head``, up to the step."""

    def __init__(self, head: str) -> None:
        self._head = head
        self._texts: dict[int, Text] = {}  # by address, and kept: none comes twice
        self._types = Quoted()
        self._lines: list[str] = []
        self._happened: list[str | Delivery] = []

    def lines(self, happened: Iterable[str | Delivery]) -> list[str]:
        """What ``happened``, in that order; what is a line already stays as it is."""
        lines, head, texts = self._lines, self._head, self._texts
        self._happened += happened  # Ctrl-C may have broken off the last call: go on from there
        for one in self._happened[len(lines) :]:
            if isinstance(one, str):
                lines.append(one)
                continue
            now, cause, pair, message, answered, time, changes = one
            sender, quoted, between, active, cells = pair
            try:
                _, text, part, writes = texts[id(message)]
            except KeyError:
                _, text, part, writes = self._text(message)
            if active:  # whatever it hears may change it
                part, writes = None, True
            tell(now, cause, sender, cells, part, writes)
            step = now.step
            lines.append(
                f'{head}{step},"vt":{time},"event":"deliver",{between}{text},{answered},'
                f'"writes":{"true" if writes else "false"},"cause":{cause.step},'
                f'"clock":{{{quoted}:{step}{now.told}}}{changes}}}\n'
            )
        self._happened, self._lines = [], []
        return lines

    def _text(self, message: Message) -> Text:
        """What is said of ``message`` wherever it is sent."""
        if len(self._texts) >= TEXTS:
            self._texts.clear()
        kind = self._types[type(message).__name__]
        told = f',"message":{encoded(str(message))},"type":{kind}'
        text = self._texts[id(message)] = message, told, message.part(), message.writes
        return text
