"""Addresses: what a pointer is in a recording. The model has names, a tracepoint prints addresses.

Objects get one in the kernel's direct map, functions and constant texts in its image, each the next
one when it is first named, so the same run has the same addresses. What is an address already (in a
recording of a real kernel) stays what it is.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Addresses"]

OBJECTS: Final = 0xFFFF_8880_0000_1000
FUNCTIONS: Final = 0xFFFF_FFFF_8100_0000
TEXTS: Final = 0xFFFF_FFFF_8200_0000
APART: Final = 0x100
REAL: Final = re.compile(r"(?:0x[0-9a-f]{1,16}|[0-9a-f]{16})")
SYMBOL: Final = re.compile(r"([\w.$]+)(?:\+0x[0-9a-f]+/0x[0-9a-f]+)?(?: \[\w+\])?")
SIZE: Final = re.compile(r"\+0x0/(0x[0-9a-f]+)")


class Addresses:
    """Of one run. ``objects``, ``functions`` and ``texts`` are what has one so far, by name.

    ``names`` are those of functions and texts, ``sizes`` those of functions, by address.
    """

    def __init__(self) -> None:
        self.objects: dict[str, int] = {}
        self.functions: dict[str, int] = {}
        self.texts: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.sizes: dict[int, str] = {}

    def of_object(self, name: object) -> int:
        """Where the object called ``name`` is; 0 if there is none."""
        if name is None or name == "":
            return 0
        if (found := REAL.fullmatch(str(name))) is not None:
            return int(found[0], 16)
        return self.objects.setdefault(str(name), OBJECTS + APART * len(self.objects))

    def of_function(self, name: object) -> int:
        """Where the function called ``name`` begins; 0 if none is known."""
        found = SYMBOL.match(str(name)) if name else None
        if found is None:
            return 0
        address = self._given(self.functions, FUNCTIONS, found[1])
        if (size := SIZE.match(str(name), found.end(1))) is not None:
            self.sizes[address] = size[1]
        return address

    def of_text(self, told: object) -> int:
        """Where the constant text ``told`` is."""
        return self._given(self.texts, TEXTS, str(told))

    def _given(self, table: dict[str, int], first: int, name: str) -> int:
        address = table.get(name)
        if address is None:
            address = table[name] = first + APART * len(table)
            self.names[address] = name
        return address
