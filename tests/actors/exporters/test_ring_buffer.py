"""The pages of a trace.dat, read back by the rules of the kernel's ring buffer."""

import struct
from collections.abc import Iterator

import pytest

from slabrace.actors.exporters.ring_buffer import LARGEST, PAGE, RingBuffer


def events(pages: bytes) -> Iterator[tuple[int, bytes]]:
    assert len(pages) % PAGE == 0
    for start in range(0, len(pages), PAGE):
        at, used = struct.unpack_from("<Qq", pages, start)
        place, end = start + 16, start + 16 + used
        while place < end:
            (word,) = struct.unpack_from("<I", pages, place)
            kind, delta = word & 31, word >> 5
            place += 4
            (following,) = struct.unpack_from("<I", pages, place)
            if kind == 30:
                at += delta + (following << 27)
                place += 4
                continue
            size = kind * 4
            if kind == 0:
                size = following - 4
                place += 4
            at += delta
            yield at, pages[place : place + size]
            place += size


@pytest.mark.parametrize(
    "put",
    [
        [(0, b"abcd")],
        [(5, b"a" * 112), (5, b"b" * 113), (6, b"c" * 116)],
        [(0, b"abcd"), ((1 << 27) - 1, b"efgh"), (1 << 28, b"ijkl"), (1 << 58, b"mnop")],
        [(number * 1000, bytes([number % 256]) * (4 + number % 300)) for number in range(500)],
        [(1, bytes(LARGEST)), (1 << 40, bytes(LARGEST))],
    ],
    ids=["one", "sizes", "pauses", "pages", "large"],
)
def test_what_is_put_in_comes_out_at_its_time(put: list[tuple[int, bytes]]) -> None:
    buffer = RingBuffer()
    for at, data in put:
        buffer.put(at, data)
    found = list(events(buffer.pages()))
    assert [at for at, _ in found] == [at for at, _ in put]
    assert [data[: len(wanted)] for (_, data), (_, wanted) in zip(found, put, strict=True)] == [
        data for _, data in put
    ]


@pytest.mark.parametrize(("lost", "flags"), [(3, 3 << 30), (0, 1 << 31)])
def test_a_page_after_a_gap_says_how_many_are_missing(lost: int, flags: int) -> None:
    buffer = RingBuffer()
    buffer.put(1, b"abcd")
    buffer.lose(lost)
    buffer.put(9, bytes(LARGEST - 8))
    buffer.put(9, bytes(16))
    pages = buffer.pages()
    assert len(pages) == 3 * PAGE
    used = [struct.unpack_from("<q", pages, start + 8)[0] for start in range(0, len(pages), PAGE)]
    assert [each >> 30 << 30 for each in used] == [0, flags, 0]
    end = PAGE + 16 + (used[1] & 0xFFFF)
    assert struct.unpack_from("<Q", pages, end) == (lost,)
    assert end + 8 <= 2 * PAGE


def test_of_nothing_there_is_no_page() -> None:
    assert RingBuffer().pages() == b""
