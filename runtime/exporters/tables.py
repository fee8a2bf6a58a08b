"""Tables: what is told many times, once, and a number for it."""

from __future__ import annotations

import msgspec

__all__ = ["Table", "Values"]


class Table(dict[str, int]):
    """Each text once, and its place: one that is asked for and is not there gets the next."""

    def __missing__(self, text: str) -> int:
        place = self[text] = len(self)
        return place


class Values(Table):
    """The same of values as JSON; what JSON cannot hold is told as its text."""

    def __init__(self) -> None:
        super().__init__()
        self._strings: dict[str, int] = {}
        self._encode = msgspec.json.Encoder(enc_hook=str).encode

    def place(self, value: object) -> int:
        """Where the value is."""
        if type(value) is not str:
            return self[self._encode(value).decode()]
        found = self._strings.get(value)
        if found is None:
            found = self._strings[value] = self[self._encode(value).decode()]
        return found
