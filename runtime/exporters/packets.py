"""Packets: a writer of the few protocol buffers that a track event needs.

A field is its number and wire type, then a varint, eight bytes, or a length and as many bytes. The
numbers are those of Perfetto's schema (TracePacket, TrackDescriptor, TrackEvent, InternedData). All
packets are one sequence, whose first clears the state; names, and the texts among the arguments,
are sent once each and have numbers from then on.

This file knows bytes, and nothing of runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import msgspec

__all__ = ["Packets", "integer", "varint"]

BLOCK: Final = 1 << 16
MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
BEGIN, END, INSTANT = (b"\x48" + bytes((kind,)) + b"\x58" for kind in (1, 2, 3))
"""The type of an event, and the tag of its track's number."""
TIMESTAMP: Final = b"\x40"
SIGNED: Final = b"\x20"
FLOW: Final = b"\xf9\x02"
TERMINATING_FLOW: Final = b"\x81\x03"
EXPLICIT: Final = 3
"""Of a track: its children come in the order of their ranks."""
SEQUENCE: Final = b"\x50\x01"  # trusted_packet_sequence_id = 10: 1
STATEFUL: Final = b"\x68\x02"  # sequence_flags = 13: what was interned is needed
CLEARED: Final = b"\x68\x01"  # and: begins anew
STATE: Final = SEQUENCE + STATEFUL + b"\x5a"  # and the tag of a track event
EVENT_NAMES, ARGUMENT_NAMES, TEXTS = 2, 3, 29
"""Fields of InternedData."""
SMALL: Final = [bytes((number,)) for number in range(128)]


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    if number < 0x80:
        return SMALL[number]
    if number < 0x4000:
        return bytes((number & 127 | 128, number >> 7))
    if number < 0x20_0000:
        return bytes((number & 127 | 128, number >> 7 & 127 | 128, number >> 14))
    if number < 0x1000_0000:
        third = number >> 14 & 127 | 128
        return bytes((number & 127 | 128, number >> 7 & 127 | 128, third, number >> 21))
    low = number & 0xFFF_FFFF
    four = (low & 127 | 128, low >> 7 & 127 | 128, low >> 14 & 127 | 128, low >> 21 | 128)
    return bytes(four) + varint(number >> 28)


def integer(field: int, number: int) -> bytes:
    """A field that is a number."""
    return varint(field << 3) + varint(number & MASK)


def nested(field: int, inside: bytes) -> bytes:
    """A field that is a text or a message."""
    return varint(field << 3 | 2) + varint(len(inside)) + inside


class Packets:
    """Writes to ``out``, in blocks."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._block = bytearray(nested(1, SEQUENCE + CLEARED))
        self._names: dict[str, bytes] = {}
        self._arguments: dict[tuple[str, Any], bytes] = {}
        self._known: dict[tuple[int, str], int] = {}
        self._numbers: dict[str, bytes] = {}

    def track(
        self,
        number: int,
        name: str,
        *,
        parent: int = 0,
        rank: int = 0,
        about: str = "",
        ordered: bool = False,
    ) -> None:
        """A track; its children are ``ordered`` by their ranks, or as the viewer likes."""
        inside = integer(1, number) + nested(2, encoded(name))
        if parent:
            inside += integer(5, parent) + integer(12, rank)
        if about:
            inside += nested(14, encoded(about))
        if ordered:
            inside += integer(11, EXPLICIT)
        self._packet(SEQUENCE + nested(60, inside))

    def begin(
        self, track: int, at: int, name: str, fields: Mapping[str, Any], leaves: int = 0
    ) -> None:
        """A slice begins."""
        self._event(BEGIN, track, at, name, fields, leaves)

    def end(self, track: int, at: int) -> None:
        """The slice ends that began last."""
        event = END + varint(track)
        self._packet(TIMESTAMP + varint(at) + STATE + varint(len(event)) + event)

    def instant(
        self,
        track: int,
        at: int,
        name: str,
        fields: Mapping[str, Any],
        leaves: int = 0,
        arrives: int = 0,
    ) -> None:
        """Something happened."""
        self._event(INSTANT, track, at, name, fields, leaves, arrives)

    def close(self) -> None:
        """Write what waits."""
        self._out.write(self._block)
        self._block.clear()

    def _event(
        self,
        kind: bytes,
        track: int,
        at: int,
        name: str,
        fields: Mapping[str, Any],
        leaves: int,
        arrives: int = 0,
    ) -> None:
        known = self._names.get(name)
        if known is None:
            known = self._names[name] = integer(10, self._intern(EVENT_NAMES, name))
        arguments = self._arguments
        event = kind + varint(track) + known
        for field in fields.items():
            value = field[1]
            if type(value) is int and value > 127:  # it will hardly come again
                event += self._number(field[0], value)
            else:
                event += (type(value) is str and arguments.get(field)) or self._argument(*field)
        if leaves:
            event += FLOW + leaves.to_bytes(8, "little")
        if arrives:
            event += TERMINATING_FLOW + arrives.to_bytes(8, "little")
        self._packet(TIMESTAMP + varint(at) + STATE + varint(len(event)) + event)

    def _number(self, name: str, value: int) -> bytes:
        """A field of an event that is a large number."""
        known = self._numbers.get(name)
        if known is None:
            known = integer(1, self._intern(ARGUMENT_NAMES, name)) + SIGNED
            self._numbers[name] = known
        return nested(4, known + varint(value & MASK))

    def _argument(self, name: str, value: Any) -> bytes:
        """A field of an event, as a debug annotation."""
        kind = type(value)
        if kind is not str and kind is not int and kind is not bool:
            value = "null" if value is None else msgspec.json.encode(value).decode()
        known = self._arguments.get((name, value))
        if known is None or kind is bool:
            inside = integer(1, self._intern(ARGUMENT_NAMES, name))
            if kind is bool:
                inside += integer(2, value)
            elif kind is int:
                inside += integer(4, value)
            else:
                inside += integer(17, self._intern(TEXTS, value))
            known = nested(4, inside)
            if kind is not bool:  # True is 1 to a dictionary
                self._arguments[name, value] = known
        return known

    def _intern(self, field: int, text: str) -> int:
        number = self._known.get((field, text))
        if number is None:
            number = self._known[field, text] = len(self._known) + 1
            entry = nested(field, integer(1, number) + nested(2, encoded(text)))
            self._packet(SEQUENCE + STATEFUL + nested(12, entry))
        return number

    def _packet(self, inside: bytes) -> None:
        self._block += b"\x0a" + varint(len(inside)) + inside
        if len(self._block) > BLOCK:
            self.close()


def encoded(text: str) -> bytes:
    """UTF-8; what cannot be encoded is replaced."""
    return text.encode(errors="replace")
